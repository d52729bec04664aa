// Tables of detection: what the evaluator writes.
import { alertEvidence, alerts } from "./alerts";
import { blindSpans, evaluations, lateArrivals, ruleProgress } from "./log";

export { alertEvidence, alertRetentionDays, alerts, detectionDatabase } from "./alerts";
export { blindSpans, evaluations, lateArrivals, ruleProgress } from "./log";

/** All of them; a table's view comes after the tables before it. */
export const detectionTables = [alerts, alertEvidence, evaluations, ruleProgress, blindSpans, lateArrivals];
