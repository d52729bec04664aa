// kill -9 of the matching engine feed at random while it reads a foreign topic (orders, and trades of two reports each) and follows a file that is
// rotated under it: every record must become its event, and only once after deduplication.
import { appendFileSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Producer } from "kafkajs";
import { FeedWorker } from "../engine/matching-engine/worker";
import { seeded } from "../bench/samples";
import { until } from "../support/processes";
import { type TestStack } from "../support/stack";

const tickMs = 50;
const perTick = 40;
/** Lines of the file between two rotations, and rotated files that are kept. */
const rotateEvery = 600;
const keptFiles = 40;
const drainMs = 120_000;

export interface FeedSoakOptions {
    kills: number;
    seed: number;
    say: (line: string) => void;
}

/** What came of a soak; `lost` and `doubled` must be 0. */
export interface FeedSoakReport {
    kills: number;
    orders: number;
    trades: number;
    deposits: number;
    rotations: number;
    /** Events that are not in their facts. */
    lost: number;
    /** Events that are in their facts more than once, as people read them. */
    doubled: number;
    /** Rows that were sent again after a kill, before they were merged. */
    rawDuplicates: number;
    seconds: number;
}

const mappings = (topic: string, journal: string): Record<string, string> => ({
    "kafka.yaml": `version: 1
source: { id: ${topic} }
input: { kafka: { topics: ${topic} } }
format: { type: json }
common: { event_time: { field: t, time: milliseconds }, venue: { const: soak }, symbol: { const: BTC } }
events:
  - fact: user_orders
    when: { kind: order }
    set: { order_id: id, revision: { const: 1 }, state: { const: new }, user_id: u, account_id: u, side: { const: buy }, type: { const: limit }, time_in_force: { const: gtc }, quantity: q, filled_quantity: { const: 0 }, source_seq: n }
  - fact: user_trades
    when: { kind: report }
    pair: { by: id, maker: { side: maker } }
    set: { trade_id: taker.id, trade_version: { const: 1 }, status: { const: executed }, price: { const: 1 }, quantity: taker.q, taker_side: { const: buy }, maker_user_id: maker.u, maker_account_id: maker.u, maker_order_id: maker.o, maker_fee: { const: 0 }, maker_fee_asset: { const: X }, taker_user_id: taker.u, taker_account_id: taker.u, taker_order_id: taker.o, taker_fee: { const: 0 }, taker_fee_asset: { const: X } }
`,
    "file.yaml": `version: 1
source: { id: ${topic}.file }
input: { file: { path: ${journal} } }
format: { type: json }
events:
  - fact: user_deposits
    set: { event_time: { field: t, time: milliseconds }, deposit_id: id, state: { const: credited }, user_id: u, account_id: u, asset: { const: USDT }, amount: q }
`,
});

/** Writes both inputs until it is told to stop. */
class Engine {
    orders = 0;
    trades = 0;
    deposits = 0;
    rotations = 0;
    private stopping = false;

    constructor(
        private readonly topic: string,
        private readonly journal: string,
        private readonly producer: Producer,
        private readonly choose: () => number,
    ) {}

    stop(): void {
        this.stopping = true;
    }

    async run(): Promise<void> {
        /** Maker reports that are still to come: the two halves of a trade are up to some ticks apart. */
        let open: string[] = [];
        while (!this.stopping) {
            const now = open;
            open = [];
            const values: string[] = [];
            for (let n = 0; n < perTick; n += 1) {
                values.push(this.order());
                if (n % 4 > 0) continue;
                const [maker = "", taker = ""] = this.reports();
                values.push(taker);
                (this.choose() < 0.5 ? values : open).push(maker);
            }
            values.push(...now);
            await this.producer.send({ topic: this.topic, acks: -1, messages: values.map((value) => ({ value })) });
            this.write();
            await pause(tickMs);
        }
        const rest = open.map((value) => ({ value }));
        if (rest.length > 0) await this.producer.send({ topic: this.topic, acks: -1, messages: rest });
    }

    private record(fields: Record<string, unknown>): string {
        return JSON.stringify({ t: Date.now(), u: "u", q: "1.5", ...fields });
    }

    private order(): string {
        this.orders += 1;
        return this.record({ kind: "order", id: `o${String(this.orders)}`, n: this.orders });
    }

    private reports(): string[] {
        this.trades += 1;
        const id = `t${String(this.trades)}`;
        return ["maker", "taker"].map((side) => this.record({ kind: "report", id, side, o: `${id}-${side}` }));
    }

    private write(): void {
        const lines = Array.from({ length: perTick }, () => {
            this.deposits += 1;
            return `${this.record({ id: `${this.topic}-${String(this.deposits)}` })}\n`;
        });
        // A line is written in two parts now and then, as buffered writers do.
        const text = lines.join("");
        const cut = Math.floor(this.choose() * text.length);
        appendFileSync(this.journal, text.slice(0, cut));
        appendFileSync(this.journal, text.slice(cut));
        if (this.deposits % rotateEvery === 0) this.rotate();
    }

    private rotate(): void {
        this.rotations += 1;
        for (let n = keptFiles; n >= 1; n -= 1) {
            const from = n === 1 ? this.journal : `${this.journal}.${String(n - 1)}`;
            if (existsSync(from)) renameSync(from, `${this.journal}.${String(n)}`);
        }
    }
}

async function counted(
    stack: TestStack,
    fact: string,
    source: string,
    sent: number,
): Promise<[lost: number, doubled: number, raw: number]> {
    const [row] = await stack.rows<{ n: number; ids: number; raw: number }>(
        `SELECT count() AS n, uniqExact(event_id) AS ids, (SELECT count() FROM facts.${fact} WHERE source_id = {source:String}) AS raw
         FROM trading.${fact} WHERE source_id = {source:String}`,
        { source },
    );
    const { n = 0, ids = 0, raw = 0 } = row ?? {};
    return [sent - ids, n - ids, raw - ids];
}

/** Kills the feed `kills` times while it works; resolves when everything it was given has had time to arrive. */
export async function soakFeed(stack: TestStack, { kills, seed, say }: FeedSoakOptions): Promise<FeedSoakReport> {
    const began = Date.now();
    const folder = mkdtempSync(join(tmpdir(), "feed-soak-"));
    const topic = `soak.engine.${String(began)}`;
    const journal = join(folder, "journal.log");
    const choose = seeded(seed);
    const files = Object.entries(mappings(topic, journal)).map(([name, text]) => {
        writeFileSync(join(folder, name), text);
        return join(folder, name);
    });
    writeFileSync(journal, "");
    const env = { KAFKA_BROKERS: stack.brokers, MAPPINGS: files.join(","), DATA_DIR: folder };
    const admin = stack.kafka.admin();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
    await admin.disconnect();
    const producer = await stack.producer();
    const engine = new Engine(topic, journal, producer, choose);
    let worker = FeedWorker.start(env);
    let running: Promise<void> | undefined;
    try {
        // What was rotated away before a feed's very first look is not its to read.
        const cursor = join(folder, `${topic}.file.cursor.json`);
        await until(`the feed reads\n${worker.output}`, () => existsSync(cursor), 60_000);
        running = engine.run();
        for (let n = 1; n <= kills; n += 1) {
            const before = worker;
            await until(`the feed reads again\n${before.output}`, () => before.port !== undefined, 60_000);
            await pause(500 + choose() * 3_000);
            await worker.kill9();
            say(
                `kill -9 ${String(n)} of ${String(kills)}: feed, ${String(engine.orders)} orders, ${String(engine.rotations)} rotations`,
            );
            worker = FeedWorker.start(env);
        }
        engine.stop();
        await running;
        const all = (): Promise<[number, number, number][]> =>
            Promise.all([
                counted(stack, "user_orders", topic, engine.orders),
                counted(stack, "user_trades", topic, engine.trades),
                counted(stack, "user_deposits", `${topic}.file`, engine.deposits),
            ]);
        await until("all events", async () => (await all()).every(([lost]) => lost === 0), drainMs).catch(
            () => undefined,
        );
        const sums = (await all()).reduce((sum, each) => [sum[0] + each[0], sum[1] + each[1], sum[2] + each[2]]);
        const { orders, trades, deposits, rotations } = engine;
        const seconds = Math.round((Date.now() - began) / 1_000);
        return {
            kills,
            orders,
            trades,
            deposits,
            rotations,
            lost: sums[0],
            doubled: sums[1],
            rawDuplicates: sums[2],
            seconds,
        };
    } finally {
        engine.stop();
        await running;
        await worker.stop();
        await producer.disconnect();
        rmSync(folder, { recursive: true, force: true });
    }
}
