// What an evaluator goes on from: all that was stored before, read once at its start.
import { warnings } from "../../schema/warnings";
import { Blindness } from "./blindness";
import { type Database } from "./clickhouse";
import { Evaluator, type Round } from "./evaluator";
import { Refreshing } from "./refreshing";
import { refreshers } from "./rollups/refresh";
import { type EvaluatedRule } from "./rules/rule";
import { Runs } from "./runs";
import { Standings } from "./standings";
import { Store } from "./store";
import { firstMinute, lastStored, stored } from "./watermark/activity";
import { Completeness } from "./watermark/completeness";
import { type Feeds } from "./watermark/feeds";
import { type Observed, Observer } from "./watermark/observer";
import { Warnings } from "./warnings";

/** At the very first start, rows of the last hour are taken account of. */
const firstLookMs = 3_600_000;

/** An evaluator that goes on. */
export interface Resumed {
    /** Its next round. */
    readonly next: () => Promise<Round>;
    /** Why a rollup cannot be refreshed. */
    readonly rollupProblem: () => string | undefined;
}

/** An evaluator with all it remembers. Throws when ClickHouse does not answer. */
export async function resume(
    database: Database,
    feeds: Feeds,
    rules: readonly EvaluatedRule[],
    stopped?: AbortSignal,
): Promise<Resumed> {
    const store = new Store(database);
    const begin = (fact: string, run: string): ReturnType<typeof firstMinute> => firstMinute(database, fact, run);
    const standings = new Standings(rules, await store.standings(), begin);
    const declarations = [...new Set(rules.flatMap(({ sources }) => sources))];
    const runs = new Runs();
    for (const { name } of declarations) runs.note({ arrived: new Map([[name, await stored(database, name)]]) });
    const completeness = new Completeness(feeds, (fact) => lastStored(database, fact));
    const from = standings.knownAt ?? Date.now() - firstLookMs;
    const observer = new Observer(database, completeness, declarations, from);
    const blindness = new Blindness(rules, await store.openBlindSpans());
    const rollups = new Refreshing(refreshers(database.client));
    const refresh = (observed: Observed): ReturnType<Refreshing["refresh"]> => rollups.refresh(observed);
    const evaluator = new Evaluator({
        database,
        store,
        observer,
        standings,
        rules,
        runs,
        refresh,
        ...(stopped && { stopped }),
    });
    const system = new Warnings(database, warnings, declarations);
    const next = async (): Promise<Round> => {
        const at = Date.now();
        const round = await evaluator.round();
        await store.saveBlindSpans(blindness.note(round.observed, runs, standings));
        system.begin(round.observed.complete, at);
        const looked = system.take();
        await store.log(looked);
        return { ...round, logged: [...round.logged, ...looked] };
    };
    return { next, rollupProblem: rollups.problem };
}
