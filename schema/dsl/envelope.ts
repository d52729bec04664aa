// What every event carries beside its own columns, and what the feed adds when it arrives.
import { type Columns, integer, oneOf, optional, label, text, time } from "./columns";

/** Where an event comes from: only `live` ever pages somebody. */
export const origins = ["live", "backfill", "replay", "synthetic"] as const;
export type Origin = (typeof origins)[number];

/** The columns every producer sends. */
export const envelope = {
    event_id: text("Deterministic identity: the business key, joined by `|`; a resend carries the same one"),
    event_time: time("When it happened, as the business says: a function of the event, never of the sending"),
    source_id: label("The producer's instance, e.g. market-data/binance"),
    source_seq: optional(integer("Gapless number the source counts its events with, where it has one")),
    origin: oneOf(origins, "live, backfill (history loaded later), replay (a recording) or synthetic (the simulator)"),
    run_id: optional(label("Run of a replay or simulation: part of the identity, so that a repeated run is new data")),
    original_time: optional(time("Recorded time of a replayed event, before its times were re-based")),
} satisfies Columns;

/** A column the feed fills, with its ClickHouse type. */
export interface ArrivalColumn {
    type: string;
    codec?: string;
    description: string;
}

/** The columns the feed adds. */
export const arrival: Record<string, ArrivalColumn> = {
    received_at: {
        type: "DateTime64(3, 'UTC')",
        codec: "Delta(8), ZSTD(1)",
        description: "When the broker received the message",
    },
    ingested_at: {
        type: "DateTime64(3, 'UTC')",
        codec: "Delta(8), ZSTD(1)",
        description: "When the row was written here",
    },
    version: {
        type: "UInt64",
        codec: "Delta(8), ZSTD(1)",
        description: "bitNot of the ingest time in ms: the first arrival of an event_id is the one kept",
    },
    _topic: { type: "LowCardinality(String)", description: "Kafka topic" },
    _partition: { type: "UInt32", codec: "Delta(4), ZSTD(1)", description: "Kafka partition" },
    _offset: {
        type: "UInt64",
        codec: "Delta(8), ZSTD(1)",
        description: "Kafka offset; all events of a packed message share it",
    },
};
