// The SQL of one fact, one reference and the pipeline's own tables: committed, so that a review shows what a changed renderer means.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeApi } from "./api";
import { writeCollector } from "./collector";
import { writeGrafana } from "./dashboards";
import { writeTargets } from "./targets";
import { marketTrades, references } from "../../schema";
import { audits, createTable, deadLetters, feedOf, feedStatements, gaps, readingViewSql, suspects, tableOf, type TableSpec } from "../../schema/ddl";

/** Where the committed text is. */
export const goldenPath = join(__dirname, "clickhouse.sql");

const tableSql = (table: TableSpec): string[] => [createTable(table), readingViewSql(table)].filter((sql) => sql !== undefined);

/** All statements with default settings, in the order they are run. */
export function renderSample(): string {
    const house = [deadLetters(30), suspects(30), gaps(30), audits()].flatMap(tableSql);
    const sample = [marketTrades, ...references.filter(({ name }) => name === "users")];
    const streams = sample.flatMap((declaration) => [
        ...tableSql(tableOf(declaration, 30)),
        ...feedStatements(
            feedOf(declaration, { retentionDays: 30, futureHours: 24, settings: { kafka_flush_interval_ms: 500 } }),
        ).create.map(({ sql }) => sql),
    ]);
    return `${[...house, ...streams].join(";\n\n")};\n`;
}

if (require.main === module) {
    writeFileSync(goldenPath, renderSample());
    writeApi();
    writeGrafana();
    writeCollector();
    void writeTargets();
}
