// What the renderers of this folder take: plain data, the same that Pulumi shows in a diff.

/** One stored column. */
export interface ColumnSpec {
    /** ClickHouse type as the server prints it, e.g. `Decimal(38, 18)`. */
    type: string;
    /** Codec chain without the word CODEC, e.g. `Delta(8), ZSTD(1)`; the server's default when absent. */
    codec?: string;
    /** Shown in system.columns; columns that are personal data start with `[personal data]`. */
    comment?: string;
    /** DEFAULT expression. */
    default?: string;
}

/** A data-skipping index. */
export interface IndexSpec {
    expression: string;
    type: string;
    granularity: number;
}

/** A MergeTree table and, where it has one, the view people read it through. */
export interface TableSpec {
    database: string;
    name: string;
    comment?: string;
    columns: Record<string, ColumnSpec>;
    /** Engine with its arguments, without settings, e.g. `ReplacingMergeTree(version)`. */
    engine: string;
    orderBy: string[];
    partitionBy?: string;
    /** Rows are deleted `days` after `column`. */
    ttl?: { column: string; days: number };
    settings?: Record<string, string | number>;
    indexes?: Record<string, IndexSpec>;
    /** Re-created whenever the table's columns change: a view keeps the column list of its creation. */
    readingView?: { database: string; name: string; query: string };
}

/** Which event times a feed lets into its table; both bounds count from the time the broker received the message. */
export interface Admission {
    /** Older events are kept aside as `late`; absent: any sane time is taken. */
    pastDays?: number;
    /** Events further ahead are refused. */
    futureHours: number;
}

/** The way of a topic into a table: a Kafka-engine table, Null landing tables and the views between them. */
export interface FeedSpec {
    /** Database of the feed's own objects. */
    database: string;
    /** Name of the fact or reference. */
    name: string;
    /** Named collection that holds the brokers. */
    collection: string;
    topic: string;
    /** Consumer group: the feed's identity, never changed as cleanup. */
    group: string;
    target: { database: string; table: string };
    deadLetters: { database: string; table: string };
    /** Wire columns with the type they are stored as; optional ones are Nullable. */
    columns: Record<string, string>;
    admission: Admission;
    /** Kafka-engine settings, e.g. kafka_flush_interval_ms. */
    settings: Record<string, string | number>;
}
