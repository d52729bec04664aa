// The tables of the stories, as the first step declares them; every step is a folder that says what it has otherwise.
import { omit } from "../../../infra/provider/changes";
import { Database, Provider, Table, type TableArgs } from "../../../infra/resources";

/** The environment variable by which the test tells the program where ClickHouse is. */
export const urlVariable = "STORY_CLICKHOUSE_URL";

/** Executions of a desk. */
export const fills: TableArgs = {
    database: "story",
    name: "fills",
    comment: "Executions",
    columns: {
        event_time: { type: "DateTime64(6, 'UTC')", codec: "Delta, ZSTD" },
        event_id: { type: "String", codec: "ZSTD(1)" },
        symbol: { type: "LowCardinality(String)" },
        side: { type: "Enum8('buy' = 1, 'sell' = 2)" },
        price: { type: "Decimal(18,8)", comment: "What was paid" },
        version: { type: "UInt64" },
    },
    engine: "ReplacingMergeTree(version)",
    partitionBy: "toDate(event_time)",
    orderBy: ["toStartOfMinute(event_time)", "symbol", "event_id"],
    ttl: { column: "event_time", days: 30 },
    settings: { ttl_only_drop_parts: 1 },
    indexes: { prices: { expression: "price", type: "minmax", granularity: 1 } },
    readingView: { database: "story", name: "fills_read", query: "SELECT * EXCEPT (version) FROM story.fills FINAL" },
};

/** The same after its columns were changed in place: another codec and room for more digits, a third word, another comment. */
export const changed: TableArgs = {
    ...fills,
    columns: {
        ...fills.columns,
        side: { type: "Enum8('buy' = 1, 'sell' = 2, 'short' = 3)" },
        price: { type: "Decimal(38, 18)", codec: "GCD, ZSTD(1)", comment: "What was paid, fees apart" },
    },
};

/** The same after its retention was changed: rows are kept for 60 days, the index is gone, a setting came. */
export const evolved: TableArgs = {
    ...changed,
    ttl: { column: "event_time", days: 60 },
    settings: { ttl_only_drop_parts: 1, merge_with_ttl_timeout: 3600 },
    indexes: {},
};

/** The same without a view of its own: another table has taken it over. */
export const former: TableArgs = omit(evolved, "readingView");

/** The same with another sort key, which takes another table. */
export const successor: TableArgs = {
    ...evolved,
    name: "fills_v2",
    orderBy: ["symbol", "event_id"],
    readingView: {
        database: "story",
        name: "fills_read",
        query: "SELECT * EXCEPT (version) FROM story.fills_v2 FINAL",
    },
};

/** The program of a step. A table with `import` is one that is there already, under that id. */
export function story(tables: Record<string, TableArgs & { import?: string }>): void {
    const provider = new Provider("trading", { clickhouseUrl: process.env[urlVariable] ?? "" });
    const database = new Database("story", { name: "story", onDelete: "keep" }, { provider });
    for (const [name, { import: id, ...table }] of Object.entries(tables))
        new Table(name, table, { provider, dependsOn: database, ...(id === undefined ? {} : { import: id }) });
}
