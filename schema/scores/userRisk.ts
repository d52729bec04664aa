// How much a user deserves a look: what alerts and the user's own profile say, in parts.
import { alerts, detectionDatabase } from "../detection";
import { qualified } from "../ddl/quote";
import { common, count, longDays, ratio, type Rollup } from "../rollups/spec";
import { from, refreshes, since, until } from "../rollups/sql";
import { following } from "./days";
import { type Components, contributions, coverage, described, sumOfContributions } from "./formula";
import { profiles } from "./userProfiles";

/** Changes with every weight, scale, half-life or floor below; it is stored with each score. */
export const userRiskVersion = 1;

/** What an alert weighs on its day, by the severity of its rule. Uncalibrated. */
export const severityPoints = { low: 5, medium: 10, high: 25, critical: 50 } as const;
/** An alert weighs half after so many days (reference/domain.md 4.1), and nothing after 60, when a twentieth is left: the work is bounded. */
export const halfLifeDays = 14;
export const memoryDays = 60;

/** A user with an alert of this severity within so many days has at least this score: one such pattern is enough to look (domain.md 4.1: 60). */
export const floor = { severity: "critical", days: 14, score: 60 } as const;

/** Rules by what they say of a user; those of a family add up before they saturate. A rule of no family counts as "other". */
export const families: Readonly<Record<string, readonly string[]>> = {
    takeover: ["new_ip_withdrawal", "impossible_travel", "dormant_reactivation"],
    movement: ["structuring", "pass_through", "withdrawal_velocity"],
    manipulation: ["self_trade", "layering"],
};

const guess = "reference/domain.md 4.1, starting guess, uncalibrated";
const ofAlerts = (family: string, weight: number, description: string) => ({
    weight,
    value: `decayed['${family}']`,
    scale: 25,
    description: `${description}: points of alerts, halved every ${String(halfLifeDays)} days`,
    source: guess,
});

export const userComponents: Components = {
    takeover: ofAlerts("takeover", 0.25, "Account takeover"),
    movement: ofAlerts("movement", 0.2, "Structuring, pass-through, velocity of withdrawals"),
    manipulation: ofAlerts("manipulation", 0.2, "Self-trades and layering"),
    other: ofAlerts("other", 0.05, "Other rules"),
    surge: {
        weight: 0.15,
        value: "withdrawal_surge",
        scale: 5,
        description: "Robust z of the day's withdrawals",
        source: `${guess}; 3.5 is the usual bound of an outlier (Iglewicz and Hoaglin 1993)`,
    },
    access: {
        weight: 0.1,
        value: "failed_logins_7 + 3 * security_changes_7 + 5 * greatest(toInt64(most_countries_7) - 1, 0)",
        scale: 10,
        description: "Failed logins, 3 for a change of security, 5 for each country beyond the first in a day; 7 days",
        source: guess,
    },
    prevented: {
        weight: 0.05,
        value: "self_trade_preventions_30",
        scale: 20,
        description: "Orders cancelled by self-trade prevention in 30 days",
        source: guess,
    },
};

const familyOf = `multiIf(${Object.entries(families)
    .map(([family, rules]) => `rule IN (${rules.map((rule) => `'${rule}'`).join(", ")}), '${family}'`)
    .join(", ")}, 'other')`;
const weightOf = `multiIf(${Object.entries(severityPoints)
    .map(([severity, value]) => `severity = '${severity}', ${String(value)}`)
    .join(", ")}, 0)`;

const periods = "arrayMap(period -> toDate(period), {periods:Array(DateTime('UTC'))})";
const memory = String(memoryDays);

/** Alerts that were meant for people: not of shadow rules, not exempt, not the breaker's summaries. An alert that was held back counts. */
const counted = "kind = 'alert' AND mode = 'active' AND exemption = '' AND entity_kind = 'user'";

/** Alerts of each user up to each day, per family and age: whole numbers, whose sum does not depend on the order of rows. */
const aged =
    `SELECT run, entity_id AS user_id, arrayJoin(${periods}) AS day, ${familyOf} AS family,\n` +
    `    toUInt16(dateDiff('day', toDate(event_time), day)) AS age, count() AS alerts, sum(${weightOf}) AS weight, countIf(severity = '${floor.severity}') AS severe\n` +
    `FROM ${qualified(detectionDatabase, alerts.name)} FINAL\n` +
    `WHERE ${counted} AND event_time >= ${from} - toIntervalDay(${memory}) AND event_time < ${until}\n` +
    `    AND toDate(event_time) <= day AND dateDiff('day', toDate(event_time), day) < ${memory}\n` +
    `GROUP BY run, user_id, day, family, age`;

const decayed = (family: string): string =>
    `arraySum(arrayMap(one -> one.2 * pow(0.5, one.1 / ${String(halfLifeDays)}), arraySort(groupArrayIf((age, weight), family = '${family}'))))`;
const evidence =
    `SELECT run, user_id, day, sumIf(alerts, age = 0) AS alerts_1, sum(alerts) AS alerts_60,\n` +
    `    sumIf(severe, age < ${String(floor.days)}) AS severe_alerts, map(${[...Object.keys(families), "other"]
        .map((family) => `'${family}', ${decayed(family)}`)
        .join(", ")}) AS decayed\n` +
    `FROM (${aged}) GROUP BY run, user_id, day`;

const names = Object.keys(userComponents);
const values = Object.entries(userComponents)
    .map(([name, { value }]) => `${value} AS ${name}`)
    .join(", ");

const scored =
    `SELECT run, user_id, day, alerts_1, alerts_60, severe_alerts, ${names.join(", ")},\n` +
    `    ${coverage(userComponents)} AS coverage, ${contributions(userComponents)} AS known\n` +
    `FROM (SELECT profile.run AS run, profile.user_id AS user_id, profile.day AS day, alerts_1, alerts_60, severe_alerts, ${values}\n` +
    `    FROM (${profiles}) AS profile LEFT JOIN (${evidence}) AS evidence\n` +
    `    ON evidence.run = profile.run AND evidence.user_id = profile.user_id AND evidence.day = profile.day)`;

export const userRisk: Rollup = {
    name: "user_risk",
    description: "Risk score of each user on each day with activity, with what it is made of; weights are uncalibrated",
    grain: "day",
    columns: {
        run: common.run,
        user_id: common.user_id,
        day: common.day,
        score: {
            type: "Float64",
            codec: "ZSTD(1)",
            description: "0 to 100: the sum of the contributions, or the floor if that is more",
        },
        floor: {
            type: "Float64",
            codec: "ZSTD(1)",
            description: "What the score is at least, 0 if nothing holds it up",
        },
        version: { type: "UInt16", codec: "ZSTD(1)", description: "Version of weights, scales and floors" },
        coverage: { type: "Float64", codec: "ZSTD(1)", description: "Weight of the components that are known, 0 to 1" },
        contributions: {
            type: "Map(String, Nullable(Float64))",
            codec: "ZSTD(1)",
            description: "What each known component adds to the score",
        },
        alerts_1: count("Alerts of active rules on the day"),
        alerts_60: count("Alerts of active rules in 60 days"),
        severe_alerts: count(`Alerts of severity ${floor.severity} in ${String(floor.days)} days`),
        ...Object.fromEntries(
            Object.entries(userComponents).map(([name, component]) => [name, ratio(described(component))]),
        ),
    },
    key: ["run", "user_id", "day"],
    partitionBy: "toYYYYMM(day)",
    expiresBy: "day",
    retentionDays: longDays,
    keeps: "latest",
    touched: [
        refreshes("user_profiles", "toDateTime(day, 'UTC')"),
        following(
            `SELECT DISTINCT toDate(event_time) AS changed FROM ${qualified(detectionDatabase, alerts.name)} WHERE raised_at > ${since} AND ${counted}`,
            memoryDays,
        ),
    ],
    select:
        `SELECT * EXCEPT (known), known AS contributions, toUInt16(${String(userRiskVersion)}) AS version,\n` +
        `    toFloat64(if(severe_alerts > 0, ${String(floor.score)}, 0)) AS floor, greatest(${sumOfContributions}, floor) AS score\n` +
        `FROM (${scored})`,
    everySeconds: 60,
    readsAlerts: true,
    reads: ["user_days", "user_profiles"],
};
