// The lanes of the evaluator, and what each goes on from: all that was stored before, read once at its start.
import { catalogue, type Declaration, sourceNotices } from "../../schema";
import { warnings } from "../../schema/warnings";
import { Blindness } from "./blindness";
import { type Database } from "../shared/clickhouse";
import { Evaluator, type Rollups, type Round } from "./evaluator";
import { Refreshing } from "./refreshing";
import { refreshers } from "./rollups/refresh";
import { type EvaluatedRule } from "./rules/rule";
import { Runs } from "./runs";
import { Standings } from "./standings";
import { Store } from "./store";
import { Switches } from "./switches";
import { firstMinute, lastStored, stored } from "./watermark/activity";
import { Completeness } from "./watermark/completeness";
import { type Feeds } from "./watermark/feeds";
import { Heartbeats } from "./watermark/heartbeats";
import { Observer } from "./watermark/observer";
import { Warnings } from "./warnings";

/** At the very first start, rows of the last hour are taken account of. */
const firstLookMs = 3_600_000;

/** For rules that read none. */
const noRollups: Rollups = {
    note: () => undefined,
    bring: () => Promise.resolve(true),
    tend: () => Promise.resolve(false),
};

/** Rules that go round by themselves: nobody waits for the rounds of another lane. */
export interface Lane {
    readonly name: string;
    readonly rules: readonly EvaluatedRule[];
    /** Facts and references whose arrivals it looks at. */
    readonly sources: readonly Declaration[];
    /** Whether it keeps the rollups and looks at the system beside; one lane does. */
    readonly keeps: boolean;
}

/** The lanes of rules: those that read no rollups are quick, and the others. A rule is in one lane. */
export function lanesOf(rules: readonly EvaluatedRule[]): Lane[] {
    const quick = rules.filter(({ rule }) => rule.reads.rollups.length === 0);
    const others = rules.filter((each) => !quick.includes(each));
    const sourcesOf = (some: readonly EvaluatedRule[]): Declaration[] => [
        ...new Set([...some.flatMap(({ sources }) => sources), sourceNotices]),
    ];
    return [
        { name: "facts", rules: quick, sources: sourcesOf(quick), keeps: false },
        // Rollups hold what all rules read.
        { name: "rollups", rules: others, sources: sourcesOf(rules), keeps: true },
    ];
}

/** A lane of the evaluator that goes on. */
export interface Resumed {
    /** Its next round. */
    readonly next: () => Promise<Round>;
    /** Why a rollup cannot be refreshed. */
    readonly rollupProblem: () => string | undefined;
}

/** What one lane keeps for all: the rollups, and an eye on the system. */
function kept(
    database: Database,
    keeps: boolean,
): { rollups: Rollups; rollupProblem: () => string | undefined; system?: Warnings } {
    if (!keeps) return { rollups: noRollups, rollupProblem: () => undefined };
    const rollups = new Refreshing(refreshers(database.client));
    return { rollups, rollupProblem: rollups.problem, system: new Warnings(database, warnings, catalogue) };
}

/** A lane with all it remembers. Throws when ClickHouse does not answer. */
export async function resume(
    database: Database,
    feeds: Feeds,
    { rules, sources, keeps }: Lane,
    stopped?: AbortSignal,
): Promise<Resumed> {
    const store = new Store(database);
    const begin = (fact: string, run: string): ReturnType<typeof firstMinute> => firstMinute(database, fact, run);
    const standings = new Standings(rules, await store.standings(), begin);
    const runs = new Runs();
    const heartbeats = new Heartbeats(database);
    for (const { name } of sources) runs.note({ arrived: new Map([[name, await stored(database, name)]]) });
    const completeness = new Completeness(feeds, (facts, seconds) => lastStored(database, facts, seconds));
    const from = standings.knownAt ?? Date.now() - firstLookMs;
    // How far the others are is told by the lane that looks at the system.
    const others = keeps ? catalogue.filter((declaration) => !sources.includes(declaration)) : [];
    const observer = new Observer(database, completeness, sources, from, others);
    const blind = await store.openBlindSpans();
    const blindness = new Blindness(rules, blind);
    const switches = new Switches(database, blind);
    const { rollups, rollupProblem, system } = kept(database, keeps);
    const evaluator = new Evaluator({
        ...{ database, store, observer, standings, rules, runs, switches, heartbeats, rollups },
        ...(stopped && { stopped }),
    });
    const next = async (): Promise<Round> => {
        const at = Date.now();
        await switches.look(at);
        const round = await evaluator.round();
        await store.saveBlindSpans([
            ...blindness.note(round.observed, runs, standings, heartbeats),
            ...switches.note(rules, standings, at),
        ]);
        system?.begin(round.observed.complete, at);
        const looked = system?.take() ?? [];
        await store.log(looked);
        return { ...round, logged: [...round.logged, ...looked] };
    };
    return { next, rollupProblem };
}
