// How well a rule does where the simulator has said what it injected.
import { type Database } from "../clickhouse";
import { type Judged } from "../rules/terms";
import { clickhouseMicros, minute, type Micros } from "../time";
import { type Past } from "./judging";

/** A labelled scenario or decoy; one scenario may concern several entities. */
export interface Label {
    readonly scenarioId: string;
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

/** Labels of one kind of scenario within the period. */
export async function labelsOf(database: Database, { run, range }: Past, scenario: string): Promise<Label[]> {
    return database.rows<Label>(
        `SELECT scenario_id AS scenarioId, toString(class) AS class, entity_id AS entityId,
            toUnixTimestamp64Micro(started_at) AS startedAt, toUnixTimestamp64Micro(ended_at) AS endedAt
         FROM trading.scenario_labels WHERE ifNull(run_id, '') = {run:String} AND scenario = {scenario:String}
            AND started_at > {from:DateTime64(6, 'UTC')} AND ended_at <= {to:DateTime64(6, 'UTC')}`,
        { run, scenario, from: clickhouseMicros(range.since), to: clickhouseMicros(range.until) },
    );
}

/** A rule by the minute fires up to a minute after the last event of what it sees. */
const grace: Micros = minute;

const names = ({ entityId, accounts }: Judged): Set<string> => new Set([entityId, ...entityId.split("|"), ...accounts]);

const matches = (finding: Judged, { entityId, startedAt, endedAt }: Label): boolean =>
    finding.eventTime >= startedAt && finding.eventTime <= endedAt + grace && names(finding).has(entityId);

/** Compares findings with labels: an alert belongs to a scenario when it names one of its entities and lies within its time. */
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
