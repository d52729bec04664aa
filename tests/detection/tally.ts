// From alerts and labels to counts, over any number of streams.
import { type Label, matches, scenariosOf } from "../../functions/evaluator/backtest/labels";
import { type Judged } from "../../functions/evaluator/rules/terms";
import { type Micros, second } from "../../functions/shared/time";
import { type Rule } from "../../schema/rules";
import { type Exposure, type Judgement, type Outcome } from "./lab";

/** How many of how many. */
export interface Share {
    readonly of: number;
    readonly hits: number;
}

const nothing: Share = { of: 0, hits: 0 };
const plus = (a: Share, b: Share): Share => ({ of: a.of + b.of, hits: a.hits + b.hits });
const none: Exposure = { entityDays: 0, entities: 0, hours: 0 };
const more = (a: Exposure, b: Exposure): Exposure => ({
    entityDays: a.entityDays + b.entityDays,
    entities: a.entities + b.entities,
    hours: a.hours + b.hours,
});

/** Whose an alert is: of a scenario the rule is to find, of another one, of a decoy, or nobody's. */
type Cause = "own" | "other" | "decoy" | "nothing";

/** What became of one rule over all streams. */
export class Tally {
    /** Scenarios by kind: played, and found by one alert or more. */
    readonly scenarios = new Map<string, Share>();
    /** Decoys by kind: played, and with an alert that belongs to no scenario. */
    readonly decoys = new Map<string, Share>();
    /** Alerts in streams with scenarios, by whose they are. */
    readonly alerts: Record<Cause, number> = { own: 0, other: 0, decoy: 0, nothing: 0 };
    /** Alerts in clean streams. */
    cleanAlerts = 0;
    /** Alerts that an agreement takes away (market makers); they count nowhere else. */
    exempt = 0;
    readonly exposure = { abuse: none, clean: none };
    /** Seconds from each found scenario's first event to its first alert, and from its last event; event time both. */
    readonly sinceFirst: number[] = [];
    readonly sinceLast: number[] = [];

    constructor(readonly rule: Rule) {}

    /** All scenarios the rule is to find. */
    get recall(): Share {
        return [...this.scenarios.values()].reduce(plus, nothing);
    }

    /** Takes account of a stream. */
    add(judgement: Judgement, { findings, exposure }: Outcome): void {
        const { stream, labels } = judgement;
        const sent = findings.filter(({ exemption }) => exemption === "");
        this.exempt += findings.length - sent.length;
        this.exposure[stream.kind] = more(this.exposure[stream.kind], exposure);
        const ownKinds = scenariosOf(this.rule.id);
        const own = labels.filter(({ scenario }) => ownKinds.includes(scenario));
        const others = labels.filter((label) => label.class === "scenario" && !own.includes(label));
        const decoys = labels.filter((label) => label.class === "decoy");
        const left: Judged[] = [];
        for (const finding of sent) {
            const cause = this.cause(finding, { own, others, decoys });
            if (stream.kind === "clean") this.cleanAlerts++;
            else this.alerts[cause]++;
            if (cause === "decoy") left.push(finding);
        }
        this.count(this.scenarios, own, sent, true);
        this.count(this.decoys, decoys, left, false);
    }

    private cause(finding: Judged, labels: Record<"own" | "others" | "decoys", readonly Label[]>): Cause {
        const belongs = (label: Label): boolean => matches(finding, label);
        if (labels.own.some(belongs)) return "own";
        // Of a token many things are labelled that have nothing to do with what a rule on tokens looks at.
        if (this.rule.entity !== "token" && labels.others.some(belongs)) return "other";
        return labels.decoys.some(belongs) ? "decoy" : "nothing";
    }

    private count(into: Map<string, Share>, labels: readonly Label[], alerts: readonly Judged[], timed: boolean): void {
        for (const instance of Map.groupBy(labels, ({ scenarioId }) => scenarioId).values()) {
            const [label] = instance;
            if (label === undefined) continue;
            const found = alerts.filter((alert) => instance.some((each) => matches(alert, each)));
            const share = { of: 1, hits: found.length > 0 ? 1 : 0 };
            into.set(label.scenario, plus(into.get(label.scenario) ?? nothing, share));
            if (timed && found.length > 0) this.time(label, Math.min(...found.map(({ eventTime }) => eventTime)));
        }
    }

    private time({ startedAt, endedAt }: Label, at: Micros): void {
        this.sinceFirst.push((at - startedAt) / second);
        this.sinceLast.push((at - endedAt) / second);
    }
}

/** What became of each rule over all streams. */
export function tallied(rules: readonly Rule[], judgements: readonly Judgement[]): Tally[] {
    const tallies = rules.map((rule) => new Tally(rule));
    for (const judgement of judgements)
        for (const outcome of judgement.outcomes)
            tallies.find(({ rule }) => rule.id === outcome.rule.id)?.add(judgement, outcome);
    return tallies;
}

/**
 * 95% confidence interval of a share (Wilson 1927, Probable inference, the law of succession, and statistical inference): holds for few trials and
 * for shares near 0 and 1, too. [0, 1] without trials.
 */
export function wilson({ of, hits }: Share): readonly [from: number, to: number] {
    if (of === 0) return [0, 1];
    const z = 1.959964;
    const share = hits / of;
    const spread = (z * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of))) / (1 + (z * z) / of);
    const middle = (share + (z * z) / (2 * of)) / (1 + (z * z) / of);
    return [Math.max(0, middle - spread), Math.min(1, middle + spread)];
}
