// The words the tables of detection are declared with.
import { databases } from "../ddl/tables";
import { qualified } from "../ddl/quote";
import { type ColumnSpec, type TableSpec } from "../ddl/spec";

/** Database of what detection keeps. */
export const detectionDatabase = "detection";

/** Alerts, their evidence and what was done about them are kept five years, the longest that market-abuse regimes ask for (MAR Art. 16 with RTS 2016/957: five years). */
export const alertRetentionDays = 5 * 366;

export const micros = (comment: string): ColumnSpec => ({ type: "DateTime64(6, 'UTC')", comment });
export const millis = (comment: string): ColumnSpec => ({ type: "DateTime64(3, 'UTC')", comment });
export const noMillis = (comment: string): ColumnSpec => ({ type: "Nullable(DateTime64(3, 'UTC'))", comment });
export const word = (comment: string): ColumnSpec => ({ type: "LowCardinality(String)", comment });
export const id = (comment: string): ColumnSpec => ({ type: "String", comment });
export const text = (comment: string): ColumnSpec => ({ type: "String", codec: "ZSTD(3)", comment });

/** The first row of a key counts: what was said once is not said otherwise later. */
export const firstWins: ColumnSpec = {
    type: "UInt64",
    comment: "bitNot of the time of writing in microseconds: the first row of a key is kept",
};

/** The last row of a key counts. */
export const lastWins: ColumnSpec = {
    type: "UInt64",
    comment: "Time of writing in microseconds: the last row of a key counts",
};

/** What is written costs nothing to keep, and nothing else could bring it back once its facts are gone: it is on disk before it counts. */
export const durable = { fsync_after_insert: 1, fsync_part_directory: 1 };

/** A few rows of some alerts each are asked for, and the alerts' ids are hashes: each finds granules of its own. */
export const fewOfEach = { ...durable, index_granularity: 512 };

/** Finds the few granules of some ids where the sort key does not begin with them. */
export const idIndex = (column: string): NonNullable<TableSpec["indexes"]> => ({
    [`${column}s`]: { expression: column, type: "bloom_filter(0.001)", granularity: 1 },
});

/** The view `trading`.`name` over a table whose keys are to be read once. */
export const readOnce = (name: string): NonNullable<TableSpec["readingView"]> => ({
    database: databases.trading,
    name,
    query: `SELECT * EXCEPT (version) FROM ${qualified(detectionDatabase, name)} FINAL`,
});

/** The view `trading`.`name` over a journal, of which every row counts. */
export const readAll = (name: string): NonNullable<TableSpec["readingView"]> => ({
    database: databases.trading,
    name,
    query: `SELECT * FROM ${qualified(detectionDatabase, name)}`,
});
