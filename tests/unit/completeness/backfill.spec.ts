// Proves: which lines of history pass and which are refused, each with its reasons; what passes is marked backfill and has the identity it would
// have had live. Does not prove: the way into the facts (tests/engine/completeness).
import assert from "node:assert/strict";
import { marketTrades } from "../../../schema";
import { judge } from "../../../functions/completeness/history";

const trade = {
    ...{
        event_time: "2026-11-22T14:00:00.123456Z",
        source_id: "market-data/binance",
        source_seq: "7",
        venue: "binance",
    },
    ...{ symbol: "BTCUSDT", trade_id: "7", price: "95000.10", quantity: "0.5", taker_side: "buy" },
};
const verdict = (change: Record<string, unknown>): ReturnType<typeof judge> =>
    judge(marketTrades, Buffer.from(JSON.stringify({ ...trade, ...change })));

describe("a line of history", () => {
    it("is marked backfill and gets the identity of the live event, whether it names them or not", () => {
        const live = marketTrades.eventId({ ...trade, origin: "live" });
        for (const change of [{}, { origin: "live" }, { origin: "backfill" }, { event_id: live }, { run_id: null }])
            assert.deepEqual(verdict(change), { event: { ...trade, ...change, origin: "backfill", event_id: live } });
    });

    const refusals: [what: string, line: Buffer | Record<string, unknown>, reason: RegExp][] = [
        ["no JSON", Buffer.from("{"), /^not JSON: /],
        ["no object", Buffer.from("[1]"), /^expected a JSON object, found \[1\]/],
        ["no UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), /^not valid UTF-8/],
        ["a replayed event", { origin: "replay" }, /^origin: history is live or backfill, found "replay"/],
        ["a simulated event", { origin: "synthetic", run_id: "r" }, /^origin: /],
        ["an event of a run", { run_id: "r" }, /^run_id: history has none, found "r"/],
        ["another identity", { event_id: "x" }, /^event_id: must be "binance\|BTCUSDT\|7" or left out, found "x"/],
        ["a number for a decimal", { price: 95000.1 }, /^price: /],
        ["a missing column", { quantity: undefined }, /^quantity: /],
        ["an unknown column", { colour: "red" }, /colour/],
        ["half a surrogate pair", { trade_id: "\ud800" }, /^half of a surrogate pair/],
    ];
    for (const [what, line, reason] of refusals)
        it(`is refused: ${what}`, () => {
            const found = Buffer.isBuffer(line) ? judge(marketTrades, line) : verdict(line);
            assert.ok("reasons" in found);
            assert.match(found.reasons.join("\n"), reason);
        });

    it("names all that is wrong", () => {
        const found = verdict({ price: "x", quantity: "y", taker_side: "up" });
        assert.ok("reasons" in found);
        assert.equal(found.reasons.length, 3);
    });
});
