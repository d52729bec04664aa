// Past data judged again, read-only, by the very evaluation that live uses.
import { evaluations } from "../../../schema/detection";
import { qualified } from "../../../schema/ddl";
import { type Database } from "../../shared/clickhouse";
import { type EvaluatedRule, latenessOf, type Values } from "../rules/rule";
import { busySlices } from "../rules/sparse";
import { type Judged, judgeByTerms } from "../rules/terms";
import { type Known } from "../store";
import { clickhouseMicros, minute } from "../../shared/time";
import { type Range, slices } from "../watermark/progress";

/**
 * event-time: with all that is stored today. known-at: each trigger with what was known when it was judged: by the log of the live evaluations of
 * this version where there is one for the period; else as if each minute had been judged once, after the rule's allowed lateness. A row counts as
 * known from its received_at on. Rollups, which keep no history of themselves, are read as they are today in both.
 */
export type Mode = "event-time" | "known-at";

/** What is judged again. */
export interface Past {
    readonly evaluated: EvaluatedRule;
    readonly run: string;
    /** Triggers after `since`, up to and including `until`. */
    readonly range: Range;
    readonly values: Values;
    readonly mode: Mode;
}

/** What came of it. */
export interface Outcome {
    /** In the order of their time, each alert once. */
    readonly findings: Judged[];
    readonly queries: number;
    readonly readRows: number;
    /** Whether known-at followed the log of live evaluations. */
    readonly byLog: boolean;
}

interface Step {
    readonly range: Range;
    readonly known?: Known;
}

interface LoggedRow {
    since: number;
    until: number;
    known: Record<string, number>;
}

/** The evaluations that judged a part of the range when it was live, in their order. */
async function logged(database: Database, { evaluated, run, range }: Past): Promise<Step[]> {
    const rows = await database.rows<LoggedRow>(
        `SELECT toUnixTimestamp64Micro(since) AS since, toUnixTimestamp64Micro(as_of) AS until,
            mapApply((fact, at) -> (fact, toUnixTimestamp64Milli(at)), known_at) AS known
         FROM ${qualified(evaluations.database, evaluations.name)} AS log
         WHERE rule = {rule:String} AND rule_version = {version:UInt32} AND run = {run:String} AND error = ''
            AND log.as_of > {from:DateTime64(6, 'UTC')} AND log.since < {to:DateTime64(6, 'UTC')}
         ORDER BY started_at, log.since`,
        {
            ...{ rule: evaluated.rule.id, version: evaluated.rule.version, run },
            from: clickhouseMicros(range.since),
            to: clickhouseMicros(range.until),
        },
    );
    return rows.map(({ since, until, known }) => ({
        range: { since: Math.max(since, range.since), until: Math.min(until, range.until) },
        known: new Map(Object.entries(known)),
    }));
}

/** Each minute once, after the allowed lateness. */
function modelled({ evaluated }: Past, busy: readonly Range[]): Step[] {
    const lateness = latenessOf(evaluated.rule);
    return busy.flatMap((slice) =>
        [...slices(slice, minute)].map((range) => {
            const at = Math.ceil((range.until + lateness) / 1_000);
            return { range, known: new Map(evaluated.sources.map(({ name }) => [name, at])) };
        }),
    );
}

/** Judges the past again. Throws the server's error. */
export async function backtest(database: Database, past: Past): Promise<Outcome> {
    const { evaluated, run, range, values, mode } = past;
    const live = mode === "known-at" ? await logged(database, past) : [];
    const busy = live.length > 0 ? [] : await busySlices(database, evaluated, run, range);
    const usual = mode === "known-at" ? modelled(past, busy) : busy.map((slice) => ({ range: slice }));
    const steps: Step[] = live.length > 0 ? live : usual;
    const found = new Map<string, Judged>();
    let read = 0;
    for (const step of steps) {
        const { findings, readRows } = await judgeByTerms(database, { evaluated, run, values, ...step });
        read += readRows;
        for (const finding of findings) if (!found.has(finding.alertId)) found.set(finding.alertId, finding);
    }
    const findings = [...found.values()].sort((a, b) => a.eventTime - b.eventTime);
    return { findings, queries: steps.length, readRows: read, byLog: live.length > 0 };
}
