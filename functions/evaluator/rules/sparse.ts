// Which hours of a long range hold anything to judge: history is judged by the hour, and most hours of most runs are empty.
import { databases, qualified } from "../../../schema/ddl";
import { triggersOf } from "../../../schema/rules";
import { type Database } from "../../shared/clickhouse";
import { clickhouseMicros, hour, type Micros } from "../../shared/time";
import { type Range, slices } from "../watermark/progress";
import { echoOf, type JudgedRule } from "./rule";

/** Ranges of up to so many hours are judged whole, if there is anything in them. */
const short = 4 * hour;

/** Rows of the rule's triggers in a range, as a UNION of SELECTs of one expression. */
function triggers(rule: JudgedRule, expression: string): string {
    const parts = triggersOf(rule).map(
        (fact) =>
            `SELECT ${expression} FROM ${qualified(databases.facts, fact)}
             WHERE ifNull(run_id, '') = {run:String} AND toStartOfMinute(event_time) >= toStartOfMinute({since:DateTime64(6, 'UTC')})
                AND toStartOfMinute(event_time) <= {until:DateTime64(6, 'UTC')} AND event_time > {since:DateTime64(6, 'UTC')} AND event_time <= {until:DateTime64(6, 'UTC')}`,
    );
    return parts.join(" UNION ALL ");
}

/**
 * The slices of a range in which a rule can fire, in order; the others hold no row of the facts it is triggered by. Asking is cheap: planning the query
 * of a rule takes ten times as long.
 */
export async function busySlices(
    database: Database,
    { rule }: { readonly rule: JudgedRule },
    run: string,
    range: Range,
): Promise<Range[]> {
    const echo = echoOf(rule);
    const parameters = { run, since: clickhouseMicros(range.since - echo), until: clickhouseMicros(range.until) };
    const all = [...slices(range, hour)];
    if (range.until - range.since <= short) {
        const found = await database.rows(`SELECT * FROM (${triggers(rule, "1")}) LIMIT 1`, parameters);
        return found.length > 0 ? all : [];
    }
    const rows = await database.rows<{ hour: number }>(
        `SELECT DISTINCT hour FROM (${triggers(rule, "toUnixTimestamp(toStartOfHour(event_time)) AS hour")}) ORDER BY hour`,
        parameters,
    );
    const hours: Micros[] = rows.map(({ hour: at }) => at * 1_000_000);
    return all.filter(({ since, until }) => hours.some((at) => at <= until && at + hour + echo >= since));
}

/**
 * Hours judged by one query: twice as many after one that read fewer rows than the first, half as many after one that read more than the second. A
 * thin past costs little but the planning of its queries, which takes the longer the busier the machine is; so time would tell nothing here.
 */
const easyRows = 250_000;
const hardRows = 2_000_000;
const mostHours = 168;

/** How many hours the next query is to judge, after one that read so many rows for `hours`. */
export const widthAfter = (hours: number, readRows: number): number =>
    readRows < easyRows
        ? Math.min(hours * 2, mostHours)
        : readRows > hardRows
          ? Math.max(1, Math.floor(hours / 2))
          : hours;

/** The first of the slices with those that follow it without a gap, at most `most` of them, as one range. */
export function joined(all: readonly Range[], most: number): { range: Range; slices: number } | undefined {
    const [first] = all;
    if (first === undefined) return undefined;
    let slices = 1;
    while (slices < Math.min(most, all.length) && all[slices]?.since === all[slices - 1]?.until) slices++;
    return { range: { since: first.since, until: all[slices - 1]?.until ?? first.until }, slices };
}

/** The same from the other end: the last of the slices with those before it. */
export function joinedLast(all: readonly Range[], most: number): { range: Range; slices: number } | undefined {
    const last = all.at(-1);
    if (last === undefined) return undefined;
    let slices = 1;
    while (slices < Math.min(most, all.length) && all.at(-slices - 1)?.until === all.at(-slices)?.since) slices++;
    return { range: { since: all.at(-slices)?.since ?? last.since, until: last.until }, slices };
}
