// What the change of a rule comes to, in words for a preview: a line, and names only where they are asked for, since previews end up in pull requests.
import { type DeployedRule } from "../../../schema/rules";
import { Restraint } from "../rules/restraint";
import { type Judged } from "../rules/terms";
import { day, hour, iso, type Micros } from "../../shared/time";
import { type Compared, missing, type Trial } from "./comparison";

/** Entities named at most, of those added and of those removed. */
const named = 10;
/** Characters of an entity's name that are shown. */
const longestName = 80;

/** A comparison, and how it is to be told. */
export interface Change extends Pick<Trial, "before" | "after" | "range"> {
    readonly compared: Compared;
    /** Whether entities are named. */
    readonly names: boolean;
}

/**
 * How many messages somebody gets for findings in the order of their time: none of a rule in shadow, none for exempt and suppressed ones, and one
 * summary for each hour in which the breaker holds back. Nothing is taken as sent before the first of them.
 */
export function notifications(rule: DeployedRule, findings: readonly Judged[]): number {
    if (rule.mode !== "active") return 0;
    const restraint = Restraint.fresh(rule);
    const summaries = new Set<number>();
    let sent = 0;
    for (const finding of findings.filter(({ exemption }) => exemption === "")) {
        const heldBack = restraint.holdsBack(finding);
        if (heldBack === "") sent += 1;
        if (heldBack === "breaker") summaries.add(Math.floor(finding.eventTime / hour));
    }
    return sent + summaries.size;
}

const plural = (count: number, noun: string): string => `${String(count)} ${noun}${count === 1 ? "" : "s"}`;
const minuteOf = (at: Micros): string => `${iso(at).slice(0, 16).replace("T", " ")} UTC`;

function title({ before, after }: Change): string {
    const [was, is] = [before?.version, after.version].map((version) => `v${String(version)}`);
    if (before === undefined) return `rule ${after.name} ${is ?? ""} (new)`;
    return was === is ? `rule ${after.name} ${is ?? ""}` : `rule ${after.name} ${was ?? ""} -> ${is ?? ""}`;
}

/** What was judged. */
function span({ range, compared: { since, first } }: Change): string {
    if (since > range.since) return `live events since ${minuteOf(since)}, as far as the time went`;
    if (first !== undefined && first > range.since) return `live events since ${minuteOf(first)}, where they begin`;
    return `last ${plural(Math.round((range.until - range.since) / day), "day")} of live events`;
}

/** Who would hear of it: the channels go by severity, and a rule in shadow tells nobody. */
const audience = ({ mode, severity }: DeployedRule): string => (mode === "active" ? severity : mode);

function counts({ before: old, after: rule, compared: { before, after } }: Change): string {
    const sent = notifications(rule, after);
    if (old === undefined || before === undefined)
        return `${plural(after.length, "alert")}; ${plural(sent, "notification")} (${audience(rule)})`;
    const [was, is] = [audience(old), audience(rule)];
    const [added, removed] = [missing(after, before).length, missing(before, after).length];
    return (
        `${plural(before.length, "alert")} before, ${String(after.length)} after: ${String(added)} added, ${String(removed)} removed; ` +
        `notifications ${String(notifications(old, before))}${was === is ? "" : ` (${was})`} -> ${String(sent)} (${is})`
    );
}

/** A name as it came from outside, made fit to be shown. */
const shown = (name: string): string => name.replace(/\p{C}/gu, "?").slice(0, longestName);

function names(what: string, findings: readonly Judged[]): string[] {
    const all = [...new Set(findings.map(({ entityId }) => entityId))].sort();
    if (all.length === 0) return [];
    const more = all.length > named ? ` and ${String(all.length - named)} more` : "";
    return [`${what}: ${all.slice(0, named).map(shown).join(", ")}${more}`];
}

/** The change in words, a line or a few. */
export function changeText(change: Change): string {
    const { range, compared } = change;
    const { before = [], after, since, first } = compared;
    if (since >= range.until) return `${title(change)}: not backtested: the time was up before anything was judged`;
    if (first === undefined)
        return (
            `${title(change)}: not backtested: there are no live events of ${change.after.triggers.join(", ")}; ` +
            `over a replay or a simulation: npm run backtest -- --rule ${change.after.name} --run <run> --from <time> --to <time>`
        );
    const lists = change.names
        ? [...names("added", missing(after, before)), ...names("removed", missing(before, after))]
        : [];
    return [`${title(change)}, ${span(change)}: ${counts(change)}`, ...lists].join("\n");
}
