// What the engine is told at its start: renders the XML file that chdb reads with --config-file. Pure.

/** Limits and durability of one host. Bytes are bytes, seconds are seconds. */
export interface EngineOptions {
    /** Data, named collections, backups and pipes all lie below this folder (absolute). */
    folder: string;
    /** Memory at which the engine refuses further allocations (error 241). */
    maxServerMemoryBytes: number;
    /** Whether a part is on the disk (fsync) before its INSERT is answered. */
    fsync: boolean;
}

const MIB = 1024 * 1024;

/**
 * Kafka tables that may consume at once. A consumer holds a thread of this pool while it streams, so it is sized for the 22 feeds and some
 * more; the engine's default of two threads would make every feed wait for the others.
 */
const MESSAGE_BROKER_THREADS = 32;

/**
 * librdkafka's settings for Kafka tables that name their brokers themselves; one made with a named collection takes them from the collection
 * alone (keys `kafka.<setting>`). After kill -9 the old consumer otherwise blocks its partitions for the default of 45 s.
 */
const KAFKA = { session_timeout_ms: 6000, heartbeat_interval_ms: 2000 };

/**
 * Not logged: errors of queries, which their clients are told; and that a pool with more tables than threads takes turns, which it says at
 * every start.
 */
const QUIET = ["executeQuery", "BackgroundSchedulePool/BgSchPool", "BackgroundSchedulePool/BgStrmSchPool"];

/** Renders the configuration file. */
export function engineConfig(options: EngineOptions): string {
    const fsync = options.fsync ? 1 : 0;
    return toXml("clickhouse", {
        logger: { console: "true", levels: { logger: QUIET.map((name) => ({ name, level: "fatal" })) } },
        named_collections_storage: { type: "local", path: `${options.folder}/named_collections` },
        backups: { allowed_path: `${options.folder}/backups` },
        max_server_memory_usage: options.maxServerMemoryBytes,
        mark_cache_size: 64 * MIB,
        index_mark_cache_size: 16 * MIB,
        primary_index_cache_size: 64 * MIB,
        uncompressed_cache_size: 0,
        index_uncompressed_cache_size: 0,
        mmap_cache_size: 100,
        query_condition_cache_size: 16 * MIB,
        compiled_expression_cache_size: 16 * MIB,
        background_pool_size: 2,
        background_merges_mutations_concurrency_ratio: 2,
        background_common_pool_size: 2,
        background_schedule_pool_size: 8,
        background_message_broker_schedule_pool_size: MESSAGE_BROKER_THREADS,
        asynchronous_metrics_update_period_s: 60,
        merge_tree: {
            fsync_after_insert: fsync,
            fsync_part_directory: fsync,
            min_rows_to_fsync_after_merge: fsync,
            min_compressed_bytes_to_fsync_after_merge: fsync,
        },
        kafka: KAFKA,
    });
}

type XmlValue = string | number | XmlValue[] | { [tag: string]: XmlValue };

function toXml(tag: string, value: XmlValue, indent = ""): string {
    if (Array.isArray(value)) {
        return value.map((item) => toXml(tag, item, indent)).join("");
    }
    if (typeof value !== "object") {
        return `${indent}<${tag}>${escapeXml(String(value))}</${tag}>\n`;
    }
    const inner = Object.entries(value).map(([name, child]) => toXml(name, child, `${indent}    `));
    return `${indent}<${tag}>\n${inner.join("")}${indent}</${tag}>\n`;
}

function escapeXml(text: string): string {
    return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
