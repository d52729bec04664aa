// The soak of the pipeline: events flow from a recording through collector, Kafka and ClickHouse while these are killed (-9) at random; then the facts are
// counted against the recording.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { marketTrades } from "../../schema";
import { seeded } from "../bench/samples";
import { kill9, until } from "../support/processes";
import { Replay } from "../support/replay";
import { ends, messagesAt } from "../support/topics";
import { type TestStack } from "../support/stack";

/** Processes of the data path; the supervisor brings each back. */
const victims = ["clickhouse", "kafka", "market-data"] as const;
const eventsPerSecond = 2_500;
const settleMs = 180_000;

export interface SoakOptions {
    events: number;
    kills: number;
    seed: number;
    /** Told of each kill. */
    say: (line: string) => void;
}

/** What came of it. `lost` and `duplicated` are after deduplication, as rules and dashboards read. */
export interface SoakReport {
    events: number;
    kills: Record<string, number>;
    lost: number;
    duplicated: number;
    rawDuplicates: number;
    /** Offsets of the run that no fact and no dead letter accounts for, and whose message holds an event that is not among the facts. */
    offsetsUnaccounted: number;
    deadLetters: number;
    lostRangesRepaired: number;
    seconds: number;
}

/** A recording of trades of a symbol, `eventsPerSecond` of them each second. */
function writeRecording(folder: string, events: number): void {
    const start = Date.now();
    const lines = Array.from({ length: events }, (_, n) => {
        const at = start + Math.floor((n * 1000) / eventsPerSecond);
        return JSON.stringify({
            e: "trade",
            E: at,
            s: "BTCUSDT",
            t: n + 1,
            p: `${String(30_000 + (n % 977))}.01`,
            q: "0.000263",
            T: at,
            m: n % 2 === 0,
            M: true,
        });
    });
    writeFileSync(join(folder, "soak-trade.jsonl"), `${lines.join("\n")}\n`);
}

async function kill(stack: TestStack, victim: string): Promise<void> {
    const status = (await stack.supervisor.list()).find(({ name }) => name === victim);
    if (status?.pid === null || status?.pid === undefined) return;
    kill9(status.pid);
    const killed = status.pid;
    await until(
        `${victim} is back`,
        async () => {
            const now = (await stack.supervisor.list()).find(({ name }) => name === victim);
            return now?.healthy === true && now.pid !== killed;
        },
        120_000,
    );
}

const topic = marketTrades.topic.name;

/**
 * Messages of the run of which something is missing. A resend that meets its first copy within one block leaves no row, and so no offset:
 * such a message is read from Kafka, and each of its events must be a fact.
 */
async function unaccounted(stack: TestStack, began: Map<number, number>): Promise<number> {
    const without: { partition: number; offset: number }[] = [];
    for (const [partition, end] of await ends(stack.kafka, topic)) {
        const first = began.get(partition) ?? 0;
        const rows = await stack.rows<{ offset: number }>(
            `SELECT number AS offset FROM numbers({first:UInt64}, {count:UInt64}) WHERE number NOT IN (
                SELECT _offset FROM facts.market_trades WHERE _topic = {topic:String} AND _partition = {partition:UInt32}
                UNION ALL SELECT offset FROM facts.dead_letters WHERE topic = {topic:String} AND partition = {partition:UInt32})`,
            { first, count: end - first, topic, partition },
        );
        without.push(...rows.map(({ offset }) => ({ partition, offset })));
    }
    let missing = 0;
    for (const value of await messagesAt(stack.kafka, topic, without)) {
        const ids = value
            .split("\n")
            .map((line) => z.object({ event_id: z.string() }).parse(JSON.parse(line)).event_id);
        const [found] = await stack.rows<{ n: number }>(
            "SELECT uniqExact(event_id) AS n FROM facts.market_trades WHERE event_id IN {ids:Array(String)}",
            { ids },
        );
        if (found?.n !== new Set(ids).size) missing++;
    }
    return missing;
}

async function count(
    stack: TestStack,
    run: string,
    events: number,
    began: Map<number, number>,
): Promise<Omit<SoakReport, "events" | "kills" | "seconds">> {
    const where = `run_id = '${run}'`;
    const since = (offset: string): string =>
        [...began]
            .map(([partition, first]) => `partition = ${String(partition)} AND ${offset} >= ${String(first)}`)
            .join(" OR ");
    const distinct = await stack.number(`SELECT uniqExact(trade_id) FROM trading.market_trades WHERE ${where}`);
    const read = await stack.number(`SELECT count() FROM trading.market_trades WHERE ${where}`);
    const raw = await stack.number(`SELECT count() FROM facts.market_trades WHERE ${where}`);
    return {
        lost: events - distinct,
        duplicated: read - distinct,
        rawDuplicates: raw - distinct,
        offsetsUnaccounted: await unaccounted(stack, began),
        deadLetters: await stack.number(
            `SELECT count() FROM trading.dead_letters WHERE topic = '${topic}' AND (${since("offset")})`,
        ),
        lostRangesRepaired: await stack.number(
            `SELECT count() FROM trading.gaps WHERE topic = '${topic}' AND kind = 'lost' AND (${since("first_offset")})`,
        ),
    };
}

/** Keeps every raw row and its offset: a merge would drop the copies of an event, and with them the count of what came twice. */
const keepRaw = {
    set: "MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1, parts_to_delay_insert = 100000, parts_to_throw_insert = 100000",
    reset: "RESET SETTING max_bytes_to_merge_at_max_space_in_pool, parts_to_delay_insert, parts_to_throw_insert",
};

/** Runs the soak on a stack whose collector looks for the venue at `stack.venuePort`. */
export async function soakPipeline(stack: TestStack, { events, kills, seed, say }: SoakOptions): Promise<SoakReport> {
    const folder = mkdtempSync(join(tmpdir(), "soak-"));
    const random = seeded(seed);
    await stack.clickhouse.command({ query: `ALTER TABLE facts.market_trades ${keepRaw.set}` });
    const firstOffsets = await ends(stack.kafka, topic);
    const began = Date.now();
    const killed: Record<string, number> = {};
    writeRecording(folder, events);
    const start = new Date().toISOString();
    const run = `${start} x1`;
    const replay = await Replay.start(folder, stack.venuePort, { speed: "1", run: start });
    try {
        const between = ((events / eventsPerSecond) * 1000) / (kills + 1);
        for (let n = 0; n < kills; n++) {
            await pause(between * (0.5 + random()));
            const victim = victims[Math.floor(random() * victims.length)] ?? "kafka";
            killed[victim] = (killed[victim] ?? 0) + 1;
            say(`kill -9 ${String(n + 1)} of ${String(kills)}: ${victim}`);
            await kill(stack, victim);
        }
        const have = (): Promise<number> =>
            stack.number(`SELECT uniqExact(trade_id) FROM facts.market_trades WHERE run_id = '${run}'`);
        await until(
            "every event",
            async () => (await have()) >= events,
            (events / eventsPerSecond) * 1000 + settleMs,
        ).catch(() => say("not every event came"));
        await replay.stop();
        await until("the rest of the topic is read", async () => (await stack.lag("market_trades")) === 0, settleMs);
        return {
            events,
            kills: killed,
            ...(await count(stack, run, events, firstOffsets)),
            seconds: Math.round((Date.now() - began) / 1000),
        };
    } finally {
        await replay.stop();
        await stack.clickhouse.command({ query: `ALTER TABLE facts.market_trades ${keepRaw.reset}` });
        rmSync(folder, { recursive: true, force: true });
    }
}
