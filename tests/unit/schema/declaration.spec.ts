// Proves: a declaration checks wire events exactly and derives identity and key from the business columns alone.
// Does not prove: that ClickHouse checks alike; tests/engine/schema does.
import assert from "node:assert/strict";
import { marketTrades, orderBookTicks, type Event } from "../../../schema";

const trade: Event<typeof marketTrades> = {
    event_id: "binance|BTCUSDT|1",
    event_time: "2026-11-22T14:40:00.123456Z",
    source_id: "market-data/binance",
    origin: "live",
    venue: "binance",
    symbol: "BTCUSDT",
    trade_id: "1",
    price: "39432.48000000",
    quantity: "0.000263",
    taker_side: "buy",
};

describe("schema: a declaration", () => {
    it("accepts a good event, with and without its optional columns", () => {
        assert.deepEqual(marketTrades.parse(trade), trade);
        assert.deepEqual(marketTrades.problems({ ...trade, source_seq: "18446744073709551615", run_id: null }), []);
    });

    for (const [what, change, column] of [
        ["a JS number as price", { price: 39432.48 }, "price"],
        ["exponent notation", { price: "3.9e4" }, "price"],
        ["a plus sign", { price: "+1" }, "price"],
        ["leading zeros", { price: "01" }, "price"],
        ["19 decimal digits", { price: "1.1234567890123456789" }, "price"],
        ["21 whole digits", { price: "123456789012345678901" }, "price"],
        ["an unknown side", { taker_side: "BUY" }, "taker_side"],
        ["a time without zone", { event_time: "2026-11-22T14:40:00" }, "event_time"],
        ["an integer over 64 bits", { source_seq: "18446744073709551616" }, "source_seq"],
        ["an empty id", { event_id: "" }, "event_id"],
        ["a missing required column", { symbol: undefined }, "symbol"],
        ["a column that is not declared", { prise: "1" }, ""],
    ] as const) {
        it(`refuses ${what}, naming the column`, () => {
            const problems = marketTrades.problems({ ...trade, ...change });
            assert.equal(problems.length, 1, problems.join("; "));
            assert.ok(problems[0]?.startsWith(column === "" ? ":" : `${column}:`), problems[0]);
        });
    }

    it("makes an event's identity from its business key and, in a replay, the run", () => {
        assert.equal(marketTrades.eventId(trade), "binance|BTCUSDT|1");
        assert.equal(marketTrades.eventId({ ...trade, run_id: "r1" }), "binance|BTCUSDT|1|r1");
        assert.equal(marketTrades.eventId({ ...trade, symbol: "a|b", trade_id: "c\\" }), "binance|a\\|b|c\\\\");
        assert.notEqual(
            marketTrades.eventId({ ...trade, symbol: "7|1", trade_id: "2" }),
            marketTrades.eventId({ ...trade, symbol: "7", trade_id: "1|2" }),
        );
        assert.equal(marketTrades.eventId({ ...trade, event_time: "2026-11-22T15:00:00Z" }), "binance|BTCUSDT|1");
        assert.equal(marketTrades.kafkaKey(trade), "binance|BTCUSDT");
    });

    it("tells a snapshot from a delta with the same update id", () => {
        const tick = { venue: "v", symbol: "s", final_update_id: "7" };
        assert.notEqual(
            orderBookTicks.eventId({ ...tick, kind: "snapshot" }),
            orderBookTicks.eventId({ ...tick, kind: "delta" }),
        );
    });
});
