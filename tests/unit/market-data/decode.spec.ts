// Proves: what the venue documents becomes exact, valid events; what it does not is told apart and never throws. Not: that the venue sends this.
import assert from "node:assert/strict";
import fc from "fast-check";
import { bookTickers, marketTickers, marketTrades, orderBookTicks } from "../../../schema";
import { decodeFrame, decodeSnapshot } from "../../../functions/market-data/decode";
import { isoTime } from "../../../functions/market-data/payload";

const source = { venue: "binance", sourceId: "market-data/binance" };
const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const decode = (payload: unknown): ReturnType<typeof decodeFrame> => decodeFrame(JSON.stringify(payload), source, at);

const trade = {
    e: "trade",
    E: 1672515782136,
    s: "BNBBTC",
    t: 12345,
    p: "0.00100000",
    q: "100",
    T: 1672515782135,
    m: true,
    M: true,
};
const ticker = {
    e: "24hrMiniTicker",
    E: 1672515782136,
    s: "BNBBTC",
    c: "0.0025",
    o: "0.0010",
    h: "0.0025",
    l: "0.0010",
    v: "10000",
    q: "18",
};
const bookTicker = {
    u: 400900217,
    s: "BNBUSDT",
    b: "25.35190000",
    B: "31.21000000",
    a: "25.36520000",
    A: "40.66000000",
};
const depth = {
    e: "depthUpdate",
    E: 1672515782136,
    s: "BNBBTC",
    U: 157,
    u: 160,
    b: [["0.0024", "10"]],
    a: [["0.0026", "0"]],
};

function only<T>(list: readonly T[]): T {
    assert.equal(list.length, 1);
    return list[0] as T;
}

describe("decoding the venue's frames", () => {
    it("turns each documented payload into an event its fact accepts, digits kept", () => {
        const decoded = [trade, ticker, bookTicker, depth].map((payload) =>
            only(decode({ stream: "x", data: payload })),
        );
        const [a, b, c, d] = decoded;
        assert.ok(a?.is === "trade" && b?.is === "ticker" && c?.is === "bookTicker" && d?.is === "depth");
        assert.deepEqual(marketTrades.problems(a.event), []);
        assert.deepEqual(marketTickers.problems(b.event), []);
        assert.deepEqual(bookTickers.problems(c.event), []);
        assert.deepEqual(orderBookTicks.problems(d.event), []);
        assert.deepEqual(a.event, {
            event_id: "binance|BNBBTC|12345",
            event_time: "2022-12-31T19:43:02.135Z",
            source_id: "market-data/binance",
            source_seq: "12345",
            origin: "live",
            run_id: null,
            original_time: null,
            venue: "binance",
            symbol: "BNBBTC",
            trade_id: "12345",
            price: "0.00100000",
            quantity: "100",
            taker_side: "sell",
        });
        assert.equal(c.event.event_time, "2026-01-02T03:04:05.678Z", "no time of its own: the receipt");
        assert.equal(d.event.event_id, "binance|BNBBTC|delta|160");
        assert.deepEqual(d.event.bids, [["0.0024", "10"]]);
        assert.deepEqual(d.update, { first: 157, final: 160, bids: [["0.0024", "10"]], asks: [["0.0026", "0"]] });
    });

    it("reads raw streams, arrays of tickers, and a taker that buys", () => {
        assert.equal(decode([ticker, { ...ticker, s: "ETHBTC" }]).length, 2);
        const bought = only(decode({ ...trade, m: false }));
        assert.ok(bought.is === "trade" && bought.event.taker_side === "buy");
    });

    it("tells microseconds from milliseconds by their digits", () => {
        const micro = only(decode({ ...trade, T: 1672515782135123 }));
        assert.ok(micro.is === "trade" && micro.event.event_time === "2022-12-31T19:43:02.135123Z");
        const even = only(decode({ ...trade, T: 1672515782135000 }));
        assert.ok(even.is === "trade" && even.event.event_time === "2022-12-31T19:43:02.135000Z");
        assert.equal(only(decode({ ...trade, T: 1672515782 })).is, "malformed");
    });

    it("takes origin, run and times of a replayed payload from the replay", () => {
        const replay = { run: "2026-01-01T00:00:00.000Z x10", originalTime: 1610064000278, time: 1767225600012.345 };
        for (const payload of [trade, ticker, bookTicker, depth]) {
            const decoded = only(decode({ ...payload, replay }));
            assert.ok("event" in decoded);
            const { origin, run_id, event_time, original_time, event_id } = decoded.event;
            assert.deepEqual(
                { origin, run_id, event_time, original_time },
                {
                    origin: "replay",
                    run_id: replay.run,
                    event_time: "2026-01-01T00:00:00.012345Z",
                    original_time: "2021-01-08T00:00:00.278Z",
                },
            );
            assert.ok(event_id.endsWith(`|${replay.run}`));
        }
        assert.equal(only(decode({ ...trade, replay: { run: "x" } })).is, "malformed");
    });

    const cases: [what: string, payload: unknown, reason: RegExp][] = [
        ["a price as a JSON number", { ...trade, p: 0.001 }, /^p: not a decimal string, found 0.001$/],
        ["exponent notation", { ...trade, p: "1e-5" }, /^p: not a decimal/],
        ["a plus sign", { ...trade, q: "+1" }, /^q: not a decimal/],
        ["too many decimals", { ...trade, p: "0.1234567890123456789" }, /^p: not a decimal/],
        ["an empty price", { ...trade, p: "" }, /^p: not a decimal/],
        ["an id JSON cannot carry", { ...trade, t: 2 ** 53 }, /^t: not a whole number/],
        ["a negative id", { ...trade, t: -1 }, /^t: not a whole number/],
        ["no symbol", { ...trade, s: undefined }, /^s: not a text, found nothing$/],
        ["a null", { ...trade, s: null }, /^s: not a text, found null$/],
        ["a word for a flag", { ...trade, m: "true" }, /^m: not true or false/],
        ["a text time", { ...trade, T: "1672515782135" }, /^T: not a time/],
        ["levels that are no list", { ...depth, b: {} }, /^b: not a list/],
        ["a level without quantity", { ...depth, b: [["1"]] }, /^b: not a level/],
        ["a level of numbers", { ...depth, a: [[1, 2]] }, /^a: not a level/],
        ["ids in the wrong order", { ...depth, U: 161 }, /^u: below U/],
        ["a best price without bid", { ...bookTicker, b: undefined }, /^b: not a decimal/],
        ["a bare word", "hello", /^not an object$/],
        ["an array in an array", [[1]], /^not an object$/],
        ["null", null, /^not an object$/],
    ];
    for (const [what, payload, reason] of cases) {
        it(`calls ${what} malformed`, () => {
            const decoded = only(decode(payload));
            assert.ok(decoded.is === "malformed", decoded.is);
            assert.match(decoded.reason, reason);
        });
    }

    it("keeps the good ones of an array with a bad one", () => {
        const kinds = decode([ticker, { ...ticker, c: 1 }, ticker]).map(({ is }) => is);
        assert.deepEqual(kinds, ["ticker", "malformed", "ticker"]);
    });

    it("calls other event types unknown and knows the shutdown", () => {
        const unknown = only(decode({ stream: "x", data: { e: "avgPrice", E: 1, s: "A" } }));
        assert.deepEqual(unknown, { is: "unknown", type: "avgPrice" });
        assert.deepEqual(only(decode({ result: null, id: 1 })), { is: "unknown", type: "untyped" });
        assert.deepEqual(only(decode({ stream: "x", data: { e: "serverShutdown", E: 1770123456789 } })), {
            is: "serverShutdown",
        });
    });

    it("never throws, whatever arrives", () => {
        fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => decodeFrame(text, source, at).length >= 0));
        const keys = fc.constantFrom("e", "E", "s", "t", "p", "q", "T", "m", "u", "U", "b", "B", "a", "A", "replay");
        const values = fc.oneof(fc.constantFrom("trade", "depthUpdate", "24hrMiniTicker"), fc.jsonValue());
        fc.assert(fc.property(fc.dictionary(keys, values), (payload) => decode(payload).length >= 0));
    });

    it("reads a REST snapshot, with the symbol and time it lacks", () => {
        const answer = { lastUpdateId: 160, bids: [["0.0024", "10"]], asks: [["0.0026", "100"]] };
        const { event, snapshot } = decodeSnapshot(answer, "BNBBTC", source, at);
        assert.deepEqual(orderBookTicks.problems(event), []);
        assert.equal(event.event_id, "binance|BNBBTC|snapshot|160");
        assert.deepEqual([event.kind, event.first_update_id, event.final_update_id], ["snapshot", "160", "160"]);
        assert.deepEqual(snapshot, answer);
        assert.throws(
            () => decodeSnapshot({ code: -1121, msg: "Invalid symbol." }, "X", source, at),
            /lastUpdateId: not a whole number/,
        );
    });
});

describe("times", () => {
    it("keeps every microsecond between a number and its ISO form", () => {
        const micros = fc.integer({ min: 1_600_000_000_000_000, max: 2_000_000_000_000_000 });
        fc.assert(
            fc.property(micros, (value) => {
                const iso = isoTime(value / 1000);
                const [, fraction = ""] = /\.(\d+)Z$/.exec(iso) ?? [];
                const back = BigInt(Date.parse(iso.replace(/\.\d+Z$/, "Z"))) * 1000n + BigInt(fraction.padEnd(6, "0"));
                assert.equal(back, BigInt(value));
            }),
        );
    });
});
