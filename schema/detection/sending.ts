// What was sent to whom about which alert, and what is not to be sent.
import { type TableSpec } from "../ddl/spec";
import {
    alertRetentionDays,
    detectionDatabase,
    durable,
    fewOfEach,
    firstWins,
    id,
    idIndex,
    lastWins,
    millis,
    noMillis,
    readAll,
    readOnce,
    text,
    word,
} from "./columns";

export const notifications: TableSpec = {
    database: detectionDatabase,
    name: "notifications",
    comment: "What was decided about telling each alert to each target; the first decision of a key counts",
    columns: {
        alert_id: id("Alert"),
        target: word("Target as it is configured; empty: the decision concerns all of them"),
        sequence: { type: "UInt32", comment: "0: first notification, 1 and up: told again because nobody had acted" },
        message_id: id("Message it went into, in deliveries; empty where none was to be sent"),
        decision: {
            type:
                "Enum8('sent' = 1, 'digest' = 2, 'silenced' = 3, 'maintenance' = 4, 'inhibited' = 5, 'too_old' = 6, " +
                "'not_live' = 7, 'suppressed' = 8, 'shadow' = 9, 'no_route' = 10)",
            comment: "sent and digest: to be sent, alone or among others; the others say why not",
        },
        by: id("What decided: id of the silence, the stale input, the digest ..."),
        owner: word("Owner of the rule"),
        rule: word("Rule"),
        decided_at: millis("When"),
        version: firstWins,
    },
    engine: "ReplacingMergeTree(version)",
    // By alert first: its state is asked for far more often than all that a target got.
    orderBy: ["alert_id", "target", "sequence"],
    indexes: {
        ...idIndex("message_id"),
        decided: { expression: "decided_at", type: "minmax", granularity: 1 },
    },
    ttl: { column: "decided_at", days: alertRetentionDays },
    settings: fewOfEach,
    readingView: readOnce("notifications"),
};

export const deliveries: TableSpec = {
    database: detectionDatabase,
    name: "deliveries",
    comment:
        "Journal of messages: an intent is written before it is sent, what came of it after. A message is pending until its last row is accepted or dead; " +
        "one that was dead is pending again after a row replayed, and goes out under the same message_id",
    columns: {
        message_id: id(
            "Hash of target, kind, sequence and alerts (of a report its week): the same after a restart, so that receivers can tell",
        ),
        target: word("Target as it is configured"),
        kind: {
            type: "Enum8('alert' = 1, 'digest' = 2, 'escalation' = 3, 'repeat' = 4, 'summary' = 5, 'heartbeat' = 6, 'test' = 7, 'report' = 8)",
            comment: "What it is",
        },
        attempt: { type: "UInt32", comment: "Which attempt, from 1; 0 for replayed" },
        state: {
            type: "Enum8('intent' = 1, 'accepted' = 2, 'failed' = 3, 'dead' = 4, 'replayed' = 5)",
            comment: "dead: given up; replayed: somebody asked for it to be sent after all",
        },
        at: millis("When"),
        status: { type: "UInt16", comment: "Answer of the target as an HTTP status; 0: none" },
        error: text("Why it failed; never with secrets"),
        next_at: noMillis("Of failed: when it is tried again"),
        alerts: { type: "UInt32", comment: "How many alerts it tells of" },
    },
    engine: "MergeTree",
    partitionBy: "toYYYYMM(at)",
    orderBy: ["message_id", "at"],
    indexes: { times: { expression: "at", type: "minmax", granularity: 1 } },
    ttl: { column: "at", days: alertRetentionDays },
    settings: { ...durable, ttl_only_drop_parts: 1 },
    readingView: readAll("deliveries"),
};

export const deliveryClaims: TableSpec = {
    database: detectionDatabase,
    name: "delivery_claims",
    comment:
        "Which worker delivers: the one with the greatest epoch, of those the one with the greatest token; the others end",
    columns: {
        token: id("Of one worker, from its start to its end"),
        epoch: { type: "UInt64", comment: "Greater than all before" },
        state: {
            type: "Enum8('claimed' = 1, 'released' = 2)",
            comment: "released: nothing of it is under way any more",
        },
        worker: text("Host and process"),
        at: millis("When"),
    },
    engine: "MergeTree",
    orderBy: ["epoch", "token"],
    ttl: { column: "at", days: alertRetentionDays },
    settings: durable,
    readingView: readAll("delivery_claims"),
};

export const silences: TableSpec = {
    database: detectionDatabase,
    name: "silences",
    comment:
        "What is not to be sent for a while. Alerts are recorded all the same. The last row of a silence_id counts",
    columns: {
        silence_id: id("Silence"),
        kind: {
            type: "Enum8('silence' = 1, 'maintenance' = 2)",
            comment: "maintenance: a window of announced work on the system",
        },
        rule: word("Alerts of this rule; empty: of any"),
        entity_kind: word("About an entity of this kind; empty: of any"),
        entity_id: id("[personal data] About this entity; empty: about any"),
        owner: word("Of this owner; empty: of any"),
        severity: word("Of this severity; empty: of any"),
        starts_at: millis("From then on"),
        ends_at: millis("until then"),
        author: word("[personal data] Who"),
        reason: text("[personal data] Why"),
        version: lastWins,
    },
    engine: "ReplacingMergeTree(version)",
    orderBy: ["silence_id"],
    ttl: { column: "ends_at", days: alertRetentionDays },
    settings: durable,
    readingView: readOnce("silences"),
};
