// Pieces of SQL that the recomputations share.
import { qualified } from "../ddl/quote";
import { databases } from "../ddl/tables";
import { amountType } from "./spec";

/** Database of the rollups and their progress. */
export const rollupsDatabase = "rollups";

/** A fact's or reference's table, deduplicated. */
export const fact = (name: string): string => `${qualified(databases.facts, name)} FINAL`;

/** A rollup's table, the last computation of each key. */
export const rollup = (name: string): string => `${qualified(rollupsDatabase, name)} FINAL`;

/** The run as a part of keys: rows of live and backfill have none. */
export const run = "ifNull(run_id, '') AS run";

/** The minute of an event. */
export const minute = "toStartOfMinute(event_time) AS minute";

const periods = "{periods:Array(DateTime('UTC'))}";
export const from = "{from:DateTime('UTC')}";
export const until = "{until:DateTime('UTC')}";
export const since = "{since:DateTime64(3, 'UTC')}";

/** Facts of the minutes that are computed; the bounds let whole partitions be left out. */
export const inMinutes = `toStartOfMinute(event_time) IN ${periods} AND event_time >= ${from} AND event_time < ${until}`;

/** Rows of a rollup of minutes in the minutes that are computed. */
export const ofMinutes = (column = "minute"): string =>
    `${column} IN ${periods} AND ${column} >= ${from} AND ${column} < ${until}`;

/** Rows of a rollup of minutes in the days that are computed; only whole days lie between the bounds. */
export const inDays = `toStartOfDay(minute) IN ${periods} AND minute >= ${from} AND minute < ${until}`;

/** Minutes of a fact's rows that arrived lately; not deduplicated, since a repetition changes nothing. */
export const arrivals = (name: string, condition = "true"): string =>
    `SELECT DISTINCT toStartOfMinute(event_time) AS period FROM ${qualified(databases.facts, name)} WHERE ingested_at > ${since} AND ${condition}`;

/** Periods of a rollup's rows that were computed lately. */
export const refreshes = (name: string, period: string): string =>
    `SELECT DISTINCT ${period} AS period FROM ${qualified(rollupsDatabase, name)} WHERE refreshed_at > ${since}`;

/** Exact product of two decimals of up to 38 digits: cannot overflow. */
export const product = (a: string, b: string): string => `toDecimal256(${a}, 18) * toDecimal256(${b}, 18)`;

/** A sum of products, cut to 18 digits after the point once it is complete. */
export const total = (sum: string): string => `CAST(${sum}, '${amountType}')`;

/** An amount as a factor: NULL beyond 20 digits before the point, which no real amount has. */
export const factor = (value: string): string => `accurateCastOrNull(${value}, 'Decimal(38, 18)')`;

/** `SELECT … AS name, …` of expressions by name. */
export const selected = (expressions: Readonly<Record<string, string>>): string =>
    Object.entries(expressions)
        .map(([column, expression]) => `${expression} AS ${column}`)
        .join(",\n    ");
