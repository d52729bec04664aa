// Proves: the words of the report, one line a difference, and that ranges told in parts are told as one. Does not prove: that differences are
// found (tests/engine/completeness).
import assert from "node:assert/strict";
import { type Difference, joined } from "../../../functions/completeness/differences";
import { parseTime } from "../../../functions/completeness/period";
import { reportOf } from "../../../functions/completeness/report";

const difference = (change: Partial<Difference> & Pick<Difference, "kind">): Difference => ({
    ...{ source_id: "engine/x", run_id: "", fact: "", symbol: "", hour: null, first: null, last: null },
    ...{ events: "1", expected: "", found: "" },
    ...change,
});
const period = { from: new Date("2026-11-22T00:00:00Z"), until: new Date("2026-11-23T00:00:00Z") };

const compared = { sources: "3", totals: "1" };

describe("the report of differences", () => {
    it("has a line for each, by source and kind", () => {
        const hour = "2026-11-22 14:00:00";
        const report = reportOf(
            [
                difference({
                    kind: "control_total",
                    fact: "user_trades",
                    symbol: "BTC",
                    hour,
                    expected: "5 events, sum 2",
                    found: "4 events, sum 1",
                }),
                difference({ kind: "repeated", first: "60", last: "69", events: "10" }),
                difference({ kind: "missing", first: "50", last: "52", events: "3" }),
                difference({ kind: "reused", fact: "user_orders", first: "7", last: "7" }),
                difference({ kind: "missing", first: "9", last: "9" }),
                difference({
                    kind: "no_control_total",
                    source_id: "a",
                    run_id: "r1",
                    fact: "user_trades",
                    symbol: "ETH",
                    hour,
                    found: "2 events",
                }),
            ],
            period,
            compared,
        );
        assert.deepEqual(report.split("\n"), [
            "2026-11-22T00:00:00.000Z to 2026-11-23T00:00:00.000Z: 6 differences",
            "a (run r1)",
            "  user_trades ETH: no control total of 2026-11-22 14:00:00, though the source posted some for other symbols; the fact has 2 events",
            "engine/x",
            "  1 number missing, 9",
            "  3 numbers missing, 50 to 52",
            "  user_orders: 1 number used for different events, 7",
            "  10 numbers repeated, 60 to 69: the same events again",
            "  user_trades BTC: control total of 2026-11-22 14:00:00 says 5 events, sum 2; the fact has 4 events, sum 1",
            "",
        ]);
        assert.match(
            reportOf([], period, compared),
            /: no difference; compared: the numbers of 3 sources, 1 control total\n$/,
        );
        assert.match(
            reportOf([], period, { sources: "0", totals: "0" }),
            /: nothing to compare, since no source counts its events/,
        );
    });

    it("joins what the view and Kafka tell of the same numbers, and nothing else", () => {
        const range = (first: number, last: number, change: Partial<Difference> = {}): Difference =>
            difference({
                kind: "repeated",
                fact: "user_orders",
                first: String(first),
                last: String(last),
                events: String(last - first + 1),
                ...change,
            });
        const ranges = [
            range(66, 69),
            range(60, 64),
            range(65, 67),
            range(100, 100),
            range(70, 71, { fact: "user_trades" }),
            range(70, 71, { kind: "reused" }),
            range(62, 63),
        ];
        const shown = joined(ranges).map(({ fact, first, last, events }) => [fact, first, last, events].join(" "));
        assert.deepEqual(shown.sort(), [" 100 100 1", " 60 71 12", "user_orders 70 71 2"]);
        const total = difference({ kind: "control_total" });
        assert.deepEqual(joined([total, total]), [total, total]);
    });

    it("takes times with a zone, and days", () => {
        assert.equal(parseTime("2026-11-22T15:00:00+01:00").toISOString(), "2026-11-22T14:00:00.000Z");
        assert.equal(parseTime("2026-11-22").toISOString(), "2026-11-22T00:00:00.000Z");
        for (const text of ["2026-11-22T15:00:00", "yesterday", "2026-13-01"])
            assert.throws(() => parseTime(text), /must be a day or a time with its zone/);
    });
});
