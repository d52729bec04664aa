// The tables the pipeline keeps about itself: dead letters, suspects, gaps.
import { databases, deadLettersTable } from "./tables";
import { qualified } from "./quote";
import { suspectsTable } from "./feed";
import { type ColumnSpec, type TableSpec } from "./spec";

/** Table of offset ranges no row accounted for. */
export const gapsTable = "gaps";

const position: Record<string, ColumnSpec> = {
    topic: { type: "LowCardinality(String)", comment: "Kafka topic" },
    partition: { type: "UInt32", comment: "Kafka partition" },
};
const millis = (comment: string): ColumnSpec => ({ type: "DateTime64(3, 'UTC')", comment });

/** Every refused or late line, exactly once per (topic, partition, offset, line) when read through its view. */
export const deadLetters = (retentionDays: number): TableSpec => ({
    database: databases.facts,
    name: deadLettersTable,
    comment: "Lines that did not become a fact, with their bytes and the reason",
    columns: {
        fact: { type: "LowCardinality(String)", comment: "Fact or reference the line was meant for" },
        ...position,
        offset: { type: "UInt64", comment: "Kafka offset of the message" },
        line: { type: "UInt32", comment: "Line within the message, from 0" },
        class: {
            type: "Enum8('refused' = 1, 'late' = 2)",
            comment: "late: sound, but older than the fact's retention",
        },
        reason: { type: "String", comment: "Why, with the column and the value found" },
        raw: { type: "String", codec: "ZSTD(3)", comment: "[personal data] The line's bytes as received" },
        key: { type: "String", comment: "[personal data] Kafka key" },
        received_at: millis("When the broker received the message"),
        ingested_at: millis("When the row was written"),
        version: { type: "UInt64", comment: "bitNot of the ingest time in ms: the first row of a line is kept" },
    },
    engine: "ReplacingMergeTree(version)",
    partitionBy: "toDate(received_at)",
    orderBy: ["topic", "partition", "offset", "line"],
    ttl: { column: "received_at", days: retentionDays },
    settings: { ttl_only_drop_parts: 1 },
    readingView: {
        database: databases.trading,
        name: deadLettersTable,
        query: `SELECT * EXCEPT (version) FROM ${qualified(databases.facts, deadLettersTable)} FINAL`,
    },
});

/** Messages with something wrong in them: the auditor reads them again from Kafka, with their bytes. */
export const suspects = (retentionDays: number): TableSpec => ({
    database: databases.ingest,
    name: suspectsTable,
    comment: "Messages with something wrong in them, to be read again by the auditor",
    columns: {
        fact: { type: "LowCardinality(String)", comment: "Fact or reference" },
        ...position,
        offset: { type: "UInt64", comment: "Kafka offset of the message" },
        received_at: millis("When the broker received the message"),
        settled: { type: "Bool", comment: "Whether it has been read again; the last row of a message counts" },
    },
    engine: "ReplacingMergeTree",
    partitionBy: "toDate(received_at)",
    orderBy: ["topic", "partition", "offset"],
    ttl: { column: "received_at", days: retentionDays },
    settings: { ttl_only_drop_parts: 1 },
});

/** Ranges of offsets that no row accounted for when the auditor looked, and what it did about them. */
export const gaps = (retentionDays: number): TableSpec => ({
    database: databases.facts,
    name: gapsTable,
    comment: "Offset ranges without a row, found by the auditor",
    columns: {
        fact: { type: "LowCardinality(String)", comment: "Fact or reference" },
        ...position,
        first_offset: { type: "UInt64", comment: "First offset of the range" },
        last_offset: { type: "UInt64", comment: "Last offset of the range" },
        kind: {
            type: "Enum8('empty' = 1, 'lost' = 2, 'expired' = 3)",
            comment:
                "empty: no content, dead-lettered; lost: rows were gone, replayed from Kafka; expired: Kafka no longer has it",
        },
        repaired: { type: "Bool", comment: "Whether the messages were read again from Kafka" },
        found_at: millis("When the auditor found it"),
    },
    engine: "ReplacingMergeTree(found_at)",
    partitionBy: "toDate(found_at)",
    orderBy: ["topic", "partition", "first_offset", "last_offset"],
    ttl: { column: "found_at", days: retentionDays },
    settings: { ttl_only_drop_parts: 1 },
    readingView: {
        database: databases.trading,
        name: gapsTable,
        query: `SELECT * FROM ${qualified(databases.facts, gapsTable)} FINAL`,
    },
});

/** Table of how far the auditor has accounted for each partition. */
export const auditsTable = "audits";

/** One row a minute and partition, so that after a crash of ClickHouse the last hour can be looked at again. */
export const audits = (): TableSpec => ({
    database: databases.ingest,
    name: auditsTable,
    comment: "How far the auditor has accounted for each partition",
    columns: {
        ...position,
        audited_at: millis("When"),
        next_offset: { type: "UInt64", comment: "Every offset below it was accounted for" },
    },
    engine: "ReplacingMergeTree(next_offset)",
    orderBy: ["topic", "partition", "toStartOfMinute(audited_at)"],
    ttl: { column: "audited_at", days: 2 },
});
