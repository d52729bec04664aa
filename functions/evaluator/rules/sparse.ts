// Which hours of a long range hold anything to judge: history is judged by the hour, and most hours of most runs are empty.
import { databases, qualified } from "../../../schema/ddl";
import { triggersOf } from "../../../schema/rules";
import { type Database } from "../clickhouse";
import { clickhouseMicros, hour, type Micros } from "../time";
import { type Range, slices } from "../watermark/progress";
import { echoOf, type EvaluatedRule } from "./rule";

/** Ranges of up to so many hours are judged whole, if there is anything in them. */
const short = 4 * hour;

/** Rows of the rule's triggers in a range, as a UNION of SELECTs of one expression. */
function triggers({ rule }: EvaluatedRule, expression: string): string {
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
    evaluated: EvaluatedRule,
    run: string,
    range: Range,
): Promise<Range[]> {
    const echo = echoOf(evaluated.rule);
    const parameters = { run, since: clickhouseMicros(range.since - echo), until: clickhouseMicros(range.until) };
    const all = [...slices(range, hour)];
    if (range.until - range.since <= short) {
        const found = await database.rows(`SELECT * FROM (${triggers(evaluated, "1")}) LIMIT 1`, parameters);
        return found.length > 0 ? all : [];
    }
    const rows = await database.rows<{ hour: number }>(
        `SELECT DISTINCT hour FROM (${triggers(evaluated, "toUnixTimestamp(toStartOfHour(event_time)) AS hour")}) ORDER BY hour`,
        parameters,
    );
    const hours: Micros[] = rows.map(({ hour: at }) => at * 1_000_000);
    return all.filter(({ since, until }) => hours.some((at) => at <= until && at + hour + echo >= since));
}

/** The first of the slices with those that follow it without a gap, at most `most` of them, as one range. */
export function joined(all: readonly Range[], most: number): { range: Range; slices: number } | undefined {
    const [first] = all;
    if (first === undefined) return undefined;
    let slices = 1;
    while (slices < Math.min(most, all.length) && all[slices]?.since === all[slices - 1]?.until) slices++;
    return { range: { since: first.since, until: all[slices - 1]?.until ?? first.until }, slices };
}
