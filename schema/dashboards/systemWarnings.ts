// What is wrong with the system itself: what its warnings say, where rules do not see, what fails.
import { alertCount, type Dashboard, newestAlerts } from "./spec";

const raised = "raised_at >= {from} AND raised_at <= {to} AND owner = 'operations'";

export const systemWarnings: Dashboard = {
    id: "system-warnings",
    title: "System warnings",
    description: "Alerts about the system itself, spans in which rules were blind, and rules that fail.",
    variables: [],
    panels: [
        {
            id: "warnings",
            title: "Warnings",
            description: "Newest first; what lasts is told once an hour.",
            kind: "table",
            unit: "none",
            sql: `SELECT toString(raised_at) AS raised, rule AS warning, severity, entity_id AS about, reason, alert_id FROM ${newestAlerts(raised, "raised_at", 100)}`,
        },
        {
            id: "by-warning",
            title: "Warnings by kind",
            description: "How often each was raised in this time.",
            kind: "bars",
            unit: "count",
            sql: `SELECT toString(rule) AS label, ${alertCount} AS value FROM detection.alerts WHERE ${raised} GROUP BY label ORDER BY value DESC, label`,
        },
        {
            id: "blind",
            title: "Where rules do not see",
            description:
                "Spans in which an input was silent, a source had stopped or a rule was switched off: no alerts then does not mean that nothing happened.",
            kind: "table",
            unit: "none",
            sql: `SELECT rule, fact AS input, toString(blind_from) AS blind_from, ifNull(toString(blind_to), 'it lasts') AS blind_to, reason FROM trading.blind_spans
WHERE run = {run} AND trading.blind_spans.blind_from <= {to} AND ifNull(trading.blind_spans.blind_to, {to}) >= {from} ORDER BY trading.blind_spans.blind_from DESC LIMIT 100`,
        },
        {
            id: "failing",
            title: "Rules that fail or warm up",
            description:
                "A rule that fails is tried again and catches up; one that warms up has not the history yet that it needs.",
            kind: "table",
            unit: "none",
            sql: `SELECT rule, rule_version AS version, toString(state) AS state, toString(early_to) AS judged_to, error FROM trading.rule_progress WHERE run = {run} AND state != 'running' ORDER BY state DESC, rule`,
        },
        {
            id: "differences",
            title: "What sources say and what is there",
            description: "Control totals and sequence numbers of the last day against the facts.",
            costly: true,
            kind: "table",
            unit: "none",
            sql: `SELECT kind, source_id AS source, fact, symbol, hour, first, last, events, expected, found FROM trading.source_warnings WHERE run_id = {run} LIMIT 100`,
        },
    ],
};
