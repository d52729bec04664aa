// Who is a risk and why: from the score to the alerts and the days it stands on.
import { type Dashboard, days, newestAlerts } from "./spec";

const lastDay = `(SELECT max(day) FROM trading.user_risk WHERE ${days})`;
const ofUser = `${days} AND user_id = {user}`;

export const userRisk: Dashboard = {
    id: "user-risk",
    title: "User risk",
    description:
        "Risk scores of users (0 to 100, weights uncalibrated), what they are made of, and the days behind them.",
    variables: [
        {
            name: "user",
            title: "User",
            options: `SELECT user_id FROM trading.user_risk WHERE run = {run} AND day = (SELECT max(day) FROM trading.user_risk WHERE run = {run}) ORDER BY score DESC, user_id LIMIT 500`,
        },
    ],
    panels: [
        {
            id: "highest",
            title: "Highest scores",
            description:
                "Of the last day there are scores for. Coverage is the share of the components that were known.",
            kind: "table",
            unit: "score",
            sql: `SELECT user_id, day, round(score, 1) AS risk, floor, round(coverage, 2) AS known, alerts_1 AS alerts_today, alerts_60 AS alerts_60_days,
    arrayStringConcat(arrayMap(pair -> concat(pair.1, ' ', toString(round(pair.2, 1))), arraySlice(arrayReverseSort(pair -> pair.2, arrayFilter(pair -> ifNull(pair.2, 0) > 0, arrayZip(mapKeys(contributions), mapValues(contributions)))), 1, 3)), ', ') AS made_of
FROM trading.user_risk WHERE run = {run} AND day = ${lastDay} ORDER BY score DESC, user_id LIMIT 100`,
            links: [{ column: "user_id", dashboard: "user-risk", variable: "user" }],
        },
        {
            id: "distribution",
            title: "How scores are spread",
            description: "Users by score, in tens, on the last day there are scores for.",
            kind: "bars",
            unit: "count",
            sql: `SELECT concat(leftPad(toString(10 * tens), 2, '0'), '-', toString(10 * tens + 10)) AS label, count() AS value
FROM (SELECT least(toUInt8(intDiv(toUInt32(score), 10)), 9) AS tens FROM trading.user_risk WHERE run = {run} AND day = ${lastDay}) GROUP BY tens ORDER BY tens`,
        },
        {
            id: "score",
            title: "Score of the user",
            description: "Day by day.",
            kind: "lines",
            unit: "score",
            sql: `SELECT toDateTime(day, 'UTC') AS time, score AS value FROM trading.user_risk WHERE ${ofUser} ORDER BY time`,
        },
        {
            id: "contributions",
            title: "What the user's score is made of",
            description:
                "Contributions of the components on the user's last day; they add up to the score. Missing is not 0: it is left out.",
            kind: "bars",
            unit: "score",
            sql: `SELECT tupleElement(pair, 1) AS label, round(tupleElement(pair, 2), 1) AS value
FROM (SELECT arrayJoin(arrayZip(mapKeys(contributions), mapValues(contributions))) AS pair FROM (SELECT contributions FROM trading.user_risk WHERE ${ofUser} ORDER BY day DESC LIMIT 1))
WHERE isNotNull(value) ORDER BY value DESC, label`,
        },
        {
            id: "alerts",
            title: "Alerts of the user",
            description: "Newest first, those in shadow, exempt or held back included.",
            kind: "table",
            unit: "none",
            sql: `SELECT toString(event_time) AS event_time, rule, severity, mode, reason, alert_id FROM ${newestAlerts("run = {run} AND entity_kind = 'user' AND entity_id = {user}", "event_time", 50)}`,
        },
        {
            id: "money",
            title: "Deposits and withdrawals of the user",
            description: "By day, in the reporting currency; what had no price is not in it.",
            kind: "lines",
            unit: "usd",
            sql: `SELECT time, tupleElement(each, 1) AS series, tupleElement(each, 2) AS value
FROM (SELECT toDateTime(day, 'UTC') AS time, arrayJoin([('deposits', toFloat64(deposit_amount)), ('withdrawals', toFloat64(withdrawal_amount))]) AS each FROM trading.user_days WHERE ${ofUser})
ORDER BY time, series`,
        },
        {
            id: "profile",
            title: "Daily profile of the user",
            description:
                "What he did on each day, and how unusual his withdrawals were (robust z; empty where too little is known of him).",
            kind: "table",
            unit: "none",
            sql: `SELECT day, active_days_30, withdrawals_1 AS withdrawals, toString(withdrawal_amount_1) AS withdrawn, toString(volume_7) AS volume_7_days, failed_logins_7, security_changes_7, most_countries_7, round(withdrawal_surge, 1) AS surge
FROM trading.user_profiles WHERE ${ofUser} ORDER BY day DESC LIMIT 60`,
        },
    ],
};
