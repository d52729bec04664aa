// When a rule cannot see: an input that never rests is silent, or a source that posted heartbeats has stopped. It is written down from when to when, so
// that nobody takes it for "no alerts".
import { type EvaluatedRule, type Watched } from "./rules/rule";
import { type Runs } from "./runs";
import { type Standings } from "./standings";
import { type BlindSpan } from "./store";
import { iso, minute, type Micros } from "../shared/time";
import { type Beating, type Heartbeats, silentAfterMs } from "./watermark/heartbeats";
import { type Observed } from "./watermark/observer";

const keyOf = (rule: string, fact: string): string => `${rule}|${fact}`;
/** How a span names a source; the fact stands first, as alone where all its sources are meant. */
const sourceOf = ({ fact, source }: Beating): string => `${fact} of ${source}`;

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
    note(
        { arrived, complete }: Pick<Observed, "arrived" | "complete">,
        runs: Runs,
        standings: Standings,
        heartbeats: Pick<Heartbeats, "completeTo" | "of">,
    ): BlindSpan[] {
        const changed: BlindSpan[] = [];
        for (const evaluated of this.rules) {
            const standing = standings.of(evaluated).find(({ run }) => run === "");
            if (standing === undefined) continue;
            for (const watched of evaluated.watched) {
                const { fact } = watched;
                const first = arrived.get(fact)?.find(({ run }) => run === "")?.first;
                const now = (complete.get(fact) ?? 0) * 1_000;
                const signs = [runs.newest("", [fact]), heartbeats.completeTo(fact)].filter((at) => at !== undefined);
                const newest = signs.length === 0 ? undefined : Math.max(...signs);
                const seen = { first, newest, last: newest ?? standing.progress.finalTo, now };
                changed.push(...this.next(evaluated.rule.id, watched, seen));
            }
            for (const { name } of evaluated.sources)
                for (const heartbeat of heartbeats.of(name))
                    changed.push(...this.stopped(evaluated.rule.id, heartbeat));
        }
        for (const span of changed)
            if (span.to === undefined) this.open.set(keyOf(span.rule, span.fact), span);
            else this.open.delete(keyOf(span.rule, span.fact));
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
    ): BlindSpan[] {
        const span = this.open.get(keyOf(rule, fact));
        // Only an event or a heartbeat ends it: what has never come has none, however far the rule gets.
        if (span !== undefined)
            return newest !== undefined && newest > span.from
                ? [{ ...span, to: Math.max(first ?? newest, span.from) }]
                : [];
        if (now - last < staleAfterMinutes * minute) return [];
        const reason = `${fact} has been silent for more than ${String(staleAfterMinutes)} min since ${iso(last)}`;
        return [{ rule, run: "", fact, from: last, to: undefined, reason }];
    }

    /** A source that has stopped leaves the rule blind from what it had sent until it has sent what came after. */
    private stopped(rule: string, heartbeat: Beating): BlindSpan[] {
        const { silent } = heartbeat;
        const fact = sourceOf(heartbeat);
        const span = this.open.get(keyOf(rule, fact));
        if (span !== undefined) return silent ? [] : [{ ...span, to: Math.max(heartbeat.completeTo, span.from) }];
        if (!silent) return [];
        const seconds = String(silentAfterMs / 1_000);
        const reason = `no heartbeat of ${heartbeat.source} for more than ${seconds} s: it had sent all of ${heartbeat.fact} up to ${iso(heartbeat.completeTo)}`;
        return [{ rule, run: "", fact, from: heartbeat.completeTo, to: undefined, reason }];
    }
}
