// From findings to rows of the alert table: only what is new, with its evidence beside it, evidence first.
import { bulkhead } from "cockatiel";
import { alertEvidence, alerts } from "../../../schema/detection";
import { qualified } from "../../../schema/ddl";
import { reasonOf, type Rule } from "../../../schema/rules";
import { type Database } from "../../shared/clickhouse";
import { type Known } from "../store";
import { clickhouseMicros, clickhouseMillis, firstWins, hour, type Micros } from "../../shared/time";
import { sha256 } from "./canonical";
import { type Evidence } from "./evidence";
import { type Question } from "./judge";
import { Restraint } from "./restraint";
import { historyOf } from "./rule";
import { type Judged } from "./terms";

/** What raises alerts: a rule, or a system warning, which has the same words for it. */
type Raiser = Pick<
    Rule,
    "id" | "version" | "hash" | "severity" | "owner" | "mode" | "reason" | "suppressionMinutes" | "historyDays"
> & { readonly entity: string };

/** What is known when alerts are raised. */
export interface Raising extends Pick<Question, "run" | "range" | "values"> {
    readonly evaluated: { readonly rule: Raiser };
    readonly pass: "early" | "final";
    readonly known: Known;
    /** live, replay or synthetic. */
    readonly origin: string;
    /** Where the data of the run begins, for what the rule reads. */
    readonly coveredFrom: Micros;
}

/** Evidence of so many alerts is asked for at the same time. */
const parallel = 4;

type Row = Record<string, unknown>;

/** Findings that have no alert yet, in the order of their time. */
async function fresh(database: Database, raising: Raising, findings: readonly Judged[]): Promise<Judged[]> {
    if (findings.length === 0) return [];
    const known = await database.rows<{ alert_id: string }>(
        `SELECT alert_id FROM ${qualified(alerts.database, alerts.name)}
         WHERE rule = {rule:String} AND run = {run:String} AND alert_id IN {ids:Array(String)}`,
        { rule: raising.evaluated.rule.id, run: raising.run, ids: findings.map(({ alertId }) => alertId) },
    );
    const there = new Set(known.map(({ alert_id }) => alert_id));
    return findings.filter(({ alertId }) => !there.has(alertId));
}

/** Columns that all alerts of an evaluation share. */
function commonOf(raising: Raising, now: number): Row {
    const { evaluated, run, range, known, pass, values, origin } = raising;
    const { id, version, hash, severity, owner, mode } = evaluated.rule;
    return {
        ...{ rule: id, rule_version: version, sql_hash: hash, parameters: values, run, origin, severity, owner, mode },
        as_of: clickhouseMicros(range.until),
        known_at: clickhouseMillis(Math.min(...known.values())),
        ...{ pass, raised_at: clickhouseMillis(now), version: firstWins(now) },
    };
}

function alertRow({ evaluated, coveredFrom }: Raising, finding: Judged): Row {
    const { alertId, entityId, triggerKey, eventTime, windowFrom, score, details, exemption } = finding;
    return {
        ...{ alert_id: alertId, kind: "alert", entity_kind: evaluated.rule.entity, entity_id: entityId },
        ...{ trigger_key: triggerKey, score, details, exemption, reason: reasonOf(evaluated.rule, details) },
        event_time: clickhouseMicros(eventTime),
        window_from: clickhouseMicros(windowFrom),
        warming: eventTime - historyOf(evaluated.rule) < coveredFrom,
    };
}

/** Stands for the alerts of an hour that are held back. */
function summaryRow({ evaluated, run }: Raising, { eventTime }: Judged, limit: number): Row {
    const { id, version } = evaluated.rule;
    const from = clickhouseMicros(Math.floor(eventTime / hour) * hour);
    const key = `summary ${from}`;
    return {
        ...{ alert_id: sha256(`${id}|${String(version)}|${run}|${key}`).slice(0, 32), kind: "summary" },
        ...{ entity_kind: "rule", entity_id: id, trigger_key: key, window_from: from, score: 0, details: {} },
        ...{ event_time: clickhouseMicros(eventTime), exemption: "", held_back: "", warming: false, evidence_hash: "" },
        reason: `More than ${String(limit)} alerts of ${id} in the hour from ${from.slice(0, 16)} UTC: the others are in the alert table and are not sent one by one`,
    };
}

const evidenceRows = ({ alertId, eventTime }: Judged, { rows, hash }: Evidence, now: number): Row[] =>
    rows.map((row, position) => ({
        ...{ alert_id: alertId, evidence_hash: hash, position, ...row },
        event_time: clickhouseMicros(eventTime),
        copied_at: clickhouseMillis(now),
        version: firstWins(now),
    }));

/**
 * Writes the alerts of findings that have none yet, with what `copy` finds behind each; how many there were. Killed at any point and called again,
 * it writes the same alerts, each once: evidence comes before its alert, and an alert that is there is left as it is.
 */
export async function raise(
    database: Database,
    raising: Raising,
    findings: readonly Judged[],
    copy: (finding: Judged) => Promise<Evidence>,
): Promise<number> {
    const news = await fresh(database, raising, findings);
    if (news.length === 0) return 0;
    const limit = bulkhead(parallel, Infinity);
    const [restraint, ...copies] = await Promise.all([
        Restraint.load(database, raising, news),
        ...news.map((each) => limit.execute(() => copy(each))),
    ]);
    const now = Date.now();
    const common = commonOf(raising, now);
    const [rows, evidence]: [Row[], Row[]] = [[], []];
    for (const [index, finding] of news.entries()) {
        const copied = copies[index] ?? { rows: [], hash: "" };
        evidence.push(...evidenceRows(finding, copied, now));
        const heldBack = restraint.holdsBack(finding);
        rows.push({ ...common, ...alertRow(raising, finding), held_back: heldBack, evidence_hash: copied.hash });
        if (heldBack === "breaker") rows.push({ ...common, ...summaryRow(raising, finding, restraint.limit) });
    }
    await database.insert(`${alertEvidence.database}.${alertEvidence.name}`, evidence);
    await database.insert(`${alerts.database}.${alerts.name}`, rows);
    return news.length;
}
