// Whether an alert would be raised again: its rule asked once more at the stored range, parameters and knowledge, and its evidence held against its hashes.
import { rules } from "../../schema/rules";
import { type Database } from "../shared/clickhouse";
import { hashOfAll, sha256 } from "../evaluator/rules/canonical";
import { collect, type EvidenceRow } from "../evaluator/rules/evidence";
import { type Question } from "../evaluator/rules/judge";
import { evaluated, type EvaluatedRule } from "../evaluator/rules/rule";
import { type Judged, judgeByTerms } from "../evaluator/rules/terms";
import { type Known } from "../evaluator/store";
import { clickhouseMicros } from "../shared/time";
import { type Alert, alertOf, evidenceOf, type StoredEvidence } from "./alert";
import { expiredDays } from "./expiry";
import { type Session } from "./session";
import { fields, shown } from "./text";

/** What became of the question. */
export type Verdict =
    | "found again, the same"
    | "inputs expired"
    | "inputs changed since"
    | "another version is deployed"
    | "not asked again";

/** An explanation. */
export interface Explanation {
    readonly verdict: Verdict;
    /** Whether every stored row of evidence has its hash, and all of them the alert's. */
    readonly evidenceIntact: boolean;
    /** One fact a line. */
    readonly findings: readonly string[];
}

const micros = (time: string): number =>
    Math.round(Date.parse(`${time.slice(0, 19).replace(" ", "T")}Z`) * 1_000) + Number(time.slice(20).padEnd(6, "0"));

/** What the evaluation knew of each fact, from its log; where that is gone, what the alert itself remembers for all of them. */
async function knownTo(database: Database, alert: Alert, { sources }: EvaluatedRule): Promise<Known> {
    const { rule, rule_version: version, run, pass, as_of, event_time, raised_at } = alert;
    const [logged] = await database.rows<{ known: Record<string, number> }>(
        `SELECT mapApply((fact, at) -> (fact, toUnixTimestamp64Milli(at)), known_at) AS known FROM trading.evaluations AS log
         WHERE rule = {rule:String} AND rule_version = {version:UInt32} AND run = {run:String} AND pass = {pass:String} AND error = ''
            AND log.as_of = {as_of:DateTime64(6, 'UTC')} AND log.since < {event_time:DateTime64(6, 'UTC')}
            AND started_at <= {raised_at:DateTime64(3, 'UTC')} ORDER BY started_at DESC LIMIT 1`,
        { rule, version, run, pass, as_of, event_time, raised_at },
    );
    if (logged !== undefined) return new Map(Object.entries(logged.known));
    const at = Math.floor(micros(alert.known_at) / 1_000);
    return new Map(sources.map(({ name }) => [name, at]));
}

/** Where stored evidence is not what was stored; empty where it is. */
function tampered({ evidence_hash: hash }: Alert, stored: readonly StoredEvidence[]): string[] {
    const wrong = stored.filter((row) => sha256(row.content) !== row.hash);
    const erased = wrong.filter(({ content }) => content === "");
    const lines = wrong
        .filter(({ content }) => content !== "")
        .map(({ position }) => `evidence #${String(position)} is not what was stored: its SHA-256 differs`);
    if (erased.length > 0) lines.push(`${String(erased.length)} rows of evidence were erased; their hashes remain`);
    if (hash !== "" && hashOfAll(stored.map((row) => row.hash)) !== hash)
        lines.push("the set of evidence is not the one the alert names: rows are missing or were added");
    return lines;
}

const same = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean =>
    JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

/** Where a finding of today differs from the alert. */
function differing(alert: Alert, now: Judged): string[] {
    const pairs: [string, string, string][] = [
        ["score", String(alert.score), String(now.score)],
        ["window from", alert.window_from, clickhouseMicros(now.windowFrom)],
        ["exemption", alert.exemption, now.exemption],
    ];
    const lines = pairs.filter(([, was, is]) => was !== is).map(([what, was, is]) => `${what} was ${was}, is ${is}`);
    if (!same(alert.details, now.details))
        lines.push(`details were ${JSON.stringify(alert.details)}, are ${JSON.stringify(now.details)}`);
    return lines;
}

/** The rows of evidence that are not there any more, and how many came. */
function compared(
    stored: readonly StoredEvidence[],
    now: readonly EvidenceRow[],
): { missing: StoredEvidence[]; added: number } {
    const is = new Set(now.map(({ hash }) => hash));
    const was = new Set(stored.map(({ hash }) => hash));
    return {
        missing: stored.filter(({ hash }) => !is.has(hash)),
        added: now.filter(({ hash }) => !was.has(hash)).length,
    };
}

const eventTimeOf = ({ content }: StoredEvidence): string => {
    const { event_time: time } = JSON.parse(content) as { event_time: string };
    return time;
};

/** Asks the rule again and compares. */
async function asked(
    database: Database,
    alert: Alert,
    stored: readonly StoredEvidence[],
    judged: EvaluatedRule,
): Promise<Pick<Explanation, "verdict" | "findings">> {
    const at = micros(alert.event_time);
    const question: Question & { evaluated: EvaluatedRule } = {
        ...{ evaluated: judged, run: alert.run, values: alert.parameters },
        range: { since: at - 1, until: micros(alert.as_of) },
        known: await knownTo(database, alert, judged),
    };
    const { findings } = await judgeByTerms(database, question);
    const found = findings.find(({ alertId }) => alertId === alert.alert_id);
    const [entityId, triggerKey] = [alert.entity_id, alert.trigger_key];
    const trigger = found ?? {
        alertId: "",
        entityId,
        triggerKey,
        eventTime: at,
        windowFrom: at,
        score: 0,
        details: {},
        accounts: [],
    };
    const { rows } = await collect(database, question, trigger);
    const { missing, added } = compared(stored, rows);
    const told = found === undefined ? ["the rule does not find it now"] : differing(alert, found);
    if (missing.length > 0)
        told.push(`${String(missing.length)} of ${String(stored.length)} rows of evidence are not there now`);
    if (added > 0) told.push(`${String(added)} rows belong to it now that did not`);
    if (told.length === 0) return { verdict: "found again, the same", findings: [] };
    const days = await expiredDays(
        database,
        missing.filter(({ content }) => content !== "").map((row) => ({ fact: row.source, time: eventTimeOf(row) })),
        [...judged.rule.reads.facts].map((fact) => ({ fact, time: alert.window_from })),
    );
    const verdict = days.length > 0 ? "inputs expired" : "inputs changed since";
    return { verdict, findings: [...told, ...days] };
}

/** Explains an alert. Throws where there is no such alert, or the server's error. */
export async function explain(database: Database, id: string): Promise<Explanation> {
    const { alert } = await alertOf(database, id);
    const stored = await evidenceOf(database, alert);
    const wrong = tampered(alert, stored);
    const intact = { evidenceIntact: wrong.length === 0 };
    const rule = rules.find((each) => each.id === alert.rule);
    if (alert.kind === "summary" || rule === undefined) {
        const why =
            alert.kind === "summary"
                ? "it stands for alerts that were held back"
                : "a system warning: what it saw then is its evidence";
        return { verdict: "not asked again", ...intact, findings: [why, ...wrong] };
    }
    if (rule.version !== alert.rule_version || rule.hash !== alert.sql_hash) {
        const text =
            rule.version === alert.rule_version
                ? ` with another text (${rule.hash.slice(0, 12)}, was ${alert.sql_hash.slice(0, 12)})`
                : "";
        const which = `it fired under v${String(alert.rule_version)}; v${String(rule.version)} is deployed${text}`;
        return { verdict: "another version is deployed", ...intact, findings: [which, ...wrong] };
    }
    const { verdict, findings } = await asked(database, alert, stored, evaluated(rule));
    return { verdict, ...intact, findings: [...findings, ...wrong] };
}

/** `alerts explain` in words, and whether it was found again as it was. */
export async function explanation(session: Session, id: string): Promise<{ text: string; same: boolean }> {
    const { alert } = await alertOf(session.database, id);
    const { verdict, evidenceIntact, findings } = await explain(session.database, id);
    await session.audit("alerts.explain", id, { verdict });
    const head = fields({
        alert: alert.alert_id,
        rule: `${alert.rule} v${String(alert.rule_version)}`,
        asked: `triggers of ${alert.event_time} to ${alert.as_of}, ${alert.run === "" ? "live" : `run ${alert.run}`}, rows known until ${alert.known_at}`,
        verdict,
        evidence: evidenceIntact ? "intact: every row has its hash, the set the alert's" : "NOT intact",
    });
    const text = head + findings.map((line) => `  ${shown(line)}\n`).join("");
    return { text, same: verdict === "found again, the same" && evidenceIntact };
}
