// A rule as the evaluator sees it: its declaration, and what it depends on in the end.
import { catalogue, type Declaration } from "../../../schema";
import { rollups } from "../../../schema/rollups";
import { defaults, type DeployedRule, type Reads, rules, type Rule } from "../../../schema/rules";
import { day, type Micros, millisecond, minute, second } from "../../shared/time";

/** Values of parameters as text, by name. */
export type Values = Readonly<Record<string, string>>;

/** What judging takes of a rule, be it declared or held by a stack. */
export interface JudgedRule extends Pick<
    Rule,
    "id" | "version" | "call" | "suspectsCall" | "overrides" | "stepSeconds" | "lookBackMinutes"
> {
    readonly reads: Pick<Reads, "facts" | "triggers">;
}

/** A rule as a stack holds it, asked by the text of its query: its view may not be there yet, or be another one by now. */
export const heldRule = (held: DeployedRule): JudgedRule => ({
    ...held,
    id: held.name,
    call: held.query,
    suspectsCall: undefined,
    reads: { facts: held.triggers },
});

/** A rule with all facts and references it reads, itself or through rollups. */
export interface EvaluatedRule {
    readonly rule: Rule;
    readonly sources: readonly Declaration[];
    /** Those among them that are never silent for long, unless something is wrong. */
    readonly watched: readonly Watched[];
    /** Rollups that its query for suspects reads. */
    readonly suspectedBy: readonly string[];
}

/** A fact whose silence makes rules blind. */
export interface Watched {
    readonly fact: string;
    readonly staleAfterMinutes: number;
}

/** Prices come from several sources, one standing in for another; what is unpriced is counted where it is used. */
const replaceable = "token_prices";

const named = /\b(?:facts|rollups)`?\.`?(\w+)/g;

/** Names of a rollup and of what it reads, all the way down to facts, but not below `except`. */
export function below(rollup: string, except?: string): Set<string> {
    const names = new Set([rollup]);
    // The set grows while it is walked through.
    for (const name of names) {
        const found = rollups.find((each) => each.name === name);
        if (found === undefined || name === except) continue;
        const text = [found.select, ...found.touched].join("\n");
        for (const [, read = ""] of text.matchAll(named)) names.add(read);
        for (const read of found.reads) names.add(read);
    }
    return names;
}

/** Finds out what a rule depends on. */
export function evaluated(rule: Rule): EvaluatedRule {
    const { facts, references, rollups: read } = rule.reads;
    const names = new Set([...facts, ...references, ...read.flatMap((rollup) => [...below(rollup)])]);
    const needed = new Set([...facts, ...read.flatMap((rollup) => [...below(rollup, replaceable)])]);
    const watched = catalogue.flatMap(({ name, staleAfterMinutes }) =>
        needed.has(name) && staleAfterMinutes !== undefined ? [{ fact: name, staleAfterMinutes }] : [],
    );
    const suspectedBy = read.filter((rollup) => new RegExp(`\\btrading\\.${rollup}\\b`).test(rule.suspectsCall ?? ""));
    return { rule, sources: catalogue.filter(({ name }) => names.has(name)), watched, suspectedBy };
}

/** The rules that are evaluated. */
export const evaluatedRules = (): EvaluatedRule[] => rules.filter(({ mode }) => mode !== "off").map(evaluated);

/** The early pass ends on multiples of it: rules that look by the second are judged as far as can be, to the millisecond, so that rounds alone are waited for. */
export const gridOf = ({ stepSeconds }: Pick<Rule, "stepSeconds">): Micros =>
    stepSeconds > 1 ? stepSeconds * second : millisecond;
/** Rows this late still count. */
export const latenessOf = ({ latenessMinutes }: Rule): Micros => latenessMinutes * minute;
/** History it needs before what it says is worth its name. */
export const historyOf = ({ historyDays }: Pick<Rule, "historyDays">): Micros => historyDays * day;
/**
 * How long after its time a row can make the rule fire. Rules that look by the second are triggered by rows; those that look by the minute may
 * be triggered by the minutes themselves, as long as a row is in their window.
 */
export const echoOf = ({ stepSeconds, lookBackMinutes }: Pick<Rule, "stepSeconds" | "lookBackMinutes">): Micros =>
    stepSeconds < 60 ? 0 : lookBackMinutes * minute;

/** The values a rule is declared with. */
export const declaredValues = ({ parameters }: Rule): Values => defaults({ parameters });
