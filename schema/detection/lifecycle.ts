// What people do about alerts and rules: every step a row that is never changed, by whom and why.
import { type TableSpec } from "../ddl/spec";
import {
    alertRetentionDays,
    detectionDatabase,
    durable,
    fewOfEach,
    firstWins,
    id,
    lastWins,
    millis,
    noMillis,
    readAll,
    readOnce,
    text,
    word,
} from "./columns";

/** What can be done about an alert; new words go to the end. */
export const alertActions = [
    "acknowledged",
    "snoozed",
    "unsnoozed",
    "escalated",
    "closed",
    "reopened",
    "noted",
] as const;
export type AlertAction = (typeof alertActions)[number];

/** How an alert can end; valuable: no offence, and yet worth having been told. */
export const outcomes = ["confirmed", "valuable", "false_positive"] as const;
export type Outcome = (typeof outcomes)[number];

const members = (words: readonly string[], first = 1): string =>
    words.map((each, index) => `'${each}' = ${String(index + first)}`).join(", ");

export const alertEvents: TableSpec = {
    database: detectionDatabase,
    name: "alert_events",
    comment:
        "What was done about alerts. That one fired is its own row in alerts, that somebody was notified an accepted delivery: neither is written twice",
    columns: {
        event_id: id("Hash of alert_id, action, actor and at: written again it is the same event"),
        alert_id: id("Alert"),
        action: { type: `Enum8(${members(alertActions)})`, comment: "What was done" },
        outcome: { type: `Enum8(${members(["", ...outcomes], 0)})`, comment: "Of closed: how it ended; else empty" },
        until: noMillis("Of snoozed: when it comes back by itself"),
        actor: word("[personal data] Who did it"),
        note: text("[personal data] Why, in words; never empty for closed"),
        at: millis("When"),
        version: firstWins,
    },
    engine: "ReplacingMergeTree(version)",
    orderBy: ["alert_id", "at", "event_id"],
    ttl: { column: "at", days: alertRetentionDays },
    settings: fewOfEach,
    readingView: readOnce("alert_events"),
};

export const ruleSwitches: TableSpec = {
    database: detectionDatabase,
    name: "rule_switches",
    comment:
        "Rules somebody has switched off for a while: they are not evaluated until then and catch up afterwards, so that no alert is missing in the end",
    columns: {
        rule: word("Rule"),
        disabled_until: millis("It is evaluated again from then on; not after at: it was switched on again"),
        reason: text("Why"),
        author: word("[personal data] Who"),
        at: millis("When it was switched"),
        version: lastWins,
    },
    engine: "ReplacingMergeTree(version)",
    orderBy: ["rule"],
    ttl: { column: "at", days: alertRetentionDays },
    settings: durable,
    readingView: readOnce("rule_switches"),
};

export const auditLog: TableSpec = {
    database: detectionDatabase,
    name: "audit_log",
    comment: "Who did or read what",
    columns: {
        at: millis("When"),
        actor: word("[personal data] Who"),
        role: word("viewer, analyst or lead; cli: whoever may reach the database"),
        action: word("What: the command or page, e.g. alerts.show"),
        subject: id("[personal data] What it concerned: an alert id, a rule, user:<id> ..."),
        details: { type: "Map(LowCardinality(String), String)", comment: "[personal data] How: options, counts" },
    },
    engine: "MergeTree",
    partitionBy: "toYYYYMM(at)",
    orderBy: ["at", "actor"],
    ttl: { column: "at", days: alertRetentionDays },
    settings: { ...durable, ttl_only_drop_parts: 1 },
    readingView: readAll("audit_log"),
};
