// Proves: slices are joined only where they touch, and no more of them than asked for. Does not prove: which hours hold rows (engine tests).
import assert from "node:assert/strict";
import { joined, joinedLast } from "../../../functions/evaluator/rules/sparse";

describe("evaluator: joined slices", () => {
    const slices = [
        { since: 0, until: 10 },
        { since: 10, until: 20 },
        { since: 20, until: 25 },
        { since: 30, until: 40 },
    ];

    it("are those that follow the first without a gap, up to the number asked for", () => {
        assert.deepEqual(joined(slices, 1), { range: { since: 0, until: 10 }, slices: 1 });
        assert.deepEqual(joined(slices, 2), { range: { since: 0, until: 20 }, slices: 2 });
        assert.deepEqual(joined(slices, 9), { range: { since: 0, until: 25 }, slices: 3 });
        assert.deepEqual(joined(slices.slice(3), 9), { range: { since: 30, until: 40 }, slices: 1 });
    });

    it("are those before the last, from the other end", () => {
        const earlier = slices.slice(0, 3);
        assert.deepEqual(joinedLast(slices, 9), { range: { since: 30, until: 40 }, slices: 1 });
        assert.deepEqual(joinedLast(earlier, 1), { range: { since: 20, until: 25 }, slices: 1 });
        assert.deepEqual(joinedLast(earlier, 2), { range: { since: 10, until: 25 }, slices: 2 });
        assert.deepEqual(joinedLast(earlier, 9), { range: { since: 0, until: 25 }, slices: 3 });
    });

    it("are none of none", () => {
        assert.equal(joined([], 4), undefined);
        assert.equal(joinedLast([], 4), undefined);
    });
});
