// What ClickHouse knows of offsets: which ones a row accounts for, which are suspect, how far the auditor has come.
import { Readable } from "node:stream";
import { type ClickHouseClient } from "@clickhouse/client";
import {
    auditsTable,
    brokenTable,
    databases,
    deadLettersTable,
    gapsTable,
    qualified,
    suspectsTable,
} from "../../schema/ddl";
import { type Range } from "./ranges";
import { encode, landingColumns, type LandingRow } from "./rowBinary";

const deadLetters = qualified(databases.facts, deadLettersTable);
const suspects = qualified(databases.ingest, suspectsTable);
const audits = qualified(databases.ingest, auditsTable);
const gaps = qualified(databases.facts, gapsTable);

/** How far a partition has been accounted for: all offsets before `next`. */
export interface Reached {
    readonly topic: string;
    readonly partition: number;
    readonly next: bigint;
}

/** A partition of a fact's topic. */
export interface Partition {
    fact: string;
    topic: string;
    partition: number;
}

/** A finding, as the gaps table keeps it. */
export interface Gap extends Partition, Range {
    kind: "empty" | "lost" | "expired";
    repaired: boolean;
}

/** A message with a value the feed refused. */
export interface Suspect extends Partition {
    offset: bigint;
    /** As ClickHouse writes it: part of what identifies the row. */
    received_at: string;
    /** Whether it has dead letters already. */
    answered: boolean;
}

/** ClickHouse as a round finds it. */
export interface ServerState {
    /** When this server process started, seconds since 1970: parts that were never synced can be gone after a crash. */
    started: number;
    /** Topics with suspects that nobody has read again yet. */
    suspectTopics: string[];
    /** How far the consumers of a topic have read, summed over partitions: changes when something was read. */
    read: Map<string, string>;
}

/** Reads and writes of the auditor; every value is bound, names come from the catalogue. */
export class Ledger {
    constructor(private readonly client: ClickHouseClient) {}

    private async rows<T>(query: string, parameters: Record<string, unknown> = {}): Promise<T[]> {
        // In the body: a page of offsets would be too long for a URL.
        const result = await this.client.query({
            ...{ query, query_params: parameters, format: "JSONEachRow" as const, use_multipart_params: true },
        });
        return result.json<T>();
    }

    /** What tells whether there is anything to audit, in one query. */
    async state(): Promise<ServerState> {
        const [row] = await this.rows<{ started: number; suspectTopics: string[]; read: [string, string][] }>(
            `SELECT toUInt32(now() - uptime()) AS started, (
                    SELECT groupUniqArray(topic) FROM ${suspects} FINAL WHERE NOT settled) AS suspectTopics,
                (SELECT groupArray((topic, toString(position))) FROM (
                    SELECT topic, sum(position) AS position FROM system.kafka_consumers
                    ARRAY JOIN assignments.topic AS topic, assignments.current_offset AS position GROUP BY topic)) AS read`,
        );
        const { started = 0, suspectTopics = [], read = [] } = row ?? {};
        return { started, suspectTopics, read: new Map(read) };
    }

    /** Offsets every lower one is accounted for, per topic and partition; `before` looks into the past. */
    async watermarks(secondsAgo = 0): Promise<Map<string, bigint>> {
        const rows = await this.rows<{ topic: string; partition: number; next: string }>(
            `SELECT topic, partition, toString(max(next_offset)) AS next FROM ${audits}
             WHERE audited_at <= now64(3) - toIntervalSecond({ago:UInt32}) GROUP BY topic, partition`,
            { ago: secondsAgo },
        );
        return new Map(rows.map(({ topic, partition, next }) => [`${topic}/${String(partition)}`, BigInt(next)]));
    }

    /** Offsets in [from, to) that no fact, dead letter or suspect accounts for, ascending, at most `limit`. */
    async missing({ fact, topic, partition }: Partition, from: bigint, to: bigint, limit: number): Promise<bigint[]> {
        const rows = await this.rows<{ missing: string }>(
            `SELECT toString(number) AS missing FROM numbers({from:UInt64}, {count:UInt64}) WHERE number NOT IN (
                SELECT _offset FROM ${qualified(databases.facts, fact)}
                WHERE _topic = {topic:String} AND _partition = {partition:UInt32} AND _offset >= {from:UInt64} AND _offset < {to:UInt64}
                UNION ALL SELECT offset FROM ${deadLetters}
                WHERE topic = {topic:String} AND partition = {partition:UInt32} AND offset >= {from:UInt64} AND offset < {to:UInt64}
                UNION ALL SELECT offset FROM ${suspects}
                WHERE topic = {topic:String} AND partition = {partition:UInt32} AND offset >= {from:UInt64} AND offset < {to:UInt64}
            ) ORDER BY number LIMIT {limit:UInt32}`,
            { topic, partition, from: String(from), to: String(to), count: String(to - from), limit },
        );
        return rows.map(({ missing }) => BigInt(missing));
    }

    /**
     * Of messages that were read again, those with an event that had no row before. A resend whose first copy was kept has no row of its own
     * once parts are merged: nothing of it was lost.
     */
    async newlyStored({ fact, topic, partition }: Partition, offsets: readonly bigint[]): Promise<bigint[]> {
        if (offsets.length === 0) return [];
        const table = qualified(databases.facts, fact);
        const own = `_topic = {topic:String} AND _partition = {partition:UInt32} AND _offset IN {offsets:Array(UInt64)}`;
        const rows = await this.rows<{ stored: string }>(
            `SELECT DISTINCT toString(arrayJoin(offsets)) AS stored FROM (
                SELECT groupUniqArrayIf(_offset, ${own}) AS offsets FROM ${table} WHERE toStartOfMinute(event_time) IN (
                    SELECT DISTINCT toStartOfMinute(event_time) FROM ${table} WHERE ${own})
                GROUP BY event_id HAVING notEmpty(offsets) AND countIf(NOT (${own})) = 0)`,
            { topic, partition, offsets: [...offsets] },
        );
        return rows.map(({ stored }) => BigInt(stored));
    }

    /** Suspect messages of a topic that nobody has read again yet, at most `limit`, by partition and offset. */
    async suspects(topic: string, limit: number): Promise<Suspect[]> {
        const rows = await this.rows<Partition & { offset: string; received_at: string; answered: number }>(
            `SELECT fact, topic, partition, toString(suspects.offset) AS offset, toString(received_at) AS received_at,
                (partition, suspects.offset) IN (
                    SELECT partition, offset FROM ${deadLetters} WHERE topic = {topic:String}) AS answered
             FROM ${suspects} AS suspects FINAL WHERE topic = {topic:String} AND NOT settled
             ORDER BY partition, suspects.offset LIMIT {limit:UInt32}`,
            { topic, limit },
        );
        return rows.map((row) => ({ ...row, answered: row.answered === 1, offset: BigInt(row.offset) }));
    }

    /** Notes that each line of these messages has become a row or a dead letter, or cannot any more. */
    async settle(found: readonly Suspect[]): Promise<void> {
        if (found.length === 0) return;
        const values = found.map(({ fact, topic, partition, offset, received_at }) => ({
            ...{ fact, topic, partition, offset: String(offset), received_at, settled: true },
        }));
        await this.client.insert({ table: suspects, values, format: "JSONEachRow" });
    }

    /** Puts messages into the table a feed reads line by line. */
    async land(fact: string, rows: readonly LandingRow[]): Promise<void> {
        if (rows.length === 0) return;
        const into = qualified(databases.ingest, brokenTable(fact));
        const { stream } = await this.client.exec({
            query: `INSERT INTO ${into} ${landingColumns} FORMAT RowBinary`,
            values: Readable.from(rows.map(encode), { objectMode: false }),
        });
        stream.resume();
    }

    /** Records findings. */
    async record(found: readonly Gap[]): Promise<void> {
        if (found.length === 0) return;
        const values = found.map(({ fact, topic, partition, first, last, kind, repaired }) => ({
            ...{ fact, topic, partition, first_offset: String(first), last_offset: String(last), kind, repaired },
            found_at: Date.now(),
        }));
        await this.client.insert({ table: gaps, values, format: "JSONEachRow" });
    }

    /** Records how far partitions have been accounted for. */
    async advance(reached: readonly Reached[]): Promise<void> {
        if (reached.length === 0) return;
        const now = Date.now();
        const values = reached.map(({ topic, partition, next }) => ({
            ...{ topic, partition, next_offset: String(next), audited_at: now },
        }));
        await this.client.insert({ table: audits, values, format: "JSONEachRow" });
    }
}
