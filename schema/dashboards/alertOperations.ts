// How alerts are worked: what is open, how long people wait, what was sent and what was not, and which rules are right.
import { noisyRulesOf, statesFrom } from "../detection";
import { alertCount, type Dashboard, point } from "./spec";

const raised = "run = {run} AND raised_at >= {from} AND raised_at <= {to}";
const sent = "at >= {from} AND at <= {to}";
/** An alert that was raised since then has no step before it. */
const stepsSince = statesFrom({
    events: " WHERE at >= {from}",
    notifications: " AND decided_at >= {from}",
    deliveries: " AND at >= {from}",
});
/** An alert is closed after it was raised. */
const weeks = noisyRulesOf(
    " AND raised_at >= toMonday({from}) AND raised_at < toMonday({to}) + 7",
    " AND at >= toMonday({from})",
);

export const alertOperations: Dashboard = {
    id: "alert-operations",
    title: "Alert operations",
    description: "Alerts from fired to closed: the queue, waiting times, deliveries, and how often rules are right.",
    variables: [],
    panels: [
        {
            id: "raised",
            title: "Alerts",
            description: "Raised, by severity; of active rules, those held back included.",
            kind: "lines",
            unit: "count",
            sql: `SELECT ${point("raised_at")} AS time, toString(severity) AS series, ${alertCount} AS value FROM detection.alerts WHERE ${raised} AND mode = 'active' GROUP BY time, series ORDER BY time, series`,
        },
        {
            id: "by-rule",
            title: "Alerts by rule",
            description: "Raised in this time; rules in shadow included.",
            kind: "bars",
            unit: "count",
            sql: `SELECT toString(rule) AS label, ${alertCount} AS value FROM detection.alerts WHERE ${raised} AND kind = 'alert' GROUP BY label ORDER BY value DESC, label`,
        },
        {
            id: "states",
            title: "Where alerts stand",
            description: "Alerts raised in this time, by owner, severity and state.",
            kind: "table",
            unit: "count",
            sql: `SELECT owner, severity, if(states.state = '', 'fired', states.state) AS state, count() AS alerts, toString(min(first)) AS oldest
FROM (SELECT alert_id, any(owner) AS owner, any(severity) AS severity, min(raised_at) AS first FROM detection.alerts WHERE ${raised} AND mode = 'active' GROUP BY alert_id) AS raised
LEFT JOIN (${stepsSince}) AS states ON states.alert_id = raised.alert_id
GROUP BY owner, severity, state ORDER BY owner, severity, state`,
        },
        {
            id: "deliveries",
            title: "Messages",
            description: "Attempts by target and what came of them.",
            kind: "table",
            unit: "count",
            sql: `SELECT target, toString(kind) AS kind, countIf(state = 'accepted') AS accepted, countIf(state = 'failed') AS failed, countIf(state = 'dead') AS dead, sumIf(alerts, state = 'accepted') AS alerts_told
FROM trading.deliveries WHERE ${sent} GROUP BY target, kind ORDER BY dead DESC, target, kind`,
        },
        {
            id: "decisions",
            title: "What was not sent, and why",
            description: "Alerts somebody was not told of, by the reason: silences, inhibition, age, no route.",
            kind: "bars",
            unit: "count",
            sql: `SELECT toString(decision) AS label, ${alertCount} AS value FROM detection.notifications WHERE decided_at >= {from} AND decided_at <= {to} AND decision NOT IN ('sent', 'digest') GROUP BY label ORDER BY value DESC, label`,
        },
        {
            id: "precision",
            title: "How often rules are right",
            description: "Closed live alerts by outcome; precision only where enough were closed.",
            kind: "table",
            unit: "share",
            sql: `SELECT rule, rule_version AS version, alerts, confirmed, valuable, false_positive, round(precision, 2) AS precision FROM trading.rule_precision ORDER BY alerts DESC, rule LIMIT 100`,
        },
        {
            id: "noisy",
            title: "Rules that made work for nothing",
            description:
                "Live alerts of the weeks (from Monday, UTC) that this time touches, by rule: most false positives first, then most that nobody has closed. Not sent: held back, exempt or in shadow.",
            kind: "table",
            unit: "none",
            costly: true,
            sql: `SELECT toString(week) AS week_from, owner, rule, rule_version AS version, alerts, entities, not_sent, confirmed, valuable, false_positive, open, round(precision, 2) AS precision FROM (
${weeks}
) ORDER BY week DESC, false_positive DESC, open DESC, rule LIMIT 100`,
        },
    ],
};
