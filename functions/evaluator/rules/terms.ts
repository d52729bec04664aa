// Other terms for accounts of a class: what they take away is still found, with the agreement beside it; what they add is found as well.
import { TupleParam } from "@clickhouse/client";
import { type Override } from "../../../schema/rules";
import { type Database } from "../../shared/clickhouse";
import { clickhouseMicros, day } from "../../shared/time";
import { type Finding, judge, type Question, unsuspicious } from "./judge";

/** A finding, and why it is not sent on: the agreement in words, empty where there is none. */
export interface Judged extends Finding {
    readonly exemption: string;
}

interface Member {
    alert: string;
    account: string;
    class: string;
}

const words = ({ accountClass, reason, approver, expires }: Override): string =>
    `${accountClass}: ${reason}, approved by ${approver} until ${expires}`;

/** Whether an override still holds on the day of a finding. */
const holds = ({ expires }: Override, { eventTime }: Finding): boolean =>
    eventTime < Date.parse(`${expires}T00:00:00Z`) * 1_000 + day;

/** Class of each account of each finding at its time, by `alert|account`. */
async function classesOf(database: Database, run: string, findings: readonly Finding[]): Promise<Map<string, string>> {
    const asked = findings.flatMap(({ alertId, accounts, eventTime }) =>
        accounts.map((account) => new TupleParam([alertId, account, clickhouseMicros(eventTime)])),
    );
    if (asked.length === 0) return new Map();
    const rows = await database.rows<Member>(
        `SELECT asking.asked.1 AS alert, asking.account_id AS account, toString(classes.class) AS class
         FROM (SELECT arrayJoin({asked:Array(Tuple(String, String, DateTime64(6, 'UTC')))}) AS asked, asked.2 AS account_id) AS asking
         INNER JOIN trading.account_classes AS classes ON classes.account_id = asking.account_id
         WHERE ifNull(classes.run_id, '') IN ('', {run:String}) AND classes.valid_from <= asking.asked.3
            AND (classes.valid_to IS NULL OR asking.asked.3 < classes.valid_to)
            AND (classes.expires_at IS NULL OR asking.asked.3 < classes.expires_at)
         ORDER BY classes.valid_from`,
        { asked, run },
    );
    return new Map(rows.map(({ alert, account, class: found }) => [`${alert}|${account}`, found]));
}

/** Tells whether all accounts of a finding are of the override's class at its time. */
type Concerns = (override: Override, finding: Finding) => boolean;

async function concerning(database: Database, run: string, findings: readonly Finding[]): Promise<Concerns> {
    const classes = await classesOf(database, run, findings);
    return (override, finding) =>
        holds(override, finding) &&
        finding.accounts.length > 0 &&
        finding.accounts.every((account) => classes.get(`${finding.alertId}|${account}`) === override.accountClass);
}

/** Rows read to find that nobody is suspected on any of a rule's terms; undefined where the rule must be asked. Throws the server's error. */
export async function unsuspiciousByTerms(database: Database, question: Question): Promise<number | undefined> {
    const own = question.evaluated.rule.overrides.flatMap(({ terms }) => (terms === "exempt" ? [] : [terms]));
    let sum = 0;
    for (const terms of [{}, ...own]) {
        const read = await unsuspicious(database, { ...question, values: { ...question.values, ...terms } });
        if (read === undefined) return undefined;
        sum += read;
    }
    return sum;
}

/** Asks a rule, under its own terms for each class of accounts. Findings in the order of their time. */
export async function judgeByTerms(
    database: Database,
    question: Question,
): Promise<{ findings: Judged[]; readRows: number }> {
    const { overrides } = question.evaluated.rule;
    const { rows: usual, readRows } = await judge(database, question);
    let read = readRows;
    const found = new Map(usual.map((finding) => [finding.alertId, { ...finding, exemption: "" }]));
    for (const override of overrides) {
        const { terms } = override;
        const special = terms === "exempt" ? undefined : { ...question, values: { ...question.values, ...terms } };
        const answer = special === undefined ? { rows: [], readRows: 0 } : await judge(database, special);
        read += answer.readRows;
        const concerns = await concerning(database, question.run, [...found.values(), ...answer.rows]);
        const kept = new Set(answer.rows.map(({ alertId }) => alertId));
        for (const finding of found.values())
            if (!kept.has(finding.alertId) && concerns(override, finding))
                found.set(finding.alertId, { ...finding, exemption: words(override) });
        for (const finding of answer.rows)
            if (!found.has(finding.alertId) && concerns(override, finding))
                found.set(finding.alertId, { ...finding, exemption: "" });
    }
    const findings = [...found.values()].sort((a, b) => a.eventTime - b.eventTime || (a.alertId < b.alertId ? -1 : 1));
    return { findings, readRows: read };
}
