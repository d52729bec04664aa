// How well a rule does where the simulator has said what it injected.
import { type Database } from "../../shared/clickhouse";
import { type Judged } from "../rules/terms";
import { clickhouseMicros, minute, type Micros } from "../../shared/time";
import { type Past } from "./judging";

/** A labelled scenario or decoy; one scenario may concern several entities. */
export interface Label {
    readonly scenarioId: string;
    /** Kind, as in scenario_labels. */
    readonly scenario: string;
    readonly class: "scenario" | "decoy";
    readonly entityId: string;
    readonly startedAt: Micros;
    readonly endedAt: Micros;
}

/** Recall, precision and decoys. */
export interface Quality {
    readonly scenarios: number;
    readonly detected: number;
    readonly decoys: number;
    readonly decoysFired: number;
    /** Alerts that belong to a scenario of this kind. */
    readonly right: number;
    readonly alerts: number;
}

/** What rules are to find, where that is not one kind of scenario of the rule's name. */
const variants: Readonly<Record<string, readonly string[]>> = {
    new_ip_withdrawal: ["takeover_login", "takeover_login_split", "takeover_session", "takeover_session_split"],
    structuring: ["structuring", "structuring_many_small"],
    pass_through: ["pass_through", "pass_through_swap"],
    layering: ["layering", "layering_ordinary_sizes", "layering_partial_fills", "layering_amend_away", "spoofing"],
};

/** Kinds of scenarios that a rule is to find. */
export const scenariosOf = (rule: string): readonly string[] => variants[rule] ?? [rule];

/** Labels within the period: those of the given kinds of scenarios, and all decoys. */
export async function labelsOf(
    database: Database,
    { run, range }: Pick<Past, "run" | "range">,
    scenarios: readonly string[],
): Promise<Label[]> {
    return database.rows<Label>(
        `SELECT scenario_id AS scenarioId, toString(scenario) AS scenario, toString(class) AS class, entity_id AS entityId,
            toUnixTimestamp64Micro(started_at) AS startedAt, toUnixTimestamp64Micro(ended_at) AS endedAt
         FROM trading.scenario_labels AS labels
         WHERE ifNull(run_id, '') = {run:String} AND (labels.scenario IN {scenarios:Array(String)} OR labels.class = 'decoy')
            AND started_at > {from:DateTime64(6, 'UTC')} AND ended_at <= {to:DateTime64(6, 'UTC')}`,
        { run, scenarios, from: clickhouseMicros(range.since), to: clickhouseMicros(range.until) },
    );
}

/** A rule by the minute fires up to a minute after the last event of what it sees. */
const grace: Micros = minute;

const names = ({ entityId, accounts }: Judged): Set<string> => new Set([entityId, ...entityId.split("|"), ...accounts]);

/**
 * Whether an alert belongs to a scenario: it names one of its entities (the alert's own, each of a pair, or an account it concerns), its trigger is
 * not before the scenario's first event, and what the rule looked at (from window_from to the trigger) reaches into the scenario's time.
 */
export const matches = (finding: Judged, { entityId, startedAt, endedAt }: Label): boolean =>
    finding.eventTime >= startedAt && finding.windowFrom <= endedAt + grace && names(finding).has(entityId);

/** Compares findings with labels. */
export function qualityOf(findings: readonly Judged[], labels: readonly Label[]): Quality {
    const sent = findings.filter(({ exemption }) => exemption === "");
    const ids = (kind: Label["class"], fired: boolean): number =>
        new Set(
            labels
                .filter((label) => label.class === kind && (!fired || sent.some((finding) => matches(finding, label))))
                .map(({ scenarioId }) => scenarioId),
        ).size;
    const scenarios = labels.filter((label) => label.class === "scenario");
    return {
        scenarios: ids("scenario", false),
        detected: ids("scenario", true),
        decoys: ids("decoy", false),
        decoysFired: ids("decoy", true),
        right: sent.filter((finding) => scenarios.some((label) => matches(finding, label))).length,
        alerts: sent.length,
    };
}
