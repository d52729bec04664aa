// What has arrived of each run since the last look, fact by fact.
import { databases, literal, qualified } from "../../../schema/ddl";
import { type Database } from "../../shared/clickhouse";
import { clickhouseMillis, type Micros } from "../../shared/time";

/** Rows of one run of a fact that the broker received within a span of time. */
export interface Arrival {
    readonly run: string;
    /** live, backfill, replay or synthetic. */
    readonly origin: string;
    /** Least and greatest event_time among them. */
    readonly first: Micros;
    readonly last: Micros;
    /** When the broker received the last of them, ms. */
    readonly received: number;
    /** The span begins after it, ms. */
    readonly after: number;
}

/**
 * A row is written after the broker received it; a server's clock may be behind the broker's by this much. Every look reads so much of what it has
 * seen before, at thousands of events a second most of what it reads.
 */
const skewSeconds = 10;

/** Rows of a fact that the broker received after `from` and up to `to`, ms. */
export interface Span {
    readonly fact: string;
    readonly from: number;
    readonly to: number;
}

/**
 * What arrived in each of the spans, by fact and run; live and backfill are the run ''. Each row is in one such span and no other, provided that the
 * fact was complete to `to`. One query for all: planning several takes longer than what they read.
 */
export async function arrivals(
    database: Database,
    spans: readonly Span[],
): Promise<ReadonlyMap<string, readonly Arrival[]>> {
    if (spans.length === 0) return new Map();
    const parts = spans.map(({ fact }, n) => {
        const [from, to] = [`{from${String(n)}:DateTime64(3, 'UTC')}`, `{to${String(n)}:DateTime64(3, 'UTC')}`];
        return `SELECT ${literal(fact)} AS fact, ifNull(run_id, '') AS run, toString(any(origin)) AS origin, toUnixTimestamp64Micro(min(event_time)) AS first,
                toUnixTimestamp64Micro(max(event_time)) AS last, toUnixTimestamp64Milli(max(received_at)) AS received, toUnixTimestamp64Milli(${from}) AS after
         FROM ${qualified(databases.facts, fact)}
         WHERE ingested_at > ${from} - toIntervalSecond(${String(skewSeconds)}) AND received_at > ${from} AND received_at <= ${to}
         GROUP BY run`;
    });
    const bounds = spans.flatMap(({ from, to }, n) => [
        [`from${String(n)}`, clickhouseMillis(from)],
        [`to${String(n)}`, clickhouseMillis(to)],
    ]);
    const rows = await database.rows<Arrival & { fact: string }>(
        parts.join("\nUNION ALL\n"),
        Object.fromEntries(bounds) as Record<string, string>,
    );
    return Map.groupBy(rows, ({ fact }) => fact);
}

/** When the broker received the last row of each partition of one or more facts that was stored in the last seconds, by fact, ms. */
export async function lastStored(
    database: Database,
    facts: readonly string[],
    seconds: number,
): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
    const parts = facts.map(
        (fact) =>
            `SELECT ${literal(fact)} AS fact, _partition AS partition, toUnixTimestamp64Milli(max(received_at)) AS received
         FROM ${qualified(databases.facts, fact)} WHERE ingested_at > now64(3) - toIntervalSecond({seconds:UInt32}) GROUP BY partition`,
    );
    const rows = await database.rows<{ fact: string; partition: number; received: number }>(
        parts.join("\nUNION ALL\n"),
        { seconds },
    );
    const byFact = Map.groupBy(rows, ({ fact }) => fact);
    return new Map(
        [...byFact].map(([fact, found]) => [
            fact,
            new Map(found.map(({ partition, received }) => [partition, received])),
        ]),
    );
}

/** The minute in which the data of a run begins in a fact; undefined where there is none. */
export async function firstMinute(database: Database, fact: string, run: string): Promise<Micros | undefined> {
    const [row] = await database.rows<{ first: Micros }>(
        `SELECT toUnixTimestamp64Micro(toDateTime64(toStartOfMinute(event_time), 6, 'UTC')) AS first
         FROM ${qualified(databases.facts, fact)} WHERE ifNull(run_id, '') = {run:String}
         ORDER BY toStartOfMinute(event_time) LIMIT 1`,
        { run },
    );
    return row?.first;
}

/** How far the stored rows of a fact go, by run. */
export async function stored(database: Database, fact: string): Promise<Arrival[]> {
    return database.rows<Arrival>(
        `SELECT ifNull(run_id, '') AS run, toString(any(origin)) AS origin, toUnixTimestamp64Micro(min(event_time)) AS first,
                toUnixTimestamp64Micro(max(event_time)) AS last, toUnixTimestamp64Milli(max(received_at)) AS received, 0 AS after
         FROM ${qualified(databases.facts, fact)} GROUP BY run`,
    );
}
