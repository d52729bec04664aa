// Events that came again. A table keeps the first arrival of an event, so what is left of the others, sooner or later, is that their Kafka offsets
// have no row: the messages there, read again, say which events of which sources they were.
import { type ClickHouseClient } from "@clickhouse/client";
import { type Admin, type Kafka } from "kafkajs";
import { type Declaration } from "../../schema";
import { databases, deadLettersTable, literal, name, qualified } from "../../schema/ddl";
import { type Position } from "../../schema/positions";
import { type Measure } from "../../schema/views";
import { readMessages, retained, type Stored, type Wanted } from "../auditor/topics";
import { type Range, toRanges } from "../auditor/ranges";
import { feedPositions } from "../shared/kafkajs";
import { type Difference } from "./differences";
import { clickhouseTime, type Period } from "./period";

/** Offsets looked at per fact; so many merged messages are a flood, of which the first tell enough. */
const maxOffsets = 50_000;

/** Repeated numbers, and how many offsets were not looked at for want of time. */
export interface Repeats {
    readonly found: Difference[];
    readonly notLookedAt: number;
}

interface Hole extends Range {
    readonly partition: number;
}

interface Candidate {
    readonly eventId: string;
    readonly source: string;
    readonly run: string;
    readonly counter: string;
    readonly seq: bigint;
}

/**
 * Offsets from the period's first numbered event on that no row stands for, nor a dead letter. Of equal events one counts as kept, whether or not
 * they are merged yet: merges come when they like, and the auditor brings back rows it misses.
 */
async function holes(
    client: ClickHouseClient,
    { name: fact, topic }: Declaration,
    period: Period,
    ends: readonly Position[],
): Promise<Hole[]> {
    const table = qualified(databases.facts, fact);
    const inPeriod = "event_time >= {from:DateTime64(6, 'UTC')} AND event_time < {until:DateTime64(6, 'UTC')}";
    const ours = `_topic = ${literal(topic.name)}`;
    const result = await client.query({
        query: `WITH bounds AS (
                SELECT _partition AS partition, min(_offset) AS low FROM ${table}
                WHERE isNotNull(source_seq) AND ${ours} AND ${inPeriod} GROUP BY partition),
            kept AS (
                SELECT _partition AS partition, _offset AS offset FROM ${table} FINAL WHERE ${ours} AND ${inPeriod}
                UNION DISTINCT SELECT _partition AS partition, _offset AS offset FROM ${table}
                WHERE ${ours} AND _offset >= (SELECT min(low) FROM bounds) AND NOT (${inPeriod})
                UNION DISTINCT SELECT partition, offset FROM ${qualified(databases.facts, deadLettersTable)} WHERE topic = ${literal(topic.name)}
                UNION DISTINCT SELECT end.1 AS partition, end.2 AS offset
                FROM (SELECT arrayJoin(arrayZip({partitions:Array(UInt32)}, {ends:Array(UInt64)})) AS end)),
            steps AS (
                SELECT partition, offset,
                    lagInFrame(offset) OVER (PARTITION BY partition ORDER BY offset ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
                FROM kept)
            SELECT steps.partition AS partition, toString(before + 1) AS first, toString(offset - 1) AS last
            FROM steps INNER JOIN bounds ON bounds.partition = steps.partition
            WHERE before >= low AND offset > before + 1 ORDER BY partition, before`,
        query_params: {
            ...{ from: clickhouseTime(period.from), until: clickhouseTime(period.until) },
            // What the feed has not committed may be on its way for the first time.
            ...{ partitions: ends.map(({ partition }) => partition), ends: ends.map(({ committed }) => committed) },
        },
        format: "JSONEachRow",
    });
    const rows = await result.json<{ partition: number; first: string; last: string }>();
    return rows.map(({ partition, first, last }) => ({ partition, first: BigInt(first), last: BigInt(last) }));
}

/** The numbered events of a message that fall into the period. */
function candidates({ subject, countsBySubject }: Measure, { value }: Stored, { from, until }: Period): Candidate[] {
    return (value?.toString() ?? "").split("\n").flatMap((line) => {
        const event = parsed(line);
        const [eventId, source, seq, time] = ["event_id", "source_id", "source_seq", "event_time"].map(
            (key) => event[key],
        );
        if (typeof eventId !== "string" || typeof source !== "string" || !/^\d{1,20}$/.test(String(seq))) return [];
        const happened = new Date(String(time));
        if (!(happened >= from && happened < until)) return [];
        const { run_id: run } = event;
        const counter = countsBySubject && subject !== undefined ? String(event[subject]) : "";
        return [{ eventId, source, run: typeof run === "string" ? run : "", counter, seq: BigInt(String(seq)) }];
    });
}

function parsed(line: string): Record<string, unknown> {
    try {
        const value = JSON.parse(line) as unknown;
        return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
    } catch {
        return {};
    }
}

/** Of events, those the fact has from another message: what came here came again. */
async function storedElsewhere(
    client: ClickHouseClient,
    { name: fact }: Declaration,
    ids: readonly string[],
): Promise<Set<string>> {
    const stored = new Set<string>();
    const perQuery = 1_000;
    for (let start = 0; start < ids.length; start += perQuery) {
        const result = await client.query({
            query: `SELECT DISTINCT ${name("event_id")} AS id FROM ${qualified(databases.facts, fact)} WHERE event_id IN {ids:Array(String)}`,
            query_params: { ids: ids.slice(start, start + perQuery) },
            format: "JSONEachRow",
        });
        for (const { id } of await result.json<{ id: string }>()) stored.add(id);
    }
    return stored;
}

/** The offsets of holes, at most `maxOffsets` of them, and how many are left. */
function expanded(all: readonly Hole[]): { wanted: Wanted; left: number } {
    const wanted = new Map<number, bigint[]>();
    let room = maxOffsets;
    let left = 0;
    for (const { partition, first, last } of all) {
        const size = Number(last - first + 1n);
        const taken = Math.min(room, size);
        room -= taken;
        left += size - taken;
        if (taken === 0) continue;
        const offsets = wanted.get(partition) ?? [];
        wanted.set(partition, offsets);
        for (let index = 0; index < taken; index += 1) offsets.push(first + BigInt(index));
    }
    return { wanted, left };
}

/** Repeated numbers as differences, neighbours as ranges. */
function differences(fact: string, repeated: readonly Candidate[]): Difference[] {
    const counts = new Map<string, { of: Candidate; numbers: Set<bigint> }>();
    for (const candidate of repeated) {
        const slot = [candidate.source, candidate.run, candidate.counter].join("\n");
        const count = counts.get(slot) ?? { of: candidate, numbers: new Set() };
        counts.set(slot, count);
        count.numbers.add(candidate.seq);
    }
    return [...counts.values()].flatMap(({ of, numbers }) =>
        toRanges([...numbers].sort((a, b) => (a < b ? -1 : 1))).map(({ first, last }) => ({
            ...{
                kind: "repeated" as const,
                source_id: of.source,
                run_id: of.run,
                fact,
                symbol: of.counter,
                hour: null,
            },
            ...{ first: String(first), last: String(last), events: String(last - first + 1n), expected: "", found: "" },
        })),
    );
}

/** The numbers of a fact that came again. Throws when ClickHouse or Kafka does not answer. */
export async function mergedRepeats(
    client: ClickHouseClient,
    kafka: Kafka,
    admin: Admin,
    measure: Measure,
    period: Period,
): Promise<Repeats> {
    const { declaration } = measure;
    const topic = declaration.topic.name;
    const ends = await feedPositions(admin, topic, declaration.group);
    const { wanted, left } = expanded(await holes(client, declaration, period, ends));
    const readable = await retained(admin, topic, wanted);
    const found: Candidate[] = [];
    const take = (messages: readonly Stored[]): Promise<void> => {
        found.push(...messages.flatMap((message) => candidates(measure, message, period)));
        return Promise.resolve();
    };
    if (readable.size > 0) await readMessages(kafka, topic, readable, take, "reconcile");
    const stored = await storedElsewhere(client, declaration, [...new Set(found.map(({ eventId }) => eventId))]);
    return {
        found: differences(
            declaration.name,
            found.filter(({ eventId }) => stored.has(eventId)),
        ),
        notLookedAt: left,
    };
}
