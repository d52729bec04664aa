// Proves: a silence of an input is one span, from its last event until the next one; of an input that has never come it is one, too, however far the rule
// gets meanwhile. Does not prove: that spans are stored (tests/engine/evaluator/alerts.spec.ts).
import assert from "node:assert/strict";
import { Blindness } from "../../../functions/evaluator/blindness";
import { evaluated } from "../../../functions/evaluator/rules/rule";
import { Runs } from "../../../functions/evaluator/runs";
import { Standings } from "../../../functions/evaluator/standings";
import { type BlindSpan, type Standing } from "../../../functions/evaluator/store";
import { drained } from "../../support/detection";

const minute = 60_000;
const start = Date.parse("2026-11-20T14:00:00Z");
const fact = "user_withdrawals";
const rule = { ...evaluated(drained()), watched: [{ fact, staleAfterMinutes: 5 }] };

/** What is noted in minutes after the start: events come at some of them, the rule has judged up to ten minutes before. */
function notedIn(minutes: number, events: readonly number[]): BlindSpan[] {
    const [runs, blindness] = [new Runs(), new Blindness([rule], [])];
    const noted: BlindSpan[] = [];
    for (let n = 0; n <= minutes; n++) {
        const at = start + n * minute;
        const micros = at * 1_000;
        const came = { run: "", first: micros, last: micros, received: at, after: at - minute, origin: "live" };
        const arrived = new Map(events.includes(n) ? [[fact, [came]]] : []);
        const final = micros - 10 * minute * 1_000;
        const standing: Standing = {
            ...{
                rule: rule.rule.id,
                version: 1,
                run: "",
                knownAt: at,
                origin: "live",
                coveredFrom: 0,
                state: "running",
                error: "",
            },
            progress: { earlyTo: micros, finalTo: final, late: undefined, again: undefined },
        };
        const standings = new Standings([rule], [standing], () => Promise.resolve(undefined));
        runs.note({ arrived });
        noted.push(...blindness.note({ arrived, complete: new Map([[fact, at]]), moved: true }, runs, standings));
    }
    return noted;
}
const shown = ({ from, to }: BlindSpan): (number | undefined)[] =>
    [from, to].map((time) => (time === undefined ? undefined : (time / 1_000 - start) / minute));

describe("blindness", () => {
    it("lasts from the last event to the next one", () => {
        assert.deepEqual(notedIn(20, [0, 3, 12, 16]).map(shown), [
            [3, undefined],
            [3, 12],
        ]);
    });

    it("of what has never come begins once and does not end by itself", () => {
        assert.deepEqual(notedIn(20, []).map(shown), [[-10, undefined]]);
    });
});
