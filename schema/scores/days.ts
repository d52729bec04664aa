// Days that depend on days before them, in bounded work: each on so many, and so each touches so many after it, if they have rows.
import { qualified } from "../ddl/quote";
import { from, rollup, rollupsDatabase, since, until } from "../rollups/sql";

const periods = "arrayMap(period -> toDate(period), {periods:Array(DateTime('UTC'))})";

/** Rows of a rollup of days in the days that are computed. */
export const ofDays = `has(${periods}, day) AND day >= toDate(${from}) AND day < toDate(${until})`;

/** Rows of a rollup of days, once for each day that is computed and that they are less than `days` before: `today`, with their `age`. */
export const onDays = (name: string, days: number): string =>
    `SELECT *, arrayJoin(${periods}) AS today, toUInt16(dateDiff('day', day, today)) AS age FROM ${rollup(name)}\n` +
    `WHERE day > toDate(${from}) - ${String(days)} AND day < toDate(${until}) AND day <= today AND day > today - ${String(days)}`;

/** Those of the `days` days from each of `changed` (SELECT of a Date `changed`) that users did anything on. */
export const following = (changed: string, days: number): string =>
    `SELECT DISTINCT toDateTime(day, 'UTC') AS period FROM ${qualified(rollupsDatabase, "user_days")}\n` +
    `WHERE day IN (SELECT changed + arrayJoin(range(${String(days)})) FROM (${changed}))`;

/** Days to compute after rows of a rollup of days were. */
export const touchedDays = (name: string, days: number): string =>
    following(
        `SELECT DISTINCT day AS changed FROM ${qualified(rollupsDatabase, name)} WHERE refreshed_at > ${since}`,
        days,
    );
