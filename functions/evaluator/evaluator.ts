// One round of the evaluator: what has come, what it means for each rule, and what is to be judged now.
import { bulkhead, type BulkheadPolicy } from "cockatiel";
import { sourceNotices } from "../../schema/facts/sourceNotices";
import { triggersOf } from "../../schema/rules";
import { type Database } from "../shared/clickhouse";
import { tooLate } from "./lateness";
import { type Refreshing } from "./refreshing";
import { evaluate } from "./rules/evaluation";
import { asksForSuspects } from "./rules/judge";
import { declaredValues, echoOf, type EvaluatedRule, gridOf, latenessOf } from "./rules/rule";
import { busySlices, joined, widthAfter } from "./rules/sparse";
import { horizon, Runs } from "./runs";
import { isWarming, type Standings } from "./standings";
import { type Known, type Logged, type Standing, type Store } from "./store";
import { type Switches } from "./switches";
import { type Heartbeats } from "./watermark/heartbeats";
import { type Observed, type Observer } from "./watermark/observer";
import { earlyRange, finalRange, judgedEarly, judgedFinally, type Range } from "./watermark/progress";

/** Rules judged at the same time. */
const parallel = 4;
/** Queries of one rule in one run and round: a long catch-up takes more rounds, so that the other rules stay prompt. */
const queriesPerRound = 24;
/** A rule that fails is asked again after 1, 2, 4 … and at most so many seconds. */
const longestPauseSeconds = 60;

/**
 * What found nothing is written so seldom, milliseconds: a row for each rule and second is a part for each, and to merge them costs more than the rules do.
 * Whoever goes on after a crash judges again what was not written, with the same outcome.
 */
const writeEveryMs = 2_000;

/** Where sources speak of themselves. */
const notices = sourceNotices.name;

/** Keeps the rollups that rules read. */
export type Rollups = Pick<Refreshing, "note" | "bring" | "tend">;

/** What a round works with. */
export interface Services {
    readonly database: Database;
    readonly store: Store;
    readonly observer: Pick<Observer, "look">;
    readonly standings: Standings;
    readonly rules: readonly EvaluatedRule[];
    readonly runs: Runs;
    readonly switches: Pick<Switches, "rests">;
    readonly heartbeats: Heartbeats;
    readonly rollups: Rollups;
    /** Aborted when the worker is to stop: the slice at hand is the last one. */
    readonly stopped?: AbortSignal;
}

/** What a round did. */
export interface Round {
    readonly observed: Observed;
    readonly logged: readonly Logged[];
    /** Whether there is more to do at once. */
    readonly more: boolean;
}

interface Trouble {
    readonly failures: number;
    /** Not asked again before, ms. */
    readonly until: number;
}

/** A rule in a run at this round. */
interface Due {
    readonly evaluated: EvaluatedRule;
    readonly known: Known;
    readonly watermark: number;
    readonly final: number;
}

/** Judges rules round by round; all that must survive is in ClickHouse. */
export class Evaluator {
    private readonly limit: BulkheadPolicy = bulkhead(parallel, Infinity);
    private readonly troubles = new Map<string, Trouble>();
    /** What has been judged since the log was written. */
    private unwritten: Logged[] = [];
    private writtenAt = 0;

    constructor(private readonly services: Services) {}

    /** One round. Throws when Kafka or ClickHouse is away; rules that fail are rows of the log. */
    async round(): Promise<Round> {
        const { observer, runs, heartbeats, standings, rules, store, rollups } = this.services;
        const observed = await observer.look();
        runs.note(observed);
        await heartbeats.look(observed.complete.get(notices) ?? 0, observed.arrived.has(notices));
        const late = tooLate(rules, standings, observed);
        await standings.note(observed);
        rollups.note(observed);
        const due = rules.flatMap((evaluated) => standings.of(evaluated).map((standing) => ({ evaluated, standing })));
        const done = await allEnded(
            due.map(({ evaluated, standing }) => this.limit.execute(() => this.advance(evaluated, standing, observed))),
        );
        const logged = done.flatMap((each) => each.logged);
        await store.saveLateArrivals(late);
        await this.write(logged, late.length > 0);
        const more = await rollups.tend();
        return { observed, logged, more: more || done.some((each) => each.more) };
    }

    /** Writes what was judged, at once where it matters. */
    private async write(logged: readonly Logged[], urgent: boolean): Promise<void> {
        const { store, standings } = this.services;
        this.unwritten.push(...logged);
        const matters = urgent || logged.some(({ run, alerts, error }) => run !== "" || alerts > 0 || error !== "");
        const now = Date.now();
        if (!matters && now - this.writtenAt < writeEveryMs) return;
        await store.log(this.unwritten);
        this.unwritten = [];
        this.writtenAt = now;
        // Last: what is said to be judged has been written.
        await standings.save(store);
    }

    private async advance(
        evaluated: EvaluatedRule,
        before: Standing,
        { complete }: Observed,
    ): Promise<{ logged: Logged[]; more: boolean }> {
        const { rule, sources } = evaluated;
        const { run } = before;
        const trouble = this.troubles.get(`${rule.id}|${run}`);
        if (trouble !== undefined && trouble.until > Date.now()) return { logged: [], more: false };
        const known = new Map(sources.map(({ name }) => [name, complete.get(name) ?? 0]));
        if (this.services.switches.rests(evaluated)) {
            // What came meanwhile has been noted; it is judged when the rule goes on from here.
            this.services.standings.put({ ...before, knownAt: Math.min(...known.values()) }, false);
            return { logged: [], more: false };
        }
        const facts = rule.reads.facts;
        const due = {
            evaluated,
            known,
            ...horizon({ run, lateness: latenessOf(rule), facts }, known, this.services.runs, this.services.heartbeats),
        };
        const early = await this.judgeEarly(due, before);
        const last = early.failed ? early : await this.judgeFinally(due, early.standing);
        const logged = [...early.logged, ...(early.failed ? [] : last.logged)];
        const error = logged.at(-1)?.error ?? before.error;
        this.remember(`${rule.id}|${run}`, error, logged.length > 0);
        const state = error !== "" ? "failing" : isWarming(evaluated, last.standing) ? "warming" : "running";
        // A run that has come to its end is at rest: nothing of it changes, and nothing is written.
        if (run !== "" && logged.length === 0 && state === before.state && atRest(before, last.standing))
            return { logged, more: false };
        const standing = { ...last.standing, knownAt: Math.min(...known.values()), error, state } as const;
        this.services.standings.put(standing, logged.length > 0 || state !== before.state);
        return { logged, more: (early.more || last.more) && error === "" };
    }

    private remember(key: string, error: string, asked: boolean): void {
        if (error === "") this.troubles.delete(key);
        else if (asked) {
            const failures = (this.troubles.get(key)?.failures ?? 0) + 1;
            const seconds = Math.min(2 ** (failures - 1), longestPauseSeconds);
            this.troubles.set(key, { failures, until: Date.now() + seconds * 1_000 });
        }
    }

    private async judgeEarly(due: Due, standing: Standing): Promise<Outcome> {
        const { rule } = due.evaluated;
        const range = earlyRange(standing.progress, due.watermark, gridOf(rule));
        if (range === undefined) return { standing, logged: [], more: false, failed: false };
        const newest = this.services.runs.newest(standing.run, triggersOf(rule));
        const reach = (until: number): Standing => ({ ...standing, progress: judgedEarly(standing.progress, until) });
        // Without a trigger in or shortly before the range there is nothing to judge.
        if (newest === undefined || newest + echoOf(rule) <= range.since)
            return { standing: reach(range.until), logged: [], more: false, failed: false };
        return this.judge(due, standing, range, "early", reach);
    }

    private async judgeFinally(due: Due, standing: Standing): Promise<Outcome> {
        const reach = (until: number): Standing => ({ ...standing, progress: judgedFinally(standing.progress, until) });
        const range = finalRange(standing.progress, due.final);
        if (range === undefined) return { standing: reach(due.final), logged: [], more: false, failed: false };
        const outcome = await this.judge(due, standing, range, "final", reach);
        return outcome.failed || outcome.more ? outcome : { ...outcome, standing: reach(due.final) };
    }

    /** Judges a range slice by slice, as far as it gets; `reach` is the standing when all up to a moment is judged. */
    private async judge(
        { evaluated, known }: Due,
        standing: Standing,
        range: Range,
        pass: Logged["pass"],
        reach: (until: number) => Standing,
    ): Promise<Outcome> {
        const { database, rollups } = this.services;
        const { run, origin, coveredFrom } = standing;
        // Where nothing triggers it, a rule suspects nobody; but a look for triggers costs less than rollups that suspects are found by.
        const soon = asksForSuspects(evaluated.rule, range) && evaluated.suspectedBy.length === 0;
        let left = soon ? [range] : await busySlices(database, evaluated, run, range);
        const logged: Logged[] = [];
        let reached = range.since;
        let together = 1;
        for (let next = joined(left, together); next !== undefined; next = joined(left, together)) {
            if (this.services.stopped?.aborted === true || logged.length === queriesPerRound)
                return { standing: reach(reached), logged, more: true, failed: false };
            const question = { evaluated, run, range: next.range, known, values: declaredValues(evaluated.rule) };
            const done = await evaluate(database, { ...question, pass, origin, coveredFrom }, (names) =>
                rollups.bring(names),
            );
            // It goes on when its rollups hold what has come.
            if (done === undefined) return { standing: reach(reached), logged, more: false, failed: false };
            logged.push(done);
            if (done.error !== "") return { standing: reach(reached), logged, more: false, failed: true };
            reached = next.range.until;
            left = left.slice(next.slices);
            together = widthAfter(together, done.readRows);
        }
        return { standing: reach(range.until), logged, more: false, failed: false };
    }
}

/** Results of all, when all have ended: whoever begins anew after a failure meets nothing that still runs. Throws what the first one failed with. */
async function allEnded<T>(running: readonly Promise<T>[]): Promise<T[]> {
    await Promise.allSettled(running);
    return Promise.all(running);
}

const atRest = ({ progress: before }: Standing, { progress: after }: Standing): boolean =>
    before.earlyTo === after.earlyTo && before.finalTo === after.finalTo && before.late === after.late;

interface Outcome {
    readonly standing: Standing;
    readonly logged: Logged[];
    readonly more: boolean;
    readonly failed: boolean;
}
