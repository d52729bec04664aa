// What the analyst gets: alerts, and the evidence each one stood on, kept long after the facts have expired.
import { databases } from "../ddl/tables";
import { qualified } from "../ddl/quote";
import { type TableSpec } from "../ddl/spec";
import {
    alertRetentionDays,
    detectionDatabase,
    durable,
    firstWins,
    idIndex,
    micros,
    millis,
    readOnce,
    text,
    word,
} from "./columns";

export const alerts: TableSpec = {
    database: detectionDatabase,
    name: "alerts",
    comment: "Alerts of all rules; one row an alert_id, as it was first raised",
    columns: {
        alert_id: {
            type: "String",
            comment: "Hash of rule, version, run, entity and trigger: the same however often it is evaluated",
        },
        kind: {
            type: "Enum8('alert' = 1, 'summary' = 2)",
            comment: "summary: stands for the alerts of an hour that the rule's breaker held back",
        },
        rule: word("Rule"),
        rule_version: { type: "UInt32", comment: "Version of the rule" },
        sql_hash: { type: "String", comment: "SHA-256 of the rule's SQL" },
        parameters: { type: "Map(String, String)", comment: "Parameters it was evaluated with" },
        run: word("Run of a replay or simulation; empty for live and backfill"),
        origin: word("live, backfill, replay or synthetic: of the trigger; only live ever pages somebody"),
        entity_kind: word("What entity_id names"),
        entity_id: { type: "String", comment: "[personal data] User, account, token or pair it concerns" },
        trigger_key: {
            type: "String",
            comment: "[personal data] What the pattern hangs on, e.g. the event_id of the login",
        },
        event_time: micros("When the pattern was complete: event_time of the trigger"),
        window_from: micros("Where the window begins that was looked at"),
        as_of: micros("End of the range it was first evaluated in"),
        known_at: millis("Rows the broker received until then were seen"),
        pass: { type: "Enum8('early' = 1, 'final' = 2)", comment: "early: at once; final: after the allowed lateness" },
        raised_at: millis("When it was written"),
        score: { type: "Float64", comment: "0 to 100" },
        severity: word("Severity of the rule"),
        owner: word("Who works on it: surveillance, fraud or operations"),
        mode: word("active or shadow, as the rule was when it fired"),
        reason: text("[personal data] What happened, in words"),
        details: { type: "Map(String, String)", comment: "[personal data] Figures of the reason" },
        exemption: text("Why it is not sent on although it fired: class, reason, approver; empty if not exempt"),
        held_back: word(
            "Why it is not sent on by itself: suppressed (one of the entity was sent before) or breaker (the summary stands for it); else empty",
        ),
        warming: { type: "Bool", comment: "The history the rule needs was not covered yet" },
        evidence_hash: { type: "String", comment: "SHA-256 of its evidence, row by row in order" },
        version: firstWins,
    },
    engine: "ReplacingMergeTree(version)",
    // Nothing in the key may differ between two evaluations of one alert: so no time, and no partition by time.
    orderBy: ["rule", "run", "alert_id"],
    indexes: {
        times: { expression: "event_time", type: "minmax", granularity: 1 },
        // What was raised since then is asked for every second, by who sends alerts on.
        raised: { expression: "raised_at", type: "minmax", granularity: 1 },
        ...idIndex("alert_id"),
    },
    ttl: { column: "event_time", days: alertRetentionDays },
    settings: durable,
    readingView: readOnce("alerts"),
};

export const alertEvidence: TableSpec = {
    database: detectionDatabase,
    name: "alert_evidence",
    comment: "Copies of the rows each alert stood on, with their hash: facts expire, alerts do not",
    columns: {
        alert_id: { type: "String", comment: "Alert" },
        evidence_hash: { type: "String", comment: "Set the row belongs to; the alert names the one that counts" },
        position: { type: "UInt32", comment: "Place of the row in the set, from 0" },
        source: word("What the row is, as the rule's evidence query calls it"),
        content: text("[personal data] The row as canonical JSON: keys sorted, numbers as text"),
        hash: { type: "String", comment: "SHA-256 of content" },
        event_time: micros("event_time of the alert"),
        copied_at: millis("When it was copied"),
        version: firstWins,
    },
    engine: "ReplacingMergeTree(version)",
    orderBy: ["alert_id", "evidence_hash", "position"],
    ttl: { column: "event_time", days: alertRetentionDays },
    settings: durable,
    readingView: {
        database: databases.trading,
        name: "alert_evidence",
        // An evaluation that was killed may have left another set behind.
        query:
            `SELECT * EXCEPT (version) FROM ${qualified(detectionDatabase, "alert_evidence")} FINAL\n` +
            `WHERE (alert_id, evidence_hash) IN (SELECT alert_id, evidence_hash FROM ${qualified(detectionDatabase, "alerts")} FINAL)`,
    },
};
