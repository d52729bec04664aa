// What is read of alerts and of what was done about them: the state of each alert now, and how often each rule is right.
import { databases } from "../ddl/tables";
import { qualified } from "../ddl/quote";
import { type ViewSpec } from "../views/spec";
import { alerts } from "./alerts";
import { alertEvents, outcomes } from "./lifecycle";
import { deliveries, notifications } from "./sending";

const table = ({ database, name }: { database: string; name: string }): string => qualified(database, name);
const noTime = "CAST(NULL, 'Nullable(DateTime64(3, \\'UTC\\'))')";

/** States of an alert, in the order an alert usually goes through them. */
export const alertStateWords = ["fired", "notified", "acknowledged", "snoozed", "escalated", "closed"] as const;
export type AlertState = (typeof alertStateWords)[number];

/** Conditions, with the word WHERE or AND before each, on the steps a state is made of; `notifications` and `deliveries` undefined: told or not is all the same. */
export interface Steps {
    /** After `FROM detection.alert_events`. */
    readonly events: string;
    /** After `WHERE decision IN (...)`. */
    readonly notifications?: string;
    /** After `WHERE state = 'accepted'`. */
    readonly deliveries?: string;
}

const fired =
    `SELECT alert_id, '' AS event_id, 'fired' AS action, '' AS outcome, ${noTime} AS until, '' AS actor, '' AS note, raised_at AS at\n` +
    `FROM ${table(alerts)}`;

/**
 * What happened to alerts after they had fired, as rows of one shape. Nothing is read with FINAL: a row that is there twice says the same twice, and of
 * those of an alert written twice the first counts anyway.
 */
function happened(steps: Steps): string[] {
    const done = `SELECT alert_id, event_id, toString(action) AS action, toString(outcome) AS outcome, until, toString(actor) AS actor, note, at FROM ${table(alertEvents)}${steps.events}`;
    if (steps.notifications === undefined) return [done];
    const told =
        `SELECT told.alert_id, '', 'notified', '', NULL, '', '', sent.at\n` +
        `FROM (SELECT message_id, at FROM ${table(deliveries)} WHERE state = 'accepted'${steps.deliveries ?? ""}) AS sent\n` +
        `INNER JOIN (SELECT alert_id, message_id FROM ${table(notifications)} WHERE decision IN ('sent', 'digest')${steps.notifications}) AS told\n` +
        `    ON told.message_id = sent.message_id`;
    return [done, told];
}

/** The parts of a step: 1 action, 2 outcome, 3 until; and where all of it is wanted 4 actor, 5 note, 6 at. */
const parts = { few: "(action, outcome, until)", all: "(action, outcome, until, actor, note, at)" } as const;

/** The last steps of each alert that these rows tell of, and the state that follows from them. */
function states(steps: readonly string[], wanted: keyof typeof parts): string {
    const lastOf = (...actions: string[]): string =>
        `argMaxIf(${parts[wanted]}, (at, event_id), action IN (${actions.map((each) => `'${each}'`).join(", ")}))`;
    return `SELECT *,
    multiIf(ended.1 = 'closed', 'closed', rest.1 = 'snoozed' AND rest.3 > now64(3), 'snoozed',
        step.1 IN ('acknowledged', 'escalated'), step.1, isNotNull(notified_at), 'notified', 'fired') AS state
FROM (
    SELECT alert_id, minIf(at, action = 'fired') AS fired_at, minOrNullIf(at, action = 'notified') AS notified_at,
        ${lastOf("closed", "reopened")} AS ended,
        ${lastOf("snoozed", "unsnoozed", "reopened")} AS rest,
        ${lastOf("acknowledged", "escalated", "reopened")} AS step
    FROM (
${steps.join("\nUNION ALL\n")}
    )
    GROUP BY alert_id
)`;
}

/**
 * SELECT of alert_id, state and outcome for alerts with a step that fits: those without one have fired, and are not in it. Where only some alerts are asked
 * about, this reads less than alert_states, which has to look at every accepted delivery.
 */
export const statesFrom = (steps: Steps): string =>
    `SELECT alert_id, state, if(state = 'closed', ended.2, '') AS outcome FROM (${states(happened(steps), "few")})`;

/** A condition on alert_id gets through to each of the tables. */
const statesQuery = `
SELECT alert_id, state, last.2 AS outcome, last.4 AS actor, last.5 AS note, last.6 AS changed_at, last.3 AS snoozed_until,
    fired_at, notified_at, if(step.1 = 'acknowledged', toNullable(step.6), NULL) AS acknowledged_at,
    if(state = 'closed', toNullable(ended.6), NULL) AS closed_at
FROM (
    SELECT *, multiIf(state = 'closed', ended, state = 'snoozed', rest, state IN ('acknowledged', 'escalated'), step,
        ('', '', ${noTime}, '', '', ifNull(notified_at, fired_at))) AS last
    FROM (${states([fired, ...happened({ events: "", notifications: "" })], "all")})
)`;

/** The state of each alert now. */
export const alertStates: ViewSpec = {
    database: databases.trading,
    name: "alert_states",
    query: statesQuery.trim(),
    comment:
        "State of each alert now: fired, notified, acknowledged, snoozed (until snoozed_until), escalated or closed, with who made it so, why and when. Ask by alert_id",
    streams: [],
    views: [],
};

/**
 * With fewer closures than this no precision is given: at 20, half of them right, it lies between 0.30 and 0.70 (Wilson score interval, 95%), which says
 * just about nothing; fewer say less.
 */
export const closuresForPrecision = 20;

/** An alert in counts: of a million alerts two have the same with a probability of 3e-8, and it is counted in a third of the time its id takes. */
const alertHash = "cityHash64(alert_id)";

/** How each alert ended that is closed now; `events`: a condition, with the word AND before it, on what is looked at for it. */
const closuresOf = (events: string): string =>
    `SELECT ${alertHash} AS alert, toString(last.outcome) AS outcome FROM (\n` +
    `    SELECT alert_id, action, outcome FROM ${table(alertEvents)} WHERE action IN ('closed', 'reopened')${events} ORDER BY at DESC, event_id DESC LIMIT 1 BY alert_id\n` +
    `) AS last WHERE action = 'closed'`;

/** Rows of one alert count once, also before they are merged: with FINAL all alerts would be merged each time somebody asks. */
const alertCount = (condition = "1"): string => `uniqExactIf(raised.alert, ${condition})`;
const counts = outcomes.map((each) => `${alertCount(`outcome = '${each}'`)} AS ${each}`).join(", ");
const precision = `if(confirmed + valuable + false_positive >= ${String(closuresForPrecision)}, (confirmed + valuable) / (confirmed + valuable + false_positive), NULL) AS precision`;
const live = `${table(alerts)} WHERE run = '' AND kind = 'alert'`;

/** How often each version of a rule is right, by the closures of its live alerts. */
export const rulePrecision: ViewSpec = {
    database: databases.trading,
    name: "rule_precision",
    query:
        `SELECT rule, rule_version, ${alertCount()} AS alerts, ${counts}, ${precision}\n` +
        `FROM (SELECT ${alertHash} AS alert, rule, rule_version FROM ${live}) AS raised\n` +
        `LEFT ANY JOIN (${closuresOf("")}) AS closed ON closed.alert = raised.alert\n` +
        `GROUP BY rule, rule_version`,
    comment: `Live alerts of each rule and version by how they were closed; precision is (confirmed + valuable) / closed, NULL with fewer than ${String(closuresForPrecision)} closures`,
    streams: [],
    views: [],
};

/**
 * Which rules made work for nothing, week by week, the noisiest first; the conditions, with the word AND before each, on alerts and on what was done about
 * them bound what is read.
 */
export const noisyRulesOf = (raised = "", events = ""): string =>
    `SELECT toMonday(raised_at) AS week, owner, rule, rule_version, ${alertCount()} AS alerts, uniqExact(entity_id) AS entities,\n` +
    `    ${alertCount("held_back != '' OR exemption != '' OR mode = 'shadow'")} AS not_sent, ${counts},\n` +
    `    alerts - confirmed - valuable - false_positive AS open, ${precision}\n` +
    `FROM (SELECT ${alertHash} AS alert, owner, rule, rule_version, raised_at, entity_id, held_back, exemption, mode FROM ${live}${raised}) AS raised\n` +
    `LEFT ANY JOIN (${closuresOf(events)}) AS closed ON closed.alert = raised.alert\n` +
    `GROUP BY week, owner, rule, rule_version\n` +
    `ORDER BY week DESC, false_positive DESC, open DESC, rule`;

/** Which rules made work for nothing, of all weeks. */
export const noisyRules: ViewSpec = {
    database: databases.trading,
    name: "noisy_rules",
    query: noisyRulesOf(),
    comment:
        "Live alerts of each week (from Monday, UTC) by rule, the noisiest first: most false positives, then most that nobody has closed; not_sent were held back, exempt or in shadow",
    streams: [],
    views: [],
};

/** Views over the tables of detection, created after all of them. */
export const detectionViews: readonly ViewSpec[] = [alertStates, rulePrecision, noisyRules];
