// One evaluation, with its alerts written and its cost told; what goes wrong is told as well, never thrown.
import { type Database } from "../clickhouse";
import { type Logged } from "../store";
import { collect } from "./evidence";
import { type Question } from "./judge";
import { type EvaluatedRule } from "./rule";
import { raise, type Raising } from "./raise";
import { judgeByTerms } from "./terms";

/** Why something failed, as the log of evaluations keeps it. */
export const message = (error: unknown): string =>
    (error instanceof Error ? error.message : String(error)).slice(0, 2_000);

/** Judges a range and raises the alerts that are new. */
export async function evaluate(
    database: Database,
    raising: Raising & Question & { readonly evaluated: EvaluatedRule },
): Promise<Logged> {
    const { run, pass, range, known } = raising;
    const { id, version } = raising.evaluated.rule;
    const startedAt = Date.now();
    const told = { rule: id, version, run, pass, range, known, startedAt };
    try {
        const { findings, readRows } = await judgeByTerms(database, raising);
        const newAlerts = await raise(database, raising, findings, (finding) => collect(database, raising, finding));
        return { ...told, durationMs: Date.now() - startedAt, readRows, alerts: findings.length, newAlerts, error: "" };
    } catch (error) {
        const durationMs = Date.now() - startedAt;
        return { ...told, durationMs, readRows: 0, alerts: 0, newAlerts: 0, error: message(error) };
    }
}
