// What differs between the facts and what their sources say they sent, as the view trading.source_differences tells it.
import { type ClickHouseClient } from "@clickhouse/client";
import { qualified } from "../../schema/ddl";
import { sourceDifferences } from "../../schema/views";
import { clickhouseTime, type Period } from "./period";

/** One difference; empty texts where a kind has nothing to say. */
export interface Difference {
    /**
     * missing: numbers of the source's count no fact has; repeated: numbers that came again with the same event; reused: with another event;
     * control_total: a total the facts do not agree with; no_control_total: a symbol's events without a total among others that have one.
     */
    readonly kind: "missing" | "repeated" | "reused" | "control_total" | "no_control_total";
    readonly source_id: string;
    readonly run_id: string;
    readonly fact: string;
    readonly symbol: string;
    /** Start of the hour a total is about, `YYYY-MM-DD hh:mm:ss` UTC. */
    readonly hour: string | null;
    readonly first: string | null;
    readonly last: string | null;
    readonly events: string;
    readonly expected: string;
    readonly found: string;
}

/** The differences of a period. Throws when ClickHouse does not answer, or has no such view. */
export async function differencesOf(client: ClickHouseClient, { from, until }: Period): Promise<Difference[]> {
    const view = qualified(sourceDifferences.database, sourceDifferences.name);
    const result = await client.query({
        query: `SELECT * FROM ${view}(from_time = {from:DateTime64(6, 'UTC')}, until_time = {until:DateTime64(6, 'UTC')})`,
        query_params: { from: clickhouseTime(from), until: clickhouseTime(until) },
        clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
        format: "JSONEachRow",
    });
    return result.json<Difference>();
}

/**
 * Differences with ranges that touch or overlap made one: the view and Kafka may each tell a part of what came again, and a source's numbers
 * run through all its facts.
 */
export function joined(differences: readonly Difference[]): Difference[] {
    const counted = differences.map((each) => (each.kind === "repeated" ? { ...each, fact: "" } : each));
    const ranged = Map.groupBy(counted, ({ kind, source_id: source, run_id: run, fact, symbol, first }) =>
        first === null ? "" : [kind, source, run, fact, symbol].join("\n"),
    );
    return [...ranged].flatMap(([slot, own]) => (slot === "" ? own : unite(own)));
}

function unite(differences: readonly Difference[]): Difference[] {
    const bound = (text: string | null): bigint => BigInt(text ?? 0);
    const united: Difference[] = [];
    for (const next of differences.toSorted((a, b) => (bound(a.first) < bound(b.first) ? -1 : 1))) {
        const open = united.at(-1);
        if (open === undefined || bound(next.first) > bound(open.last) + 1n) {
            united.push(next);
            continue;
        }
        const last = bound(next.last) > bound(open.last) ? bound(next.last) : bound(open.last);
        united[united.length - 1] = { ...open, last: String(last), events: String(last - bound(open.first) + 1n) };
    }
    return united;
}
