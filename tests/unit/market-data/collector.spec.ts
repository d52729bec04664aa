// Proves: the collector publishes what arrives, and every gap, resync, outage and unreadable payload becomes a notice. Not: sockets or Kafka.
import assert from "node:assert/strict";
import { pino } from "pino";
import { Registry } from "prom-client";
import { type Declaration, orderBookTicks, sourceNotices } from "../../../schema";
import { Collector, streamPath } from "../../../functions/market-data/collector";
import { CollectorMetrics } from "../../../functions/market-data/metrics";
import { type AnyEvent } from "../../../functions/shared/publisher";

function setup(symbols: string[] = ["AUSDT"]) {
    const events: { fact: string; event: AnyEvent }[] = [];
    const requests: string[] = [];
    const registry = new Registry();
    const collector = new Collector({
        source: { venue: "binance", sourceId: "market-data/binance" },
        symbols,
        publisher: {
            publish: (declaration: Declaration, event: AnyEvent) => {
                assert.deepEqual(declaration.problems(event), []);
                events.push({ fact: declaration.name, event });
            },
        },
        requestSnapshot: (symbol) => void requests.push(symbol),
        metrics: new CollectorMetrics(registry),
        log: pino({ level: "silent" }),
    });
    const notices = () =>
        events.flatMap(({ fact, event }) =>
            fact === sourceNotices.name
                ? [[event["kind"], event["fact"], event["first"], event["last"], event["events"]]]
                : [],
        );
    const count = (fact: string): number => events.filter((item) => item.fact === fact).length;
    return { collector, events, requests, registry, notices, count };
}

const now = Date.UTC(2026, 0, 1);
const frame = (data: unknown): string => JSON.stringify({ stream: "x", data });
const trade = (t: number, more: object = {}): string =>
    frame({ e: "trade", E: now, s: "AUSDT", t, p: "1", q: "1", T: now, m: true, M: true, ...more });
const depth = (U: number, u: number, more: object = {}): string =>
    frame({ e: "depthUpdate", E: now, s: "AUSDT", U, u, b: [["1", "1"]], a: [], ...more });
const best = (u: number): string => frame({ u, s: "AUSDT", b: "1", B: "1", a: "2", A: "1" });
const snapshot = (lastUpdateId: number, more: object = {}): object => ({
    lastUpdateId,
    bids: [["1", "2"]],
    asks: [],
    ...more,
});

describe("collector", () => {
    it("asks for the documented streams, also of symbols beyond ASCII", () => {
        assert.equal(
            decodeURIComponent(streamPath(["BTCUSDT", "币安人生USDT"])),
            "/stream?streams=!miniTicker@arr/btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms" +
                "/币安人生usdt@trade/币安人生usdt@bookTicker/币安人生usdt@depth@100ms",
        );
    });

    it("tells of skipped trade ids, and takes repeated and older ones without a word", () => {
        const { collector, notices, count } = setup();
        for (const id of [10, 11, 11, 9, 12, 15, 14]) collector.onFrame(trade(id), now);
        assert.equal(count("market_trades"), 7, "the same trade twice is one event downstream");
        assert.deepEqual(notices(), [["gap", "market_trades", "13", "14", "2"]]);
    });

    it("takes a best price once, with the time of its first receipt", () => {
        const { collector, count } = setup();
        for (const id of [1, 2, 2, 1, 3]) collector.onFrame(best(id), now);
        assert.equal(count("book_tickers"), 3);
    });

    it("keeps a book: snapshot on connect, gap told, another snapshot asked for, resync told", () => {
        const { collector, requests, notices, events } = setup();
        collector.onOpen(undefined);
        assert.deepEqual(requests, ["AUSDT"]);
        collector.onFrame(depth(11, 12), now);
        collector.onSnapshot("AUSDT", snapshot(10), now);
        collector.onFrame(depth(13, 13), now);
        assert.deepEqual(requests, ["AUSDT"]);
        collector.onFrame(depth(20, 21), now);
        assert.deepEqual(requests, ["AUSDT", "AUSDT"]);
        collector.onSnapshot("AUSDT", snapshot(20), now);
        assert.deepEqual(notices(), [
            ["resync", "order_book_ticks", "12", null, null],
            ["gap", "order_book_ticks", "14", "19", null],
            ["resync", "order_book_ticks", "21", null, null],
        ]);
        const ticks = events
            .filter(({ fact }) => fact === orderBookTicks.name)
            .map(({ event }) => [event["kind"], event["final_update_id"]]);
        assert.deepEqual(ticks, [
            ["delta", "12"],
            ["snapshot", "10"],
            ["delta", "13"],
            ["delta", "21"],
            ["snapshot", "20"],
        ]);
    });

    it("asks again when a snapshot is older than what is buffered, and does not publish it", () => {
        const { collector, count } = setup();
        collector.onFrame(depth(20, 21), now);
        assert.throws(() => collector.onSnapshot("AUSDT", snapshot(10), now), /older than the buffered updates/);
        assert.equal(count("order_book_ticks"), 1);
    });

    it("publishes a fresh snapshot at every connect, though the book is right", () => {
        const { collector, notices, count } = setup();
        collector.onSnapshot("AUSDT", snapshot(10), now);
        collector.onFrame(depth(11, 12), now);
        collector.onSnapshot("AUSDT", snapshot(11), now);
        collector.onSnapshot("AUSDT", snapshot(12), now);
        assert.equal(count("order_book_ticks"), 3, "the snapshot of an id already published adds nothing");
        assert.equal(notices().length, 1);
    });

    it("starts anew with another run, and marks its notices with it", () => {
        const { collector, events, notices } = setup();
        const replay = (run: string) => ({ replay: { run, originalTime: now, time: now } });
        collector.onFrame(trade(10, replay("one")), now);
        collector.onFrame(trade(5, replay("two")), now);
        collector.onFrame(trade(7, replay("two")), now);
        assert.deepEqual(notices(), [["gap", "market_trades", "6", "6", "1"]]);
        const gap = events.find(({ fact }) => fact === sourceNotices.name)?.event;
        assert.deepEqual([gap?.origin, gap?.run_id], ["replay", "two"]);
    });

    it("tells of an outage, and not of a planned change of connection", () => {
        const { collector, notices } = setup();
        collector.onOpen(undefined);
        const since = new Date(Date.now() - 5_000);
        collector.onOpen({ reason: "silent", since, detail: "code 1006" });
        assert.deepEqual(
            notices().map(([kind, fact, first]) => [kind, fact, first]),
            [["reconnected", "*", since.toISOString()]],
        );
    });

    it("counts unknown and malformed payloads, and tells of the malformed", async () => {
        const { collector, registry, notices } = setup();
        collector.onFrame(trade(1, { p: 5 }), now);
        collector.onFrame(trade(2, { p: 5 }), now);
        collector.onFrame("{", now);
        collector.onFrame(frame({ e: "avgPrice" }), now);
        collector.stop();
        assert.deepEqual(notices(), [
            ["malformed", "market_trades", null, null, "2"],
            ["malformed", "*", null, null, "1"],
        ]);
        const text = await registry.metrics();
        assert.match(text, /collector_malformed_total\{type="trade"\} 2/);
        assert.match(text, /collector_unknown_events_total\{type="avgPrice"\} 1/);
    });

    it("asks for a new snapshot of the books whose updates were dropped on the way", () => {
        const { collector, requests } = setup(["AUSDT", "BUSDT"]);
        const loss = { kind: "dropped" as const, origin: "live", run: null, events: 1, bytes: 1, reason: "" };
        const range = { firstTime: "", lastTime: "", firstSeq: null, lastSeq: null };
        collector.onLosses([
            { ...loss, ...range, fact: "order_book_ticks", key: "binance|BUSDT" },
            { ...loss, ...range, fact: "market_trades", key: "binance|AUSDT" },
        ]);
        assert.deepEqual(requests, ["BUSDT"]);
    });

    it("hands on that the venue is about to close", () => {
        const { collector } = setup();
        assert.equal(collector.onFrame(trade(1), now), false);
        assert.equal(collector.onFrame(frame({ e: "serverShutdown", E: now }), now), true);
    });
});
