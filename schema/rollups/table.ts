// From a rollup's declaration to its table and reading view, and the table of how far each one is.
import { qualified } from "../ddl/quote";
import { type ColumnSpec, type TableSpec } from "../ddl/spec";
import { databases } from "../ddl/tables";
import { type Rollup, type RollupColumn } from "./spec";
import { rollupsDatabase } from "./sql";

const moment = "DateTime64(6, 'UTC')";

const columnSpec = ({ type, codec, description, personal = false }: RollupColumn): ColumnSpec => ({
    type,
    ...(codec === undefined ? {} : { codec }),
    comment: personal ? `[personal data] ${description}` : description,
});

/** What replaces what: by the time of computation, by merging states, or never once there is a value. */
const engines: Record<Rollup["keeps"], string> = {
    latest: "ReplacingMergeTree(refreshed_at)",
    merged: "AggregatingMergeTree",
    frozen: "ReplacingMergeTree(version)",
};

/** The table of a rollup; it is read as `trading`.`<name>`, each key once. */
export function rollupTable(rollup: Rollup): TableSpec {
    const { name, description, columns, key, partitionBy, expiresBy, retentionDays, keeps } = rollup;
    const hidden = keeps === "frozen" ? "refreshed_at, version" : "refreshed_at";
    return {
        database: rollupsDatabase,
        name,
        comment: description,
        columns: {
            ...Object.fromEntries(Object.entries(columns).map(([column, spec]) => [column, columnSpec(spec)])),
            refreshed_at: {
                type: keeps === "merged" ? `SimpleAggregateFunction(max, ${moment})` : moment,
                codec: "Delta(8), ZSTD(1)",
                comment: "When it was computed",
            },
        },
        engine: engines[keeps],
        ...(partitionBy === undefined ? {} : { partitionBy }),
        orderBy: [...key],
        ttl: { column: expiresBy, days: retentionDays },
        settings: { ttl_only_drop_parts: partitionBy === undefined ? 0 : 1 },
        indexes: { refreshed: { expression: "refreshed_at", type: "minmax", granularity: 1 } },
        readingView: {
            database: databases.trading,
            name,
            query: `SELECT * EXCEPT (${hidden}) FROM ${qualified(rollupsDatabase, name)} FINAL`,
        },
    };
}

/** How far each rollup is; the last row of one counts. */
export const progressTable: TableSpec = {
    database: rollupsDatabase,
    name: "progress",
    comment: "How far each rollup has been computed",
    columns: {
        rollup: { type: "LowCardinality(String)", comment: "Rollup" },
        definition: {
            type: "String",
            comment: "Hash of its declaration: another one is computed anew from what is stored",
        },
        watermark: { type: "DateTime64(3, 'UTC')", comment: "Arrivals up to then have been looked at" },
        pending: {
            type: "Array(DateTime('UTC'))",
            codec: "Delta(4), ZSTD(1)",
            comment: "Periods that rows came in for and that are still to be computed",
        },
        updated_at: { type: moment, comment: "When this was written, never before the row it replaces" },
    },
    engine: "ReplacingMergeTree(updated_at)",
    orderBy: ["rollup"],
};
