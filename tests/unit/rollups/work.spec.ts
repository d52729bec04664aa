// Proves: what a refresh takes on: bounded, the newest first, and nothing waits for ever; progress is kept exactly and known by its declaration.
// Does not prove: that it computes the right rows (tests/engine/rollups).
import assert from "node:assert/strict";
import { definitionOf, timeText } from "../../../functions/evaluator/rollups/progress";
import { workOf } from "../../../functions/evaluator/rollups/refresh";
import { rollups } from "../../../schema/rollups";

describe("work of a refresh", () => {
    const noted = [30, 10, 20, 50, 40, 60].map((minute) => minute * 60);

    it("is the newest periods, then those noted first, in ascending order each", () => {
        assert.deepEqual(workOf(noted, 2, 3), [
            [50 * 60, 60 * 60],
            [10 * 60, 30 * 60],
            [20 * 60, 40 * 60],
        ]);
    });

    it("is not more than its statements", () => {
        assert.deepEqual(workOf(noted, 2, 2).flat().length, 4);
        assert.deepEqual(workOf([], 2, 2), []);
        assert.deepEqual(workOf([60], 2, 2), [[60]]);
    });

    it("comes to every period, also when others are touched again at each look", () => {
        const busy = Array.from({ length: 20 }, (_, index) => (100 + index) * 60);
        let pending = [60, ...busy];
        let rounds = 0;
        while (pending.includes(60)) {
            const done = new Set(workOf(pending, 3, 2).flat());
            pending = [...new Set([...pending.filter((period) => !done.has(period)), ...busy.toReversed()])];
            assert.ok(++rounds < 20, "the oldest period is never computed");
        }
    });
});

describe("progress of a rollup", () => {
    it("has times to the microsecond", () => {
        assert.equal(timeText(1_795_384_616_678_009), "2026-11-22 21:56:56.678009");
        assert.equal(timeText(0), "1970-01-01 00:00:00.000000");
    });

    it("is of one declaration: another query or column is another", () => {
        const [first, second] = rollups;
        assert.ok(first && second);
        assert.equal(definitionOf(first), definitionOf({ ...first, description: "in other words" }));
        assert.notEqual(definitionOf(first), definitionOf({ ...first, select: `${first.select} ` }));
        assert.notEqual(definitionOf(first), definitionOf({ ...first, columns: second.columns }));
    });
});
