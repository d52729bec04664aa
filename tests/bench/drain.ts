// How fast a backlog drains into a fact, beside what bounds it: the same rows by INSERT from a file, and the bare Kafka engine.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { marketTrades } from "../../schema";
import { feedOf, feedStatements } from "../../schema/ddl";
import { until } from "../support/processes";
import { type TestStack } from "../support/stack";
import { trades } from "./samples";

const feed = feedStatements(
    feedOf(marketTrades, { retentionDays: 30, futureHours: 24, settings: { kafka_flush_interval_ms: 500 } }),
);
const intake = feed.create.at(-1);
const topic = marketTrades.topic.name;
const patienceMs = 300_000;

/** A measurement: both sides in rows per second. */
export interface Pair {
    ours: number;
    theirs: number;
}

/** Sends rows as messages of `perMessage` lines, with a venue of their own so that each round is new data. */
async function produce(stack: TestStack, rows: number, perMessage: number, venue: string): Promise<string[]> {
    const lines = [...trades(rows, Date.now() - 3_600_000)].map((event) => {
        const own = { ...event, venue };
        return JSON.stringify({ ...own, event_id: marketTrades.eventId(own) });
    });
    const producer = await stack.producer();
    const perBatch = Math.max(1, Math.floor(5_000 / perMessage)) * perMessage;
    for (let at = 0; at < lines.length; at += perBatch) {
        const batch = lines.slice(at, at + perBatch);
        const messages = Array.from({ length: Math.ceil(batch.length / perMessage) }, (_, n) => ({
            key: venue,
            value: batch.slice(n * perMessage, (n + 1) * perMessage).join("\n"),
        }));
        await producer.send({ topic, acks: -1, messages });
    }
    await producer.disconnect();
    return lines;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
    const began = process.hrtime.bigint();
    await work();
    return Number(process.hrtime.bigint() - began) / 1e9;
}

async function command(stack: TestStack, query: string): Promise<void> {
    await stack.clickhouse.command({ query });
}

/** Seconds from the moment the feed is switched on until every row of the backlog is in the fact. */
async function drainFeed(stack: TestStack, rows: number): Promise<number> {
    if (intake === undefined) throw new Error("the feed has no intake view");
    // A count of all rows is known without reading any: looking on must not cost what is measured.
    const all = "SELECT count() FROM facts.market_trades";
    const before = await stack.number(all);
    return timed(async () => {
        await command(stack, intake.sql);
        await until("the backlog is drained", async () => (await stack.number(all)) >= before + rows, patienceMs);
    });
}

/** The same rows, from a file, by INSERT ... FORMAT JSONEachRow into a table like the fact's. */
async function insertFile(stack: TestStack, lines: string[], venue: string): Promise<number> {
    const folder = mkdtempSync(join(tmpdir(), "bench-"));
    const file = join(folder, "rows.jsonl");
    writeFileSync(file, lines.join("\n"));
    await command(stack, `CREATE TABLE facts.bench_${venue} AS facts.market_trades`);
    try {
        return await timed(() =>
            command(
                stack,
                `INSERT INTO facts.bench_${venue} SELECT * FROM file('${file}', JSONEachRow) SETTINGS date_time_input_format = 'best_effort'`,
            ),
        );
    } finally {
        await command(stack, `DROP TABLE facts.bench_${venue}`);
        rmSync(folder, { recursive: true });
    }
}

/** The same Kafka table under a group of its own, into a Null table: what the engine alone can do. */
async function bareEngine(stack: TestStack, messages: number, venue: string): Promise<number> {
    const kafka = feed.create[0]?.sql ?? "";
    const name = `bench_${venue}`;
    const own = kafka.replace("market_trades_kafka", `${name}_kafka`).replace(marketTrades.group, `bench.${venue}`);
    const admin = stack.kafka.admin();
    await admin.connect();
    const ends = await admin.fetchTopicOffsets(topic);
    const start = BigInt(ends[0]?.high ?? "0") - BigInt(messages);
    await admin.setOffsets({ groupId: `bench.${venue}`, topic, partitions: [{ partition: 0, offset: String(start) }] });
    await admin.disconnect();
    await command(stack, own);
    await command(stack, `CREATE TABLE ingest.${name}_null AS ingest.market_trades_broken`);
    const seconds = await timed(async () => {
        await command(
            stack,
            `CREATE MATERIALIZED VIEW ingest.${name}_mv TO ingest.${name}_null AS SELECT *, _error, _raw_message, _topic, _partition, _offset FROM ingest.${name}_kafka`,
        );
        const read = `SELECT sum(num_messages_read) FROM system.kafka_consumers WHERE table = '${name}_kafka'`;
        await until("the engine has read all", async () => (await stack.number(read)) >= messages, patienceMs);
    });
    for (const object of [`VIEW ingest.${name}_mv`, `TABLE ingest.${name}_kafka`, `TABLE ingest.${name}_null`])
        await command(stack, `DROP ${object}`);
    return seconds;
}

/** One round: a backlog of `rows`, drained by us and by the other side; which goes first alternates with the round. */
export async function drainRound(
    stack: TestStack,
    kind: "packed" | "single",
    rows: number,
    round: number,
): Promise<Pair> {
    const perMessage = kind === "packed" ? 100 : 1;
    const venue = `${kind}${String(round)}`;
    await command(stack, "DROP VIEW ingest.market_trades_intake");
    const lines = await produce(stack, rows, perMessage, venue);
    const ours = (): Promise<number> => drainFeed(stack, rows);
    const theirs = (): Promise<number> =>
        kind === "packed" ? insertFile(stack, lines, venue) : bareEngine(stack, rows, venue);
    const sides = round % 2 === 0 ? [ours, theirs] : [theirs, ours];
    const seconds: number[] = [];
    for (const side of sides) seconds.push(await side());
    const [first = 1, second = 1] = seconds;
    return round % 2 === 0
        ? { ours: rows / first, theirs: rows / second }
        : { ours: rows / second, theirs: rows / first };
}
