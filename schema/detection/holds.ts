// Facts that must not expire: copied aside for as long as somebody says so.
import { type TableSpec } from "../ddl/spec";
import {
    detectionDatabase,
    durable,
    firstWins,
    id,
    lastWins,
    micros,
    millis,
    noMillis,
    readOnce,
    text,
    word,
} from "./columns";

export const holds: TableSpec = {
    database: detectionDatabase,
    name: "holds",
    comment:
        "What is held, by whom and why; the last row of a hold_id counts. No time ends it, only somebody who releases it",
    columns: {
        hold_id: id("Hash of kind and subject: the same subject is held once"),
        kind: { type: "Enum8('user' = 1, 'token' = 2, 'alert' = 3)", comment: "What subject names" },
        subject: id("[personal data] User, token or alert"),
        reason: text("[personal data] Why"),
        author: word("[personal data] Who held it"),
        held_at: millis("When"),
        released_by: word("[personal data] Who released it; empty while it lasts"),
        released_at: noMillis("When it was released; NULL while it lasts"),
        version: lastWins,
    },
    engine: "ReplacingMergeTree(version)",
    orderBy: ["hold_id"],
    settings: durable,
    readingView: readOnce("holds"),
};

export const heldFacts: TableSpec = {
    database: detectionDatabase,
    name: "held_facts",
    comment: "Copies of the rows a hold covers, out of reach of the facts' retention and of erasure",
    columns: {
        hold_id: id("Hold"),
        fact: word("Fact or reference the row is of"),
        event_id: id("[personal data] Identity of the event"),
        event_time: micros("When it happened"),
        content: text("[personal data] The row as canonical JSON: keys sorted, numbers as text"),
        hash: id("SHA-256 of content"),
        copied_at: millis("When it was copied"),
        version: firstWins,
    },
    engine: "ReplacingMergeTree(version)",
    orderBy: ["hold_id", "fact", "event_time", "event_id"],
    settings: durable,
    readingView: readOnce("held_facts"),
};

export const erasing: TableSpec = {
    database: detectionDatabase,
    name: "erasing",
    comment:
        "Whose data is being erased right now: the statements that erase read it here, so that no log of statements keeps whom they named, and one that was interrupted can go on",
    columns: {
        erasure: id("Erasure; its partition is dropped when it is done"),
        kind: {
            type: "Enum8('user' = 1, 'account' = 2, 'address' = 3, 'pattern' = 4, 'alert' = 5, 'kept' = 6)",
            comment:
                "What value is; pattern: regular expression that finds the others in text; kept: an alert that is held",
        },
        value: id("[personal data] What is erased"),
    },
    engine: "MergeTree",
    partitionBy: "erasure",
    orderBy: ["kind", "value"],
    settings: durable,
};
