// Which tokens are a risk and why.
import { type Dashboard, days, newestAlerts, point, within } from "./spec";

const lastDay = `(SELECT max(day) FROM trading.token_risk WHERE ${days})`;
const ofToken = `${days} AND token = {token}`;
const rounded = (column: string, digits: number): string => `round(${column}, ${String(digits)}) AS ${column}`;

export const tokenRisk: Dashboard = {
    id: "token-risk",
    title: "Token risk",
    description:
        "Risk scores of tokens (0 to 100, weights uncalibrated) with their components, and what is said about them.",
    variables: [
        {
            name: "token",
            title: "Token",
            options: `SELECT toString(token) FROM trading.token_risk WHERE run = {run} AND day = (SELECT max(day) FROM trading.token_risk WHERE run = {run}) ORDER BY ifNull(score, -1) DESC, token LIMIT 500`,
        },
    ],
    panels: [
        {
            id: "highest",
            title: "Tokens by score",
            description:
                "Of the last day there are scores for. Without a score: less than half of the components were known.",
            kind: "table",
            unit: "score",
            sql: `SELECT toString(token) AS token, day, ${rounded("score", 1)}, round(coverage, 2) AS known, trades, ${rounded("volatility", 4)}, ${rounded("spread_bps", 1)}, round(depth) AS thinner_depth,
    ${rounded("concentration", 3)}, ${rounded("wash_share", 4)}, ${rounded("negativity", 3)}
FROM trading.token_risk WHERE run = {run} AND day = ${lastDay} ORDER BY ifNull(trading.token_risk.score, -1) DESC, token LIMIT 100`,
            links: [{ column: "token", dashboard: "token-risk", variable: "token" }],
        },
        {
            id: "score",
            title: "Score of the token",
            description: "Day by day; a gap where too little was known.",
            kind: "lines",
            unit: "score",
            sql: `SELECT toDateTime(day, 'UTC') AS time, score AS value FROM trading.token_risk WHERE ${ofToken} AND isNotNull(score) ORDER BY time`,
        },
        {
            id: "contributions",
            title: "What the token's score is made of",
            description: "Contributions of the components on the token's last day; they add up to the score.",
            kind: "bars",
            unit: "score",
            sql: `SELECT tupleElement(pair, 1) AS label, round(tupleElement(pair, 2), 1) AS value
FROM (SELECT arrayJoin(arrayZip(mapKeys(contributions), mapValues(contributions))) AS pair FROM (SELECT contributions FROM trading.token_risk WHERE ${ofToken} ORDER BY day DESC LIMIT 1))
WHERE isNotNull(value) ORDER BY value DESC, label`,
        },
        {
            id: "price",
            title: "Price of the token",
            description:
                "In the reporting currency, as alerts and rollups took it; minutes in which nobody needed one are left out.",
            kind: "lines",
            unit: "price",
            sql: `SELECT ${point("minute")} AS time, toFloat64(argMax(price, minute)) AS value FROM trading.token_prices WHERE ${within("minute")} AND token = {token} AND isNotNull(price) GROUP BY time ORDER BY time`,
        },
        {
            id: "buzz",
            title: "Posts about the token",
            description: "All, and those with a negative sentiment.",
            kind: "lines",
            unit: "count",
            sql: `SELECT time, tupleElement(each, 1) AS series, tupleElement(each, 2) AS value
FROM (SELECT ${point("minute")} AS time, arrayJoin([('all', sum(posts)), ('negative', sum(negative_posts))]) AS each FROM trading.post_minutes WHERE ${within("minute")} AND token = {token} GROUP BY time)
ORDER BY time, series`,
        },
        {
            id: "alerts",
            title: "Alerts about the token",
            description: "Newest first, those in shadow included.",
            kind: "table",
            unit: "none",
            sql: `SELECT toString(event_time) AS event_time, rule, severity, mode, reason, alert_id FROM ${newestAlerts("run = {run} AND entity_kind = 'token' AND entity_id = {token}", "event_time", 50)}`,
        },
    ],
};
