// Proves, with the real replay server and the real collector over real sockets: every recorded message becomes one event with the recorded
// digits, again and again the same within a run, and the order book rebuilt from the events equals the recorded one after every message.
// Not: Kafka and ClickHouse (publisher.spec.ts here, and the pipeline's own tests).
import assert from "node:assert/strict";
import { pino } from "pino";
import { Registry } from "prom-client";
import {
    bookTickers,
    type Declaration,
    type Level,
    marketTickers,
    marketTrades,
    orderBookTicks,
    sourceNotices,
} from "../../../schema";
import { Collector, streamPath } from "../../../functions/market-data/collector";
import { Connection, venueLimits } from "../../../functions/market-data/connection";
import { CollectorMetrics } from "../../../functions/market-data/metrics";
import { SnapshotFetcher } from "../../../functions/market-data/snapshots";
import { type Speed } from "../../../functions/replay/clock";
import { loadRecordings } from "../../../functions/replay/recordings";
import { ReplayServer } from "../../../functions/replay/server";
import { type AnyEvent } from "../../../functions/shared/publisher";
import { until } from "../../support/processes";
import { describeWithRecordings } from "../../support/recordings";
import { PlainBook } from "../../support/book";
import { recording, recordings as folder } from "../../bench/samples";

const log = pino({ level: "silent" });
type Row = Record<string, unknown>;

/** A collector that is handed nothing but two URLs, and keeps its events instead of sending them. */
class TestCollector {
    readonly events = new Map<string, AnyEvent[]>();
    private readonly connection: Connection;
    private readonly snapshots: SnapshotFetcher;

    constructor(port: number, symbols = ["BTCUSDT", "XRPUSDT"]) {
        this.snapshots = new SnapshotFetcher(
            `http://127.0.0.1:${port}`,
            (symbol, answer, at) => collector.onSnapshot(symbol, answer, at),
            log,
        );
        const collector = new Collector({
            source: { venue: "binance", sourceId: "market-data/binance" },
            symbols,
            publisher: { publish: (declaration, event) => this.keep(declaration, event) },
            requestSnapshot: (symbol) => this.snapshots.request(symbol),
            metrics: new CollectorMetrics(new Registry()),
            log,
        });
        const url = `ws://127.0.0.1:${port}${streamPath(symbols)}`;
        const limits = { ...venueLimits, backoffBaseMs: 10, backoffCapMs: 50 };
        const onMessage = (text: string): void => void collector.onFrame(text, Date.now());
        this.connection = new Connection(url, limits, { onMessage, onOpen: (outage) => collector.onOpen(outage) }, log);
        this.connection.start();
    }

    of(declaration: { name: string }): AnyEvent[] {
        return this.events.get(declaration.name) ?? [];
    }

    async stop(): Promise<void> {
        await this.connection.stop();
        await this.snapshots.stop();
    }

    private keep(declaration: Declaration, event: AnyEvent): void {
        assert.deepEqual(declaration.problems(event), []);
        assert.equal(event.event_id, declaration.eventId(event));
        const list = this.events.get(declaration.name);
        if (list === undefined) this.events.set(declaration.name, [event]);
        else list.push(event);
    }
}

/** Plays the 31 days of tickers in 9 seconds, so that there is a middle to kill in. */
const quick = 300_000;

const distinct = (events: readonly AnyEvent[]): AnyEvent[] => [
    ...new Map(events.map((event) => [event.event_id, event])).values(),
];

/** Books of the depth recording after every message, by update id; rebuilt as a reader of the facts does: a snapshot, then the deltas by id. */
function booksFromEvents(events: readonly AnyEvent[]): Map<string, string> {
    const id = (event: AnyEvent): number => Number(event["final_update_id"]);
    const ticks = events.filter((event) => event["symbol"] === "XRPUSDT").toSorted((a, b) => id(a) - id(b));
    const snapshot = ticks.find((event) => event["kind"] === "snapshot");
    assert.ok(snapshot, "there is a snapshot");
    const deltas = ticks.filter((event) => event["kind"] === "delta" && id(event) > id(snapshot));
    const book = new PlainBook();
    const books = new Map<string, string>();
    for (const event of [snapshot, ...deltas]) {
        book.apply(event["bids"] as Level[], event["asks"] as Level[]);
        books.set(String(event["final_update_id"]), book.toString());
    }
    return books;
}

/** The same straight from the recording. */
function booksFromRecording(): Map<string, string> {
    const book = new PlainBook();
    return new Map(
        recording("bybit-xrpusdt-orderbook500.jsonl").map(({ data }) => {
            const { b, a, u } = data as { b: Level[]; a: Level[]; u: number };
            book.apply(b, a);
            return [String(u), book.toString()];
        }),
    );
}

/** Compares by id first: fifty books of 800 levels make no readable difference. */
function assertSameBooks(found: Map<string, string>, expected: Map<string, string>): void {
    assert.deepEqual([...found.keys()], [...expected.keys()]);
    for (const [id, book] of expected) assert.ok(found.get(id) === book, `the book after update ${id} differs`);
}

describeWithRecordings("replay of the recordings", function () {
    this.timeout(60_000);
    const stops: (() => Promise<void>)[] = [];

    afterEach(async () => {
        for (const stop of stops.splice(0).reverse()) await stop();
    });

    async function serve(speed: Speed, run?: Date): Promise<{ port: number; reports: Row[]; server: ReplayServer }> {
        const reports: Row[] = [];
        const recordings = loadRecordings(folder);
        const report = (status: Row): void => void reports.push(status);
        const server = new ReplayServer({ recordings, speed, port: 0, report, ...(run === undefined ? {} : { run }) });
        const port = await server.listen();
        stops.push(() => server.close());
        return { port, reports, server };
    }

    function collect(port: number): TestCollector {
        const collector = new TestCollector(port);
        stops.push(() => collector.stop());
        return collector;
    }

    /** Of one connection: of another, cut in the middle, the short recordings may have ended before. */
    const ended = (reports: readonly Row[], connection = 1) =>
        until(
            "the end of all recordings",
            () => reports.filter((row) => row["status"] === "ended" && row["connection"] === connection).length === 4,
            30_000,
        );
    const complete = (collector: TestCollector) =>
        until(
            "all events",
            () =>
                collector.of(marketTrades).length >= 2_001 &&
                collector.of(bookTickers).length >= 451 &&
                collector.of(marketTickers).length >= 9_006 &&
                collector.of(orderBookTicks).length >= 51,
        );

    it("gives 2,001 trades, 451 best prices and 9,006 tickers with the recorded digits, and marks them", async () => {
        const { port, reports } = await serve("max");
        const collector = collect(port);
        await ended(reports);
        await complete(collector);
        const trades = recording("binance-btcusdt-trade.jsonl");
        assert.deepEqual(
            collector
                .of(marketTrades)
                .map((event) => [
                    event["trade_id"],
                    event["price"],
                    event["quantity"],
                    event["taker_side"],
                    event["original_time"],
                ]),
            trades.map((row) => [
                String(row["t"]),
                row["p"],
                row["q"],
                row["m"] === true ? "sell" : "buy",
                new Date(row["T"] as number).toISOString(),
            ]),
        );
        assert.deepEqual(
            collector
                .of(bookTickers)
                .map((event) => [
                    event["update_id"],
                    event["bid_price"],
                    event["bid_quantity"],
                    event["ask_price"],
                    event["ask_quantity"],
                ]),
            recording("binance-btcusdt-bookTicker.jsonl").map((row) => [
                String(row["u"]),
                row["b"],
                row["B"],
                row["a"],
                row["A"],
            ]),
        );
        assert.deepEqual(
            collector
                .of(marketTickers)
                .map((event) => [
                    event["last_price"],
                    event["open_price"],
                    event["high_price"],
                    event["low_price"],
                    event["base_volume"],
                    event["quote_volume"],
                    event["original_time"],
                ]),
            recording("btcperp-miniTicker.jsonl").map((row) => [
                row["c"],
                row["o"],
                row["h"],
                row["l"],
                row["v"],
                row["q"],
                new Date(row["E"] as number).toISOString(),
            ]),
        );
        const all = [...collector.events.values()].flat();
        const run = reports.find(({ status }) => status === "run")?.["run"];
        assert.deepEqual(
            [...new Set(all.map(({ origin, run_id }) => `${origin} ${String(run_id)}`))],
            [`replay ${String(run)}`],
        );
        for (const declaration of [marketTrades, bookTickers, marketTickers]) {
            assert.equal(
                distinct(collector.of(declaration)).length,
                collector.of(declaration).length,
                declaration.name,
            );
        }
        const now = Date.now();
        for (const event of all.filter((item) => item["original_time"] !== null)) {
            assert.ok(
                Date.parse(event.event_time) <= now && Date.parse(event.event_time) > now - 300_000,
                "times are sane",
            );
        }
        assert.deepEqual(
            collector.of(sourceNotices).map((event) => event["kind"]),
            ["resync", "resync"],
            "no gap",
        );
    });

    it("gives the recorded order book after every message", async () => {
        const { port, reports } = await serve("max");
        const collector = collect(port);
        await ended(reports);
        await complete(collector);
        const books = booksFromEvents(collector.of(orderBookTicks));
        assert.equal(books.size, 50);
        assertSameBooks(books, booksFromRecording());
    });

    it("gives the same events to a collector that was killed in the middle, nothing missing", async () => {
        const { port, reports } = await serve(quick);
        const first = collect(port);
        await until("some events", () => first.of(marketTickers).length > 300 && first.of(marketTrades).length > 0);
        await first.stop();
        assert.ok(first.of(marketTickers).length < 9_006, "stopped in the middle");
        const second = collect(port);
        await ended(reports, 2);
        await complete(second);
        const both = (declaration: Declaration): AnyEvent[] =>
            distinct([...first.of(declaration), ...second.of(declaration)]);
        assert.deepEqual(
            [both(marketTrades).length, both(bookTickers).length, both(marketTickers).length],
            [2_001, 451, 9_006],
        );
        const times = new Map(second.of(marketTickers).map((event) => [event.event_id, event.event_time]));
        for (const event of first.of(marketTickers)) assert.equal(times.get(event.event_id), event.event_time);
        assertSameBooks(booksFromEvents(both(orderBookTicks)), booksFromRecording());
    });

    it("is complete when the server is killed and started again with its run", async () => {
        const run = new Date(Date.now() - 1_000);
        const before = await serve(quick, run);
        const collector = collect(before.port);
        await until("some events", () => collector.of(marketTickers).length > 100);
        await before.server.close();
        const after = new ReplayServer({
            recordings: loadRecordings(folder),
            speed: quick,
            run,
            port: before.port,
            report: () => undefined,
        });
        await after.listen();
        stops.push(() => after.close());
        await until(
            "everything",
            () =>
                distinct(collector.of(marketTickers)).length === 9_006 &&
                distinct(collector.of(marketTrades)).length === 2_001,
        );
        assert.equal(new Set([...collector.events.values()].flat().flatMap(({ run_id }) => run_id ?? [])).size, 1);
        assert.ok(collector.of(sourceNotices).some((event) => event["kind"] === "reconnected"));
    });

    it("is new data when it is run again", async () => {
        const runs: AnyEvent[][] = [];
        for (const start of [1_000, 2_000]) {
            const { port, reports } = await serve("max", new Date(Date.now() - start));
            const collector = collect(port);
            await ended(reports);
            await complete(collector);
            runs.push(collector.of(marketTickers));
        }
        assert.equal(distinct(runs.flat()).length, 2 * 9_006);
    });

    it("answers as the venue does: limits, unknown symbols, single streams", async () => {
        const { port } = await serve("max");
        const get = async (query: string): Promise<{ status: number; body: Row }> => {
            const response = await fetch(`http://127.0.0.1:${port}/api/v3/depth?${query}`);
            return { status: response.status, body: (await response.json()) as Row };
        };
        assert.equal((await get("symbol=NOPE")).body["code"], -1121);
        assert.equal((await get("symbol=XRPUSDT&limit=x")).status, 400);
        const top = (await get("symbol=XRPUSDT&limit=2")).body;
        assert.deepEqual(top["bids"], [
            ["1.9531", "6203"],
            ["1.9530", "2409"],
        ]);
        const futures = (await get("symbol=BTCUSDT&limit=5000")).body;
        assert.equal(futures["lastUpdateId"], 2098021528332);
        assert.equal((futures["bids"] as unknown[]).length, 100);
        const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/btcusdt@trade`);
        const first = await new Promise<Row>((done) => {
            socket.onmessage = ({ data }) => done(JSON.parse(String(data)) as Row);
        });
        socket.close();
        assert.equal(first["t"], 553287559);
        assert.equal(first["stream"], undefined);
    });
});
