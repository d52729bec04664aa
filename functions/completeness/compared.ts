// What there was to compare: sources that count their events, and control totals. Where there is neither, "no difference" would say nothing.
import { type ClickHouseClient } from "@clickhouse/client";
import { databases, qualified } from "../../schema/ddl";
import { measures } from "../../schema/views";
import { clickhouseTime, type Period } from "./period";

/** Decimal strings, as ClickHouse gives them. */
export interface Compared {
    /** Sources with a source_seq in the period. */
    readonly sources: string;
    /** Control totals of hours in the period. */
    readonly totals: string;
}

/** Counts them in a period. Throws when ClickHouse does not answer. */
export async function comparedIn(client: ClickHouseClient, { from, until }: Period): Promise<Compared> {
    const within = (column: string): string =>
        `${column} >= {from:DateTime64(6, 'UTC')} AND ${column} < {until:DateTime64(6, 'UTC')}`;
    const counting = measures.map(
        ({ declaration: { name } }) =>
            `SELECT source_id FROM ${qualified(databases.facts, name)} WHERE source_seq IS NOT NULL AND ${within("event_time")}`,
    );
    const result = await client.query({
        query:
            `SELECT toString(uniqExact(source_id)) AS sources,\n` +
            `    (SELECT toString(count()) FROM ${qualified(databases.trading, "control_totals")} WHERE ${within("hour")}) AS totals\n` +
            `FROM (${counting.join("\nUNION ALL ")})`,
        query_params: { from: clickhouseTime(from), until: clickhouseTime(until) },
        format: "JSONEachRow",
    });
    const [row] = await result.json<Compared>();
    return row ?? { sources: "0", totals: "0" };
}
