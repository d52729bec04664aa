// Proves: a silence of an input is one span, from its last event until the next one; of an input that has never come it is one, too, however far the rule
// gets meanwhile; a heartbeat is a sign of life, and a source that posts none any more is a span of its own. Does not prove: that spans are stored (tests/engine/evaluator/alerts.spec.ts).
import assert from "node:assert/strict";
import { Blindness } from "../../../functions/evaluator/blindness";
import { evaluated } from "../../../functions/evaluator/rules/rule";
import { Runs } from "../../../functions/evaluator/runs";
import { Heartbeats } from "../../../functions/evaluator/watermark/heartbeats";
import { Standings } from "../../../functions/evaluator/standings";
import { type BlindSpan, type Standing } from "../../../functions/evaluator/store";
import { drained } from "../../support/detection";

const minute = 60_000;
const start = Date.parse("2026-11-20T14:00:00Z");
const fact = "user_withdrawals";
const rule = { ...evaluated(drained()), watched: [{ fact, staleAfterMinutes: 5 }] };

/**
 * What is noted in minutes after the start: events come at some of them, heartbeats of a source for the minute at others, the rule has judged up to ten
 * minutes before.
 */
async function notedIn(
    minutes: number,
    events: readonly number[],
    beats: readonly number[] = [],
): Promise<BlindSpan[]> {
    const said = beats.map((n) => start + n * minute);
    const rows = <T>(_query: string, { at = "" }: Record<string, unknown> = {}): Promise<T[]> => {
        const last = said.filter((time) => time <= Date.parse(`${String(at).replace(" ", "T")}Z`)).at(-1);
        const newest = { fact, source: "core", completeTo: (last ?? 0) * 1_000, received: last };
        return Promise.resolve((last === undefined ? [] : [newest]) as T[]);
    };
    const heartbeats = new Heartbeats({ rows });
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
        await heartbeats.look(at, true);
        noted.push(...blindness.note({ arrived, complete: new Map([[fact, at]]) }, runs, standings, heartbeats));
    }
    return noted;
}
const shown = ({ from, to }: Pick<BlindSpan, "from" | "to">): (number | undefined)[] =>
    [from, to].map((time) => (time === undefined ? undefined : (time / 1_000 - start) / minute));

describe("blindness", () => {
    it("lasts from the last event to the next one", async () => {
        assert.deepEqual((await notedIn(20, [0, 3, 12, 16])).map(shown), [
            [3, undefined],
            [3, 12],
        ]);
    });

    it("of what has never come begins once and does not end by itself", async () => {
        assert.deepEqual((await notedIn(20, [])).map(shown), [[-10, undefined]]);
    });

    it("is not where heartbeats say that there was nothing to send", async () => {
        const everyMinute = Array.from({ length: 21 }, (_, n) => n);
        assert.deepEqual(await notedIn(20, [0], everyMinute), []);
    });

    it("of a source lasts from its last heartbeat to the next one, whatever others send", async () => {
        const noted = await notedIn(12, [0, 3, 6, 9, 12], [0, 1, 2, 8, 9, 10, 11, 12]);
        assert.deepEqual(
            noted.map(({ fact: input, ...span }) => [input, ...shown(span)]),
            [
                ["user_withdrawals of core", 2, undefined],
                ["user_withdrawals of core", 2, 8],
            ],
        );
        assert.match(noted[0]?.reason ?? "", /^no heartbeat of core for more than 60 s: .* up to 2026-11-20T14:02:00/);
    });
});
