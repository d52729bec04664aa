// A rule as it was and as it is to be, over the same past: from its end backwards, for a preview does not wait for all of it.
import { type DeployedRule } from "../../../schema/rules";
import { type Database } from "../../shared/clickhouse";
import { heldRule, type JudgedRule } from "../rules/rule";
import { busySlices, joinedLast, widthAfter } from "../rules/sparse";
import { type Judged, judgeByTerms } from "../rules/terms";
import { type Micros } from "../../shared/time";
import { firstMinute } from "../watermark/activity";
import { type Range } from "../watermark/progress";

/** Simulations and replays page nobody. */
const liveRun = "";

/** What is compared. */
export interface Trial {
    /** Undefined where the rule is new. */
    readonly before: DeployedRule | undefined;
    readonly after: DeployedRule;
    /** Triggers after `since`, up to and including `until`, of live and backfilled events. */
    readonly range: Range;
    /** Aborted when the time is up, as the queries of the database are. */
    readonly signal: AbortSignal;
}

/** What came of it. */
export interface Compared {
    /** In the order of their time, each alert once; undefined where the rule is new. */
    readonly before: readonly Judged[] | undefined;
    readonly after: readonly Judged[];
    /** Triggers after it have been judged: the range's end where none were. */
    readonly since: Micros;
    /** Where the stored events begin that can make the rule fire; undefined where there are none. */
    readonly first: Micros | undefined;
}

/** What makes two findings of one rule the same, whatever its version, which is in their ids. */
const keyOf = ({ entityId, triggerKey }: Judged): string => JSON.stringify([entityId, triggerKey]);

/** Findings of one that the other does not have. */
export function missing(of: readonly Judged[], among: readonly Judged[]): Judged[] {
    const there = new Set(among.map(keyOf));
    return of.filter((finding) => !there.has(keyOf(finding)));
}

/** One of the two. */
class Side {
    private readonly rule: JudgedRule;
    private readonly found: Judged[][] = [];

    constructor(private readonly held: DeployedRule) {
        this.rule = heldRule(held);
    }

    busy(database: Database, range: Range): Promise<Range[]> {
        return busySlices(database, { rule: this.rule }, liveRun, range);
    }

    judge(database: Database, range: Range): ReturnType<typeof judgeByTerms> {
        const question = { evaluated: { rule: this.rule }, run: liveRun, values: this.held.parameters };
        return judgeByTerms(database, { ...question, range });
    }

    /** Whether anything was judged. */
    get judged(): boolean {
        return this.found.length > 0;
    }

    /** Keeps what was found in a range before all earlier ones. */
    keep(findings: Judged[]): void {
        this.found.unshift(findings);
    }

    findings(): Judged[] {
        const first = new Map<string, Judged>();
        for (const finding of this.found.flat()) if (!first.has(keyOf(finding))) first.set(keyOf(finding), finding);
        return [...first.values()];
    }
}

/** What work gives; undefined when it came to nothing since the time was up. */
async function inTime<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
    try {
        return signal.aborted ? undefined : await work();
    } catch (error) {
        if (signal.aborted) return undefined;
        throw error;
    }
}

/** Slices in which at least one side can fire, in their order. */
async function busyOf(database: Database, sides: readonly Side[], range: Range): Promise<Range[]> {
    const busy = await Promise.all(sides.map((side) => side.busy(database, range)));
    const once = new Map(busy.flat().map((slice) => [slice.since, slice]));
    return [...once.values()].sort((a, b) => a.since - b.since);
}

async function firstOf(database: Database, facts: readonly string[]): Promise<Micros | undefined> {
    const firsts = await Promise.all(facts.map((fact) => firstMinute(database, fact, liveRun)));
    const known = firsts.filter((at) => at !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
}

/** Judges the range by all sides, as far as the time allows; what is left of it. */
async function judge(database: Database, sides: readonly Side[], { range, signal }: Trial): Promise<Range[]> {
    let left = (await inTime(signal, () => busyOf(database, sides, range))) ?? [range];
    let hours = 1;
    for (let last = joinedLast(left, hours); last !== undefined; last = joinedLast(left, hours)) {
        const within = last.range;
        const answers = await inTime(signal, () => Promise.all(sides.map((side) => side.judge(database, within))));
        if (answers === undefined) break;
        for (const [index, side] of sides.entries()) side.keep(answers[index]?.findings ?? []);
        left = left.slice(0, left.length - last.slices);
        hours = widthAfter(hours, Math.max(...answers.map(({ readRows }) => readRows)));
    }
    return left;
}

/** Judges the past by both, as far as the time allows. Throws the server's error. */
export async function compare(database: Database, trial: Trial): Promise<Compared> {
    const { before, after, range, signal } = trial;
    const [next, former] = [new Side(after), before === undefined ? undefined : new Side(before)];
    const first = await inTime(signal, () => firstOf(database, after.triggers));
    const left = await judge(database, former === undefined ? [next] : [next, former], trial);
    const since = next.judged || left.length === 0 ? (left.at(-1)?.until ?? range.since) : range.until;
    return { before: former?.findings(), after: next.findings(), since, first };
}
