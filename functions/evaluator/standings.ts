// Where every rule stands in every run, in memory and as it is stored.
import { type EvaluatedRule, historyOf } from "./rules/rule";
import { type Standing, type Store } from "./store";
import { hour, type Micros } from "../shared/time";
import { type Arrival } from "./watermark/activity";
import { type Observed } from "./watermark/observer";
import { arrived } from "./watermark/progress";

/** A rule that nobody has evaluated yet begins this long ago: what is older was not to be judged when it happened. */
const firstLook: Micros = hour;
/** Progress without an evaluation is written this seldom. */
const saveEveryMs = 10_000;

const key = (rule: string, version: number, run: string): string => `${rule}|${String(version)}|${run}`;

/** Where the data of a fact begins in a run. */
export type FirstMinute = (fact: string, run: string) => Promise<Micros | undefined>;

/** All standings of the rules. */
export class Standings {
    private readonly all = new Map<string, Standing>();
    /** Changes that must be written with the round. */
    private readonly changed = new Set<string>();
    private readonly savedAt = new Map<string, number>();
    private readonly predecessors: readonly Standing[];

    /** `stored`: as they were written last. */
    constructor(
        private readonly rules: readonly EvaluatedRule[],
        stored: readonly Standing[],
        private readonly firstMinute: FirstMinute,
    ) {
        const current = new Set(rules.map(({ rule }) => key(rule.id, rule.version, "")));
        for (const standing of stored)
            if (current.has(key(standing.rule, standing.version, "")))
                this.all.set(key(standing.rule, standing.version, standing.run), standing);
        this.predecessors = stored;
    }

    /** Rows the broker received until then were taken account of by all rules when they were written last, ms; undefined at the very first start. */
    get knownAt(): number | undefined {
        const live = [...this.all.values()].filter(({ run }) => run === "");
        return live.length === 0 ? undefined : Math.min(...live.map(({ knownAt }) => knownAt));
    }

    /** The standings of a rule. */
    of({ rule }: EvaluatedRule): Standing[] {
        return [...this.all.values()].filter((each) => each.rule === rule.id && each.version === rule.version);
    }

    /** Puts a standing in the place of the one before; `evaluated`: not only was time found to have passed. */
    put(standing: Standing, evaluated: boolean): void {
        const id = key(standing.rule, standing.version, standing.run);
        this.all.set(id, standing);
        if (evaluated || Date.now() - (this.savedAt.get(id) ?? 0) > saveEveryMs) this.changed.add(id);
    }

    /** Takes account of what came: rules meet new runs, and late rows. */
    async note(observed: Observed): Promise<void> {
        for (const evaluated of this.rules) {
            const complete = Math.min(...evaluated.sources.map(({ name }) => observed.complete.get(name) ?? 0));
            // Before all facts were complete once, nobody can say where to begin.
            if (complete > 0) await this.meetLive(evaluated, complete);
            for (const { name } of evaluated.sources)
                for (const arrival of observed.arrived.get(name) ?? []) this.noteArrival(evaluated, name, arrival);
        }
    }

    private async meetLive({ rule }: EvaluatedRule, complete: number): Promise<void> {
        const { id, version } = rule;
        if (this.all.has(key(id, version, ""))) return;
        const before = this.predecessors.filter(({ rule: other, run }) => other === id && run === "");
        const begin = Math.max(complete * 1_000 - firstLook, ...before.map(({ progress }) => progress.earlyTo));
        const firsts = await Promise.all(rule.reads.facts.map((fact) => this.firstMinute(fact, "")));
        const coveredFrom = Math.min(
            ...[...firsts, ...before.map((each) => each.coveredFrom)].filter((each) => each !== undefined),
            begin,
        );
        const progress = { earlyTo: begin, finalTo: begin, late: undefined, again: undefined };
        const standing = { rule: id, version, run: "", origin: "live", progress, knownAt: complete, coveredFrom };
        this.put({ ...standing, state: "running", error: "" }, true);
    }

    private noteArrival({ rule }: EvaluatedRule, fact: string, { run, origin, first }: Arrival): void {
        const id = key(rule.id, rule.version, run);
        const standing = this.all.get(id);
        const triggers = rule.reads.facts.includes(fact);
        if (standing === undefined && run !== "" && triggers) {
            const progress = { earlyTo: first - 1, finalTo: 0, late: undefined, again: undefined };
            const own = { rule: rule.id, version: rule.version, run, origin, progress, knownAt: 0, coveredFrom: first };
            this.put({ ...own, state: "running", error: "" }, true);
        } else if (standing !== undefined) {
            const coveredFrom = triggers ? Math.min(standing.coveredFrom, first) : standing.coveredFrom;
            // A reference may be years older than the first trigger there is.
            const progress = arrived(standing.progress, Math.max(first, coveredFrom));
            if (progress !== standing.progress || coveredFrom !== standing.coveredFrom)
                this.put({ ...standing, progress, coveredFrom }, true);
        }
    }

    /** Writes what has changed. */
    async save(store: Store): Promise<void> {
        const ids = [...this.changed];
        await store.saveStandings(ids.flatMap((id) => this.all.get(id) ?? []));
        for (const id of ids) this.savedAt.set(id, Date.now());
        this.changed.clear();
    }
}

/** Whether the history a rule needs is there. */
export const isWarming = ({ rule }: EvaluatedRule, { progress, coveredFrom }: Standing): boolean =>
    progress.earlyTo - historyOf(rule) < coveredFrom;
