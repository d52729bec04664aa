// One evaluation, with its alerts written and its cost told; what goes wrong is told as well, never thrown.
import { type Database } from "../../shared/clickhouse";
import { type Logged } from "../store";
import { collect } from "./evidence";
import { type Question } from "./judge";
import { type EvaluatedRule } from "./rule";
import { raise, type Raising } from "./raise";
import { judgeByTerms, unsuspiciousByTerms } from "./terms";

/** Why something failed, as the log of evaluations keeps it. */
export const message = (error: unknown): string =>
    (error instanceof Error ? error.message : String(error)).slice(0, 2_000);

/** Brings rollups up to what has been noted; whether they hold all of it. */
export type Bring = (rollups: readonly string[]) => Promise<boolean>;

/**
 * Judges a range and raises the alerts that are new. Rollups are brought up to date only where somebody is suspected; undefined where they cannot be: the range
 * has not been judged then.
 */
export async function evaluate(
    database: Database,
    raising: Raising & Question & { readonly evaluated: EvaluatedRule },
    bring: Bring,
): Promise<Logged | undefined> {
    const { run, pass, range, known } = raising;
    const { rule, suspectedBy } = raising.evaluated;
    const startedAt = Date.now();
    const told = { rule: rule.id, version: rule.version, run, pass, range, known, startedAt };
    const took = (): number => Date.now() - startedAt;
    try {
        if (!(await bring(suspectedBy))) return undefined;
        const spared = await unsuspiciousByTerms(database, raising);
        if (spared !== undefined)
            return { ...told, durationMs: took(), readRows: spared, alerts: 0, newAlerts: 0, error: "" };
        if (!(await bring(rule.reads.rollups))) return undefined;
        const { findings, readRows } = await judgeByTerms(database, { ...raising, suspected: true });
        const newAlerts = await raise(database, raising, findings, (finding) => collect(database, raising, finding));
        return { ...told, durationMs: took(), readRows, alerts: findings.length, newAlerts, error: "" };
    } catch (error) {
        return { ...told, durationMs: took(), readRows: 0, alerts: 0, newAlerts: 0, error: message(error) };
    }
}
