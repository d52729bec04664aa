// When a rule cannot see: an input that never rests is silent. It is written down from when to when, so that nobody takes it for "no alerts".
import { type EvaluatedRule, type Watched } from "./rules/rule";
import { type Runs } from "./runs";
import { type Standings } from "./standings";
import { type BlindSpan } from "./store";
import { iso, minute, type Micros } from "./time";
import { type Observed } from "./watermark/observer";

const keyOf = (rule: string, fact: string): string => `${rule}|${fact}`;

/** Silences of the run '': replays and simulations end, and are silent then. */
export class Blindness {
    private readonly open: Map<string, BlindSpan>;

    /** `open`: spans that had no end when they were written last. */
    constructor(
        private readonly rules: readonly EvaluatedRule[],
        open: readonly BlindSpan[],
    ) {
        this.open = new Map(open.map((span) => [keyOf(span.rule, span.fact), span]));
    }

    /** Spans that began or ended, to be written. */
    note({ arrived, complete }: Observed, runs: Runs, standings: Standings): BlindSpan[] {
        const changed: BlindSpan[] = [];
        for (const evaluated of this.rules) {
            const standing = standings.of(evaluated).find(({ run }) => run === "");
            if (standing === undefined) continue;
            for (const watched of evaluated.watched) {
                const { fact } = watched;
                const first = arrived.get(fact)?.find(({ run }) => run === "")?.first;
                const now = (complete.get(fact) ?? 0) * 1_000;
                const newest = runs.newest("", [fact]);
                const seen = { first, newest, last: newest ?? standing.progress.finalTo, now };
                const span = this.next(evaluated.rule.id, watched, seen);
                if (span === undefined) continue;
                changed.push(span);
                if (span.to === undefined) this.open.set(keyOf(span.rule, fact), span);
                else this.open.delete(keyOf(span.rule, fact));
            }
        }
        return changed;
    }

    private next(
        rule: string,
        { fact, staleAfterMinutes }: Watched,
        {
            first,
            newest,
            last,
            now,
        }: { first: Micros | undefined; newest: Micros | undefined; last: Micros; now: Micros },
    ): BlindSpan | undefined {
        const span = this.open.get(keyOf(rule, fact));
        // Only an event ends it: what has never come has none, however far the rule gets.
        if (span !== undefined)
            return newest !== undefined && newest > span.from
                ? { ...span, to: Math.max(first ?? newest, span.from) }
                : undefined;
        if (now - last < staleAfterMinutes * minute) return undefined;
        const reason = `${fact} has been silent for more than ${String(staleAfterMinutes)} min since ${iso(last)}`;
        return { rule, run: "", fact, from: last, to: undefined, reason };
    }
}
