// One evaluation of a rule, read-only: live and backtest ask the same question in the same words.
import { databases, literal } from "../../../schema/ddl";
import { type Answer, type Database } from "../../shared/clickhouse";
import { type Known } from "../store";
import { clickhouseMicros, clickhouseMillis, type Micros, minute } from "../../shared/time";
import { type Range } from "../watermark/progress";
import { type JudgedRule, type Values } from "./rule";

/** A pattern a rule found. */
export interface Finding {
    /** Hash of rule, version, run, entity and trigger: never of the time of evaluation, never of parameters. */
    readonly alertId: string;
    readonly entityId: string;
    readonly triggerKey: string;
    readonly eventTime: Micros;
    readonly windowFrom: Micros;
    readonly score: number;
    readonly details: Readonly<Record<string, string>>;
    /** Accounts concerned. */
    readonly accounts: readonly string[];
}

/** What is judged. */
export interface Question {
    readonly evaluated: { readonly rule: JudgedRule };
    readonly run: string;
    readonly range: Range;
    /** Of these facts, rows the broker received later are not seen; absent: all that is stored is seen. Rollups are seen as they are. */
    readonly known?: Known;
    /** Values of the rule's parameters. */
    readonly values: Values;
    /** There are suspects: they need not be asked for. */
    readonly suspected?: true;
}

/** Restricts facts to what was known at a moment: also where they are read through views, and FINAL keeps first arrivals. */
function knownFilter(known: Known): string {
    const entries = [...known].map(([fact, at]) => {
        const condition = `received_at <= toDateTime64('${clickhouseMillis(at)}', 3, 'UTC')`;
        return `${literal(`${databases.facts}.${fact}`)}: ${literal(condition)}`;
    });
    return `{${entries.join(", ")}}`;
}

/** Settings under which a question is asked. */
export const settingsOf = ({ known }: Pick<Question, "known">): Record<string, string> =>
    known === undefined ? {} : { additional_table_filters: knownFilter(known) };

/** In longer ranges there is nearly always somebody to suspect. */
const longestSuspected: Micros = minute;

/** What a rule is asked with. */
const boundOf = ({ run, range, values }: Question): Record<string, unknown> => ({
    ...values,
    run,
    since: clickhouseMicros(range.since),
    as_of: clickhouseMicros(range.until),
});

/** Whether a rule is asked for suspects about a range, before it is asked itself. */
export const asksForSuspects = ({ suspectsCall }: JudgedRule, { since, until }: Range): boolean =>
    suspectsCall !== undefined && until - since <= longestSuspected;

/** Rows read to find that a rule need not be asked; undefined where it must be. Throws the server's error. */
export async function unsuspicious(database: Database, question: Question): Promise<number | undefined> {
    const { suspectsCall = "" } = question.evaluated.rule;
    if (question.suspected === true || !asksForSuspects(question.evaluated.rule, question.range)) return undefined;
    const asking = { parameters: boundOf(question), settings: settingsOf(question) };
    const { rows, readRows } = await database.ask(`SELECT 1 FROM (\n${suspectsCall}\n) LIMIT 1`, asking);
    return rows.length === 0 ? readRows : undefined;
}

/** Asks a rule; findings in the order of their time, each alert once. Throws the server's error. */
export async function judge(database: Database, question: Question): Promise<Answer<Finding>> {
    const { rule } = question.evaluated;
    const read = await unsuspicious(database, question);
    if (read !== undefined) return { rows: [], readRows: read };
    const parameters = { ...boundOf(question), alert_rule: rule.id, alert_version: rule.version };
    const { rows, readRows } = await database.ask<Finding>(
        `SELECT lower(hex(sipHash128({alert_rule:String}, {alert_version:UInt32}, {run:String}, entity_id, trigger_key))) AS alertId,
            entity_id AS entityId, trigger_key AS triggerKey, toUnixTimestamp64Micro(event_time) AS eventTime,
            toUnixTimestamp64Micro(window_from) AS windowFrom, toFloat64(score) AS score, details, accounts
         FROM (
${rule.call}
) ORDER BY eventTime, alertId`,
        { parameters, settings: settingsOf(question) },
    );
    const first = new Map(rows.toReversed().map((finding) => [finding.alertId, finding]));
    return { rows: rows.filter((finding) => first.get(finding.alertId) === finding), readRows };
}
