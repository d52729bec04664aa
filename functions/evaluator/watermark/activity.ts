// What has arrived of each run since the last look, fact by fact.
import { databases, qualified } from "../../../schema/ddl";
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

/** A row is written after the broker received it; a server's clock may be behind the broker's by this much. */
const skewSeconds = 60;

/**
 * Rows of a fact that the broker received after `from` and up to `to` (ms), by run; live and backfill are the run ''. Each row is in one such
 * span and no other, provided that the fact was complete to `to`.
 */
export async function arrivals(database: Database, fact: string, from: number, to: number): Promise<Arrival[]> {
    return database.rows<Arrival>(
        `SELECT ifNull(run_id, '') AS run, toString(any(origin)) AS origin, toUnixTimestamp64Micro(min(event_time)) AS first,
                toUnixTimestamp64Micro(max(event_time)) AS last, toUnixTimestamp64Milli(max(received_at)) AS received,
                toUnixTimestamp64Milli({from:DateTime64(3, 'UTC')}) AS after
         FROM ${qualified(databases.facts, fact)}
         WHERE ingested_at > {from:DateTime64(3, 'UTC')} - toIntervalSecond(${String(skewSeconds)})
            AND received_at > {from:DateTime64(3, 'UTC')} AND received_at <= {to:DateTime64(3, 'UTC')}
         GROUP BY run`,
        { from: clickhouseMillis(from), to: clickhouseMillis(to) },
    );
}

/** When the broker received the last row of each partition of a fact that was stored in the last minutes, ms. */
export async function lastStored(
    database: Database,
    fact: string,
    minutes: number,
): Promise<ReadonlyMap<number, number>> {
    const rows = await database.rows<{ partition: number; received: number }>(
        `SELECT _partition AS partition, toUnixTimestamp64Milli(max(received_at)) AS received
         FROM ${qualified(databases.facts, fact)} WHERE ingested_at > now64(3) - toIntervalMinute({minutes:UInt32}) GROUP BY partition`,
        { minutes },
    );
    return new Map(rows.map(({ partition, received }) => [partition, received]));
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
