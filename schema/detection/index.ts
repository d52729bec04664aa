// Tables of detection: what the evaluator writes, what people do about it, and what is sent.
import { alertEvidence, alerts } from "./alerts";
import { erasing, heldFacts, holds } from "./holds";
import { alertEvents, auditLog, ruleSwitches } from "./lifecycle";
import { blindSpans, evaluations, lateArrivals, ruleProgress } from "./log";
import { deliveries, deliveryClaims, notifications, silences } from "./sending";

export { alertEvidence, alerts } from "./alerts";
export { alertRetentionDays, detectionDatabase } from "./columns";
export { erasing, heldFacts, holds } from "./holds";
export {
    type AlertAction,
    alertActions,
    alertEvents,
    auditLog,
    type Outcome,
    outcomes,
    ruleSwitches,
} from "./lifecycle";
export { blindSpans, evaluations, lateArrivals, ruleProgress } from "./log";
export { deliveries, deliveryClaims, notifications, silences } from "./sending";
export {
    defaultFields,
    type FieldName,
    fieldNames,
    problems,
    routes,
    type RouteSetting,
    secretBytes,
    severities,
    type Severity,
    targets,
    type TargetSetting,
} from "./targets";
export {
    type AlertState,
    alertStates,
    alertStateWords,
    closuresForPrecision,
    detectionViews,
    noisyRules,
    noisyRulesOf,
    rulePrecision,
    statesFrom,
} from "./views";

/** All of them; a table's view comes after the tables before it. */
export const detectionTables = [
    ...[alerts, alertEvidence, evaluations, ruleProgress, blindSpans, lateArrivals],
    ...[alertEvents, notifications, deliveries, deliveryClaims, silences, ruleSwitches, holds, heldFacts, erasing],
    auditLog,
];
