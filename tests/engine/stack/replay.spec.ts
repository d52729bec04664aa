// Proves, on the whole stack with real recordings over a real WebSocket: every recorded message becomes its fact, value for value, and the
// order book rebuilt from the facts is the recorded one after every message.
// Does not prove: behaviour against the venue itself, which cannot be reached here, nor under crashes.
import assert from "node:assert/strict";
import { recording, recordings } from "../../bench/samples";
import { decimal, PlainBook } from "../../support/book";
import { until } from "../../support/processes";
import { describeWithRecordings } from "../../support/recordings";
import { Replay } from "../../support/replay";
import { sharedStack, type TestStack } from "../../support/stack";

type Row = Record<string, string>;
type Level = [string, string];

describeWithRecordings("replay of the recordings", function () {
    this.timeout(300_000);
    let stack: TestStack;
    let replay: Replay;
    let run: string;
    const started = new Date();

    const rows = (fact: string, columns: string, order: string): Promise<Row[]> =>
        stack.rows<Row>(
            `SELECT ${columns} FROM trading.${fact} WHERE origin = 'replay' AND run_id = {run:String} ORDER BY ${order}`,
            { run },
        );
    const arrived = (fact: string, count: number): Promise<unknown> =>
        until(
            `${String(count)} rows of ${fact}`,
            async () => (await stack.number(`SELECT count() FROM trading.${fact} WHERE run_id = '${run}'`)) >= count,
            120_000,
        );

    before(async () => {
        stack = await sharedStack();
        replay = await Replay.start(recordings, stack.venuePort, { speed: "max", run: started.toISOString() });
        run = `${started.toISOString()} xmax`;
        await Promise.all([
            arrived("market_trades", 2_001),
            arrived("book_tickers", 451),
            arrived("market_tickers", 9_006),
            arrived("order_book_ticks", 50),
        ]);
    });
    after(() => replay.stop());

    it("brings exactly the 2,001 trades, value for value", async () => {
        const found = await rows(
            "market_trades",
            "trade_id, toString(price) AS price, toString(quantity) AS quantity, taker_side, toUnixTimestamp64Milli(original_time) AS at",
            "toUInt64(trade_id)",
        );
        const expected = recording("binance-btcusdt-trade.jsonl").map((trade) => ({
            trade_id: String(trade["t"]),
            price: decimal(String(trade["p"])),
            quantity: decimal(String(trade["q"])),
            taker_side: trade["m"] === true ? "sell" : "buy",
            at: trade["T"],
        }));
        assert.equal(found.length, 2_001);
        assert.deepEqual(found, expected);
    });

    it("brings exactly the 451 book tickers, value for value", async () => {
        const found = await rows(
            "book_tickers",
            "toString(update_id) AS u, toString(bid_price) AS b, toString(bid_quantity) AS B, toString(ask_price) AS a, toString(ask_quantity) AS A",
            "update_id",
        );
        const expected = recording("binance-btcusdt-bookTicker.jsonl").map((ticker) =>
            Object.fromEntries(["u", "b", "B", "a", "A"].map((key) => [key, decimal(String(ticker[key]))])),
        );
        assert.equal(found.length, 451);
        assert.deepEqual(found, expected);
    });

    it("brings exactly the 9,006 mini tickers, value for value", async () => {
        const columns = {
            c: "last_price",
            o: "open_price",
            h: "high_price",
            l: "low_price",
            v: "base_volume",
            q: "quote_volume",
        };
        const select = Object.entries(columns).map(([key, column]) => `toString(${column}) AS ${key}`);
        const found = await rows(
            "market_tickers",
            [...select, "toUnixTimestamp64Milli(original_time) AS E"].join(", "),
            "original_time",
        );
        const expected = recording("btcperp-miniTicker.jsonl").map((ticker) => ({
            ...Object.fromEntries(Object.keys(columns).map((key) => [key, decimal(String(ticker[key]))])),
            E: ticker["E"],
        }));
        assert.equal(found.length, 9_006);
        assert.deepEqual(found, expected);
    });

    it("rebuilds the recorded order book after every message", async () => {
        const ticks = await stack.rows<{ kind: string; id: number; bids: Level[]; asks: Level[] }>(
            `SELECT kind, final_update_id AS id, arrayMap(l -> (toString(l.1), toString(l.2)), bids) AS bids, arrayMap(l -> (toString(l.1), toString(l.2)), asks) AS asks
             FROM trading.order_book_ticks WHERE run_id = {run:String} AND symbol = 'XRPUSDT' ORDER BY final_update_id, kind`,
            { run },
        );
        const recorded = recording("bybit-xrpusdt-orderbook500.jsonl").map(
            (line) => line["data"] as { u: number; b: Level[]; a: Level[] },
        );
        assert.deepEqual(
            ticks.map(({ id }) => id),
            recorded.map(({ u }) => u),
        );
        const [ours, theirs] = [new PlainBook(), new PlainBook()];
        recorded.forEach(({ b, a, u }, index) => {
            const tick = ticks[index];
            assert.ok(tick);
            const pairs = (levels: Level[]): Level[] => levels.map((level) => Object.values(level) as unknown as Level);
            if (index === 0) {
                assert.equal(tick.kind, "snapshot");
                ours.reset(pairs(tick.bids), pairs(tick.asks));
                theirs.reset(b, a);
            } else {
                assert.equal(tick.kind, "delta");
                ours.apply(pairs(tick.bids), pairs(tick.asks));
                theirs.apply(b, a);
            }
            assert.equal(ours.toString(), theirs.toString(), `after update ${String(u)}`);
        });
    });

    it("adds nothing when the same run is sent again, and new rows when it is another run", async () => {
        await replay.stop();
        replay = await Replay.start(recordings, stack.venuePort, { speed: "max", run: started.toISOString() });
        const ended = (): boolean =>
            replay.lines.some((line) => line["status"] === "ended" && String(line["stream"]).includes("@trade"));
        await until("the trades are sent again", ended, 60_000);
        const [last] = await stack.rows<{ offset: number }>(`SELECT max(_offset) AS offset FROM facts.market_trades`);
        await until(
            "the resent trades are past the feed",
            async () =>
                (await stack.number(`SELECT max(_offset) FROM facts.market_trades`)) > (last?.offset ?? 0) ||
                (await stack.lag("market_trades")) === 0,
            60_000,
        );
        assert.equal(await stack.number(`SELECT count() FROM trading.market_trades WHERE run_id = '${run}'`), 2_001);
        await replay.stop();
        const other = new Date(started.getTime() + 1);
        replay = await Replay.start(recordings, stack.venuePort, { speed: "max", run: other.toISOString() });
        await until(
            "the other run's trades",
            async () =>
                (await stack.number(
                    `SELECT count() FROM trading.market_trades WHERE run_id = '${other.toISOString()} xmax'`,
                )) === 2_001,
            60_000,
        );
    });
});
