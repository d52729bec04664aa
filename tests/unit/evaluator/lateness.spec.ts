// Proves: a row comes too late for a rule where its time has been judged for good, in its own run; a restart that tells of rows again does not make them
// late that were in time. Does not prove: that the rows are the right ones, and that they are stored (tests/engine/evaluator/live.spec.ts).
import assert from "node:assert/strict";
import { tooLate } from "../../../functions/evaluator/lateness";
import { evaluated } from "../../../functions/evaluator/rules/rule";
import { Standings } from "../../../functions/evaluator/standings";
import { type Arrival } from "../../../functions/evaluator/watermark/activity";
import { drained } from "../../support/detection";

const rule = evaluated(drained());
const finalTo = 5_000_000;
const knownAt = 60_000;

/** What is noted of an arrival, where the rule has judged up to 5 s for good with what was received up to 60 s. */
function noted(arrival: Partial<Arrival>): ReturnType<typeof tooLate> {
    const progress = { earlyTo: 9_000_000, finalTo, late: undefined, again: undefined };
    const standing = { rule: rule.rule.id, version: 1, run: "", origin: "live", progress, knownAt, coveredFrom: 0 };
    const standings = new Standings([rule], [{ ...standing, state: "running", error: "" }], () => Promise.resolve(0));
    const usual = { run: "", origin: "live", first: 4_000_000, last: 9_000_000, received: 61_000, after: knownAt };
    return tooLate([rule], standings, { arrived: new Map([["user_withdrawals", [{ ...usual, ...arrival }]]]) });
}

describe("what comes too late", () => {
    it("is of a time that was judged for good", () => {
        const span = { judgedTo: finalTo, first: 4_000_000, after: knownAt, received: 61_000 };
        const own = { rule: rule.rule.id, version: 1, run: "", fact: "user_withdrawals" };
        assert.deepEqual(noted({}), [{ ...own, ...span }]);
        assert.equal(noted({ first: finalTo }).length, 1);
        assert.deepEqual(noted({ first: finalTo + 1 }), []);
    });

    it("is of the run that was judged", () => {
        assert.deepEqual(noted({ run: "other" }), []);
    });

    it("is nothing that was seen before a restart", () => {
        assert.deepEqual(noted({ after: 30_000, received: knownAt }), []);
        assert.deepEqual(
            noted({ after: 30_000 }).map(({ after }) => after),
            [knownAt],
        );
    });
});
