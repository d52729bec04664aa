// For tests of pages and dashboards: a database with every table and view they read.
import { type ClickHouseClient } from "@clickhouse/client";
import { createTable, deadLetters, gaps, readingViewSql } from "../../schema/ddl";
import { rules } from "../../schema/rules";
import { views } from "../../schema/views";
import { createDetection } from "./detection";

/** Creates what dashboards and the console read. */
export async function createShown(client: ClickHouseClient): Promise<void> {
    await createDetection(client, rules);
    const house = [deadLetters(30), gaps(30)].flatMap((table) =>
        [createTable(table), readingViewSql(table) ?? []].flat(),
    );
    const own = views.map(({ database, name, query }) => `CREATE OR REPLACE VIEW ${database}.${name} AS ${query}`);
    for (const query of [...house, ...own]) await client.command({ query });
}
