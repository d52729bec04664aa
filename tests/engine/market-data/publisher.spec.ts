// Proves, with a real broker and the real worker process: a killed broker loses no event and no order per key, a message the broker refuses is
// told, the worker ends in time on SIGTERM and a killed one starts where nothing is missing. Not: what the feeds make of the messages.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { type Admin, Kafka, logLevel } from "kafkajs";
import { pino } from "pino";
import { Registry } from "prom-client";
import {
    bookTickers,
    type Declaration,
    marketTickers,
    marketTrades,
    orderBookTicks,
    sourceNotices,
} from "../../../schema";
import { KafkaSink } from "../../../functions/shared/kafka";
import { Outbox } from "../../../functions/shared/outbox";
import { recordings } from "../../bench/samples";
import { startKafka, type TestKafka } from "../../support/kafka";
import { freePort, kill9, removeFolder, temporaryFolder, until } from "../../support/processes";
import { repository } from "../../support/pulumi";
import { describeWithRecordings } from "../../support/recordings";
import { Replay } from "../../support/replay";

type Row = Record<string, unknown>;
const log = pino({ level: "silent" });
const all: readonly Declaration[] = [marketTrades, bookTickers, marketTickers, orderBookTicks, sourceNotices];

/** A broker with the collector's topics. */
class Broker {
    private readonly folder = temporaryFolder("publisher");
    kafka!: TestKafka;
    private admin!: Admin;

    async start(): Promise<void> {
        this.kafka = await startKafka({ dir: this.folder });
        this.admin = this.client().admin();
        await this.admin.connect();
    }

    async stop(): Promise<void> {
        await this.admin.disconnect();
        await this.kafka.stop();
        removeFolder(this.folder);
    }

    /** Empty topics with three partitions each. */
    async topics(config: { name: string; value: string }[] = []): Promise<void> {
        const names = all.map(({ topic }) => topic.name);
        const existing = (await this.admin.listTopics()).filter((name) => names.includes(name));
        if (existing.length > 0) await this.admin.deleteTopics({ topics: existing });
        await until(
            "the topics are gone",
            async () => !(await this.admin.listTopics()).some((name) => names.includes(name)),
        );
        const topics = names.map((topic) => ({ topic, numPartitions: 3, configEntries: config }));
        await this.admin.createTopics({ topics, waitForLeaders: false });
        await until("every partition has a leader", async () => {
            const metadata = await this.admin.fetchTopicMetadata({ topics: names });
            return metadata.topics.every(
                ({ partitions }) => partitions.length === 3 && partitions.every(({ leader }) => leader >= 0),
            );
        });
    }

    /** Every event of a topic in the order of each partition, read to the end. */
    async read({ topic: { name } }: Declaration): Promise<Row[]> {
        const ends = await this.admin.fetchTopicOffsets(name);
        const expected = ends.reduce((sum, { high }) => sum + Number(high), 0);
        const consumer = this.client().consumer({ groupId: `reader-${Math.random()}` });
        await consumer.connect();
        await consumer.subscribe({ topic: name, fromBeginning: true });
        const rows: Row[] = [];
        let messages = 0;
        const eachMessage = ({ message }: { message: { value: Buffer | null } }): Promise<void> => {
            messages += 1;
            rows.push(
                ...String(message.value)
                    .split("\n")
                    .map((line) => JSON.parse(line) as Row),
            );
            return Promise.resolve();
        };
        await consumer.run({ eachMessage });
        await until(`${expected} messages of ${name}`, () => messages >= expected);
        await consumer.disconnect();
        return rows;
    }

    private client(): Kafka {
        return new Kafka({
            brokers: this.kafka.brokers,
            logLevel: logLevel.NOTHING,
            retry: { retries: 20, maxRetryTime: 1_000 },
        });
    }
}

const trade = (symbol: string, id: number, filler = "") => ({
    event_id: `v|${symbol}|${id}`,
    event_time: new Date(1_800_000_000_000 + id).toISOString(),
    source_id: `test${filler}`,
    source_seq: String(id),
    origin: "live" as const,
    venue: "v",
    symbol,
    trade_id: String(id),
    price: "1.1",
    quantity: "2",
    taker_side: "buy" as const,
});

/** The first time each event is there, in order: what remains when resent ones are taken as the same. */
const firsts = (rows: readonly Row[]): Row[] =>
    [...new Map(rows.toReversed().map((row) => [row["event_id"], row])).values()].toReversed();

describe("publisher on a real broker", function () {
    this.timeout(180_000);
    const broker = new Broker();

    before(() => broker.start());
    after(() => broker.stop());

    const outbox = (): Outbox =>
        new Outbox({
            sink: new KafkaSink("test", broker.kafka.brokers, log),
            log,
            registry: new Registry(),
            sourceId: "test",
            maxBytes: 64 * 1024 * 1024,
        });

    it("loses nothing and keeps the order per key when the broker is killed three times in the middle", async () => {
        await broker.topics();
        const publisher = outbox();
        const symbols = ["A", "B", "C", "D", "E"];
        const perSymbol = 12_000;
        let published = 0;
        const publish = async (): Promise<void> => {
            for (let id = 0; id < perSymbol; id += 1) {
                for (const symbol of symbols) publisher.publish(marketTrades, trade(symbol, id));
                published += symbols.length;
                if (id % 20 === 19) await pause(5);
            }
        };
        const publishing = publish();
        for (const part of [0.2, 0.5, 0.8]) {
            await until("part of the events is published", () => published > part * symbols.length * perSymbol);
            await broker.kafka.kill9();
            await broker.kafka.restart();
        }
        await publishing;
        assert.equal(await publisher.close(60_000), 0);
        const rows = await broker.read(marketTrades);
        const once = firsts(rows);
        console.info(`      ${rows.length} rows in Kafka, ${rows.length - once.length} of them sent twice`);
        for (const symbol of symbols) {
            const ids = once.filter((row) => row["symbol"] === symbol).map((row) => Number(row["trade_id"]));
            assert.equal(ids.length, perSymbol);
            assert.ok(
                ids.every((id, index) => id === index),
                `order of ${symbol}`,
            );
        }
    });

    it("waits for a broker that is not there yet", async () => {
        await broker.topics();
        await broker.kafka.stop();
        const publisher = outbox();
        publisher.publish(marketTrades, trade("A", 1));
        await pause(1_000);
        await broker.kafka.restart();
        assert.equal(await publisher.close(60_000), 0);
        assert.equal((await broker.read(marketTrades)).length, 1);
    });

    it("tells of a message the broker refuses, and delivers all others", async () => {
        await broker.topics([{ name: "max.message.bytes", value: "200000" }]);
        const publisher = outbox();
        for (let id = 0; id < 300; id += 1)
            publisher.publish(marketTrades, trade("A", id, id === 150 ? "x".repeat(300_000) : "x".repeat(1_000)));
        publisher.publish(marketTrades, trade("B", 1));
        assert.equal(await publisher.close(30_000), 0);
        const rows = await broker.read(marketTrades);
        assert.equal(rows.length, 300);
        const [notice, ...others] = await broker.read(sourceNotices);
        assert.deepEqual(others, []);
        assert.deepEqual([notice?.["kind"], notice?.["events"], notice?.["first"]], ["rejected", "1", "150"]);
    });

    describeWithRecordings("as the collector's own process", () => {
        const children: ChildProcess[] = [];
        let replay: Replay | undefined;

        afterEach(async () => {
            for (const child of children.splice(0)) child.kill("SIGKILL");
            await replay?.stop();
        });

        async function collector(
            port: number,
            env: Row = {},
        ): Promise<{ child: ChildProcess; health: string; output: () => string }> {
            const metrics = await freePort();
            const base = {
                SYMBOLS: "BTCUSDT,XRPUSDT",
                METRICS_PORT: String(metrics),
                KAFKA_BROKERS: broker.kafka.brokers.join(","),
            };
            const urls = { BINANCE_WS_URL: `ws://127.0.0.1:${port}`, BINANCE_REST_URL: `http://127.0.0.1:${port}` };
            const child = spawn(process.execPath, ["--require", "tsx/cjs", "functions/market-data/main.ts"], {
                cwd: repository,
                env: { ...process.env, ...base, ...urls, ...env },
                stdio: ["ignore", "pipe", "pipe"],
            });
            children.push(child);
            let text = "";
            child.stdout.on("data", (data: Buffer) => (text += data.toString()));
            child.stderr.on("data", (data: Buffer) => (text += data.toString()));
            return { child, health: `http://127.0.0.1:${metrics}`, output: () => text };
        }

        const counts = async (): Promise<number[]> => {
            const facts = [marketTrades, bookTickers, marketTickers];
            const rows = await Promise.all(facts.map((fact) => broker.read(fact)));
            return rows.map((list) => firsts(list).length);
        };

        it("brings every recorded event into Kafka though it is killed in the middle, and ends in time on SIGTERM", async () => {
            await broker.topics();
            const port = await freePort();
            replay = await Replay.start(recordings, port, { speed: "300000" });
            const { lines } = replay;
            const first = await collector(port);
            await until("a run", () => lines.some(({ status }) => status === "run"));
            await pause(1_500);
            assert.ok(first.child.pid);
            kill9(first.child.pid);
            const second = await collector(port);
            // The longest one; the others ended already for the collector that was killed.
            const tickers = lines.some.bind(
                lines,
                ({ status, recording }) => status === "ended" && recording === "btcperp-miniTicker.jsonl",
            );
            await until("the end of the tickers", tickers, 60_000);
            const metrics = async (): Promise<string> => (await fetch(`${second.health}/metrics`)).text();
            const taken = /^outbox_events_total\{fact="market_tickers",worker="market-data"\} 9006$/m;
            await until("the collector has them too", async () => taken.test(await metrics()));
            const response = await fetch(`${second.health}/healthz`);
            assert.equal(response.status, 200, await response.text());
            const exited = once(second.child, "exit");
            second.child.kill("SIGTERM");
            assert.deepEqual(await exited, [0, null]);
            assert.deepEqual(await counts(), [2_001, 451, 9_006]);
        });

        it("refuses a wrong environment, naming all of it, without a stack trace", async () => {
            const { child, output } = await collector(1, { SYMBOLS: ",", METRICS_PORT: "x" });
            const [code] = (await once(child, "close")) as [number];
            assert.equal(code, 2);
            assert.match(output(), /METRICS_PORT: .*\n.*SYMBOLS: |SYMBOLS: .*\n.*METRICS_PORT: /);
            assert.ok(!output().includes("    at "));
        });

        it("lives on when neither venue nor broker is there, says so, and ends in good order", async () => {
            const nobody = await freePort();
            const { child, health, output } = await collector(nobody, { KAFKA_BROKERS: `127.0.0.1:${nobody}` });
            const state = await until("the venue is missed", async () => {
                const response = await fetch(`${health}/healthz`);
                const body = (await response.json()) as { reasons: string[] };
                return response.status === 503 && body.reasons[0]?.includes("ECONNREFUSED") ? body : undefined;
            });
            assert.match(state.reasons.join("\n"), /^venue: no connection since/);
            assert.equal((await fetch(`${health}/livez`)).status, 200);
            const exited = once(child, "exit");
            child.kill("SIGTERM");
            assert.deepEqual(await exited, [0, null], output());
        });
    });
});
