// Proves: what is judged next follows from what was judged and what came, whatever the order: nothing twice without a reason, nothing left out, nothing
// that was judged for good. Does not prove: that rules are judged so (tests/engine/evaluator).
import assert from "node:assert/strict";
import fc from "fast-check";
import { clickhouseMicros, hour, iso, second } from "../../../functions/shared/time";
import {
    arrived,
    earlyRange,
    finalRange,
    judgedEarly,
    judgedFinally,
    type Progress,
    slices,
} from "../../../functions/evaluator/watermark/progress";

const at = (seconds: number): number => 1_763_800_000 * second + seconds * second;
const begin: Progress = { earlyTo: at(0), finalTo: at(0), late: undefined, again: undefined };

describe("progress of a rule", () => {
    it("goes on to the watermark, on the rule's grid", () => {
        assert.deepEqual(earlyRange(begin, at(7) + 1, 5 * second), { since: at(0), until: at(5) });
        assert.equal(earlyRange(begin, at(4), 5 * second), undefined);
    });

    it("judges again at once from a late row on, and for good when the lateness is over", () => {
        const judged = judgedEarly(begin, at(100));
        const late = arrived(judged, at(40));
        assert.deepEqual(earlyRange(late, at(110), second), { since: at(40) - 1, until: at(110) });
        const again = judgedEarly(late, at(110));
        assert.deepEqual(earlyRange(again, at(120), second), { since: at(110), until: at(120) });
        assert.equal(finalRange(again, at(30)), undefined);
        assert.deepEqual(finalRange(again, at(50)), { since: at(40) - 1, until: at(50) });
        const half = judgedFinally(again, at(50));
        assert.deepEqual(finalRange(half, at(105)), { since: at(50), until: at(100) });
        assert.equal(judgedFinally(half, at(105)).late, undefined);
    });

    it("leaves alone what was judged for good, and what came in order", () => {
        const judged = judgedFinally(judgedEarly(begin, at(100)), at(60));
        assert.deepEqual(earlyRange(arrived(judged, at(10)), at(100), second), { since: at(60), until: at(100) });
        assert.equal(arrived(judged, at(101)), judged);
        assert.equal(finalRange(judged, at(100)), undefined);
    });

    it("judges every late row's triggers after it came, unless they were judged for good", () => {
        const steps = fc.array(
            fc.record({ wait: fc.integer({ min: 1, max: 9 }), late: fc.integer({ min: 0, max: 40 }) }),
        );
        fc.assert(
            fc.property(steps, (rounds) => {
                let progress = begin;
                let now = 0;
                for (const { wait, late } of rounds) {
                    const row = at(now - late);
                    progress = arrived(progress, row);
                    now += wait;
                    const range = earlyRange(progress, at(now), second);
                    assert.ok(range !== undefined && range.until === at(now) && range.since < at(now));
                    assert.ok(range.since >= progress.finalTo);
                    if (row > progress.finalTo) assert.ok(range.since < row, "the row's own trigger is judged");
                    progress = judgedFinally(judgedEarly(progress, range.until), at(now - 20));
                }
            }),
        );
    });

    it("is cut at whole hours, without a gap", () => {
        const range = { since: at(0), until: at(10_000) };
        const parts = [...slices(range, hour)];
        assert.equal(parts[0]?.since, range.since);
        assert.equal(parts.at(-1)?.until, range.until);
        for (const [index, part] of parts.slice(1).entries()) {
            assert.equal(part.since, parts[index]?.until);
            assert.equal(part.since % hour, 0);
        }
    });

    it("is written to the microsecond", () => {
        assert.equal(clickhouseMicros(at(0) + 1), "2025-11-22 08:26:40.000001");
        assert.equal(iso(at(1) - 1), "2025-11-22T08:26:40.999999Z");
    });
});
