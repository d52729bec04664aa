// One evaluation of a rule, read-only: live and backtest ask the same question in the same words.
import { databases, literal } from "../../../schema/ddl";
import { type Answer, type Database } from "../clickhouse";
import { type Known } from "../store";
import { clickhouseMicros, clickhouseMillis, type Micros } from "../time";
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

/** Asks a rule; findings in the order of their time, each alert once. Throws the server's error. */
export async function judge(database: Database, question: Question): Promise<Answer<Finding>> {
    const { rule } = question.evaluated;
    const { run, range, values } = question;
    const parameters = {
        ...{ ...values, run, since: clickhouseMicros(range.since), as_of: clickhouseMicros(range.until) },
        ...{ alert_rule: rule.id, alert_version: rule.version },
    };
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
