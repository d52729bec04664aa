// What of the past is gone, as retention takes it: by whole days.
import { databases } from "../../schema/ddl";
import { type Database } from "../shared/clickhouse";

/** A row of a fact that somebody looks for. */
export interface Sought {
    readonly fact: string;
    /** event_time, UTC as ClickHouse writes it. */
    readonly time: string;
}

/**
 * Facts of which the rows are gone with their whole day, a line each. Retention drops a day at once, so a row that is missing while its day is there went
 * otherwise. `window`: where the rule's looking began, of each fact it reads; it only counts where `missing` names nothing.
 */
export async function expiredDays(
    database: Database,
    missing: readonly Sought[],
    window: readonly Sought[],
): Promise<string[]> {
    const days = await database.rows<{ fact: string; first: string; days: string[] }>(
        `SELECT table AS fact, min(partition) AS first, groupUniqArray(partition) AS days FROM system.parts
         WHERE database = {facts:String} AND active AND rows > 0 GROUP BY table`,
        { facts: databases.facts },
    );
    const kept = new Map(days.map((each) => [each.fact, each]));
    const day = ({ time }: Sought): string => time.slice(0, 10);
    const gone = missing.filter((row) => kept.get(row.fact)?.days.includes(day(row)) !== true);
    const before = window.filter((row) => {
        const first = kept.get(row.fact)?.first;
        return first !== undefined && day(row) < first;
    });
    const told = missing.length > 0 ? gone : before;
    const words = told.map(
        (row) =>
            `${row.fact} of ${day(row)} expired; its oldest day now is ${kept.get(row.fact)?.first ?? "none: it is empty"}`,
    );
    return [...new Set(words)];
}
