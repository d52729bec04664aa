// What the evaluator costs while the venue is busy: its own process, and what it makes ClickHouse do; and how far the rollups are behind meanwhile.
import { loadavg } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { type TestStack } from "../support/stack";
import { Background } from "./background";
import { cpuSeconds } from "./idle";
import { percentile } from "./report";

/** Feeds, merges and JIT have come to rest by then. */
const warmMs = 30_000;
/** An evaluator that was away has caught up by then. */
const catchUpMs = 45_000;
/** What it asked last is over by then. */
const restMs = 5_000;
const measuredSeconds = 60;
const lagEveryMs = 1_000;
/** Rollups whose newest minute is watched: each is of another fact, and all are refreshed at each round. */
const watched = ["token_minutes", "user_minutes", "market_minutes"] as const;

/** A minute of the stack. */
interface Phase {
    /** CPU seconds per second of the clickhouse process. */
    readonly clickhouse: number;
    /** Of the evaluator; 0 without one. */
    readonly evaluator: number;
    /** Background events per second Kafka acknowledged. */
    readonly rate: number;
}

/** What was measured. */
export interface LoadCost {
    readonly withEvaluator: Phase;
    /** Means of the minute before and the minute after, without one. */
    readonly without: Phase;
    /** Seconds since the newest refresh of each rollup began, one look a second. */
    readonly lags: Readonly<Record<(typeof watched)[number], readonly number[]>>;
    /** Evaluations logged in the minute, rules among them, and how many seconds the rule that is behind most is behind; without it a low cost says nothing. */
    readonly evaluations: {
        readonly n: number;
        readonly rules: number;
        readonly failed: number;
        readonly behind: number | null;
    };
    readonly load: number;
}

async function pidOf(stack: TestStack, name: string): Promise<number | undefined> {
    const found = (await stack.supervisor.list()).find((each) => each.name === name);
    return found?.pid ?? undefined;
}

async function measure(stack: TestStack, background: Background): Promise<Phase> {
    const [clickhouse, evaluator] = [await pidOf(stack, "clickhouse"), await pidOf(stack, "evaluator")];
    if (clickhouse === undefined) throw new Error("the stack runs no process named clickhouse");
    const used = (pid: number | undefined): number => (pid === undefined ? 0 : cpuSeconds(pid));
    const began = performance.now();
    const before = [used(clickhouse), used(evaluator)] as const;
    const rate = await background.rateOver(measuredSeconds);
    const seconds = (performance.now() - began) / 1_000;
    return {
        clickhouse: (used(clickhouse) - before[0]) / seconds,
        evaluator: (used(evaluator) - before[1]) / seconds,
        rate,
    };
}

type Lags = Record<(typeof watched)[number], number[]>;

/** Infinite where none of the last minutes is there. */
async function lagOf(stack: TestStack, rollup: string): Promise<number> {
    const seconds = await stack.number(
        `SELECT dateDiff('millisecond', maxOrNull(refreshed_at), now64(6)) / 1000 FROM rollups.${rollup} WHERE minute >= now() - 600`,
    );
    return Number.isNaN(seconds) ? Infinity : seconds;
}

async function watchLags(stack: TestStack, seconds: number): Promise<Lags> {
    const lags: Lags = { token_minutes: [], user_minutes: [], market_minutes: [] };
    const end = performance.now() + seconds * 1_000;
    while (performance.now() < end) {
        for (const rollup of watched) lags[rollup].push(await lagOf(stack, rollup));
        await pause(lagEveryMs);
    }
    return lags;
}

/** The stack at `perSecond` events a second: without its evaluator, with it, and without again. */
export async function loadCost(stack: TestStack, perSecond: number): Promise<LoadCost> {
    const own = await stack.supervisor.get("evaluator");
    if (own === undefined) throw new Error("the stack runs no evaluator");
    await stack.supervisor.remove("evaluator");
    const background = new Background(stack.brokers, perSecond);
    background.start();
    const bring = (): Promise<unknown> => stack.supervisor.put("evaluator", own.spec);
    try {
        await pause(warmMs);
        const before = await measure(stack, background);
        await bring();
        await pause(catchUpMs);
        const began = Date.now();
        const [withEvaluator, lags] = await Promise.all([
            measure(stack, background),
            watchLags(stack, measuredSeconds),
        ]);
        const evaluations = await evaluationsSince(stack, began);
        await stack.supervisor.remove("evaluator");
        await pause(restMs);
        const after = await measure(stack, background);
        const mean = (pick: (phase: Phase) => number): number => (pick(before) + pick(after)) / 2;
        const without = { clickhouse: mean((each) => each.clickhouse), evaluator: 0, rate: mean((each) => each.rate) };
        return { withEvaluator, without, lags, evaluations, load: loadavg()[0] ?? Number.NaN };
    } finally {
        await background.stop();
        await bring();
    }
}

async function evaluationsSince(stack: TestStack, since: number): Promise<LoadCost["evaluations"]> {
    const [row] = await stack.rows<LoadCost["evaluations"]>(
        `SELECT count() AS n, uniqExact(rule) AS rules, countIf(error != '') AS failed,
            (SELECT maxOrNull(dateDiff('second', early_to, now())) FROM detection.rule_progress FINAL WHERE run = '') AS behind
         FROM detection.evaluations WHERE started_at >= fromUnixTimestamp64Milli({since:Int64}) AND run = ''`,
        { since },
    );
    return row ?? { n: 0, rules: 0, failed: 0, behind: null };
}

/** One line for the cost, one for each rollup's lag. */
export function loadLines({ withEvaluator, without, lags, evaluations, load }: LoadCost): string[] {
    const queries = withEvaluator.clickhouse - without.clickhouse;
    const cores = (value: number): string => `${value.toFixed(2)} cores`;
    const rate = (value: number): string => `${value.toFixed(0)} events/s`;
    return [
        `all rules at ${rate(withEvaluator.rate)}: ${cores(queries + withEvaluator.evaluator)} (evaluator ${cores(withEvaluator.evaluator)}, its queries ${cores(queries)}: ` +
            `ClickHouse ${cores(withEvaluator.clickhouse)} with it, ${cores(without.clickhouse)} without at ${rate(without.rate)}; ` +
            `${String(evaluations.n)} evaluations of ${String(evaluations.rules)} rules in ${String(measuredSeconds)} s, ${String(evaluations.failed)} failed, the last rule ${String(evaluations.behind)} s behind, load average ${load.toFixed(1)}; aim < 1 core)`,
        ...Object.entries(lags).map(
            ([rollup, seconds]) =>
                `rollup lag at ${rate(withEvaluator.rate)}, ${rollup}: p50 ${percentile(seconds, 0.5).toFixed(1)} s, p95 ${percentile(seconds, 0.95).toFixed(1)} s, ` +
                `most ${Math.max(...seconds).toFixed(1)} s (${String(seconds.length)} looks)`,
        ),
    ];
}
