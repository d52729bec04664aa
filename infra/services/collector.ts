// Pure: the configuration of the OpenTelemetry collector, the one place where telemetry of workers, hosts and Kafka gets into ClickHouse.
//
// It names no secret: the collector reads them from its environment (see `collectorEnv`). Its image is the contrib distribution, for Kafka's metrics.
import { stringify } from "yaml";

/** Where it listens, TCP: OTLP over gRPC and over HTTP, and its health (GET /: 200 while its pipelines run). */
export const collectorPorts = { grpc: 4317, http: 4318, health: 13133 };

/** Variables that the collector's environment must have, by what they are. */
export const collectorEnv = {
    /** What senders show as `authorization: Bearer <token>`. */
    token: "OTLP_TOKEN",
    clickhouseUser: "CLICKHOUSE_USER",
    clickhousePassword: "CLICKHOUSE_PASSWORD",
    /** Name of the machine whose metrics it reads; only with `hostRoot`. */
    hostName: "HOST_NAME",
    /** Only with `kafka.caFile`. */
    kafkaUser: "KAFKA_USERNAME",
    kafkaPassword: "KAFKA_PASSWORD",
} as const;

/** How the collector stands in its surroundings. */
export interface CollectorArgs {
    /** ClickHouse as the collector reaches it: `http://host:8123`, `https://…` or `tcp://host:9000`; without login. */
    clickhouseUrl: string;
    /** Database of its tables, which it makes itself: its account needs CREATE there. */
    database: string;
    /** ClickHouse's cluster, where it has replicas: the tables are made on all of them. */
    cluster?: string;
    /** How long logs, traces and metrics are kept, in days. */
    ttlDays: number;
    /** Address on which it listens. */
    listenHost: string;
    /** Ports other than the usual ones. */
    ports?: typeof collectorPorts;
    /** The machine's root folder as the collector sees it (`/hostfs` in a container): its metrics are read. Absent: no host metrics. */
    hostRoot?: string;
    /** Brokers (host:port) whose topics and consumer groups are measured. Absent: no Kafka metrics. `caFile`: by TLS, to who shows a certificate of that authority, with a login by SASL/SCRAM-SHA-512. */
    kafka?: { brokers: readonly string[]; caFile?: string };
    /** The collector gives up what it is sent beyond this, in MiB: to be set well under its container's memory. */
    memoryMib: number;
    /** Longest time between arrival and INSERT, in seconds: each INSERT makes a part, so rather seconds than less. */
    flushSeconds: number;
}

const env = (name: string): string => `\${env:${name}}`;

/** A body that is JSON, as a string or as a map, is told in attributes too, which can be searched one by one. */
const jsonBodies = {
    context: "log",
    error_mode: "ignore",
    statements: [
        'merge_maps(log.attributes, ParseJSON(log.body), "upsert") where IsString(log.body) and IsMatch(log.body, "^\\\\s*\\\\{")',
        'merge_maps(log.attributes, log.body, "upsert") where IsMap(log.body)',
    ],
};

/** The ranges of OpenTelemetry's severity numbers, each with the words that loggers have for it. */
const severities = [
    ["trace", 1, "trace|finest"],
    ["debug", 5, "debug|fine|verbose"],
    ["info", 9, "info|information|notice"],
    ["warn", 13, "warn|warning"],
    ["error", 17, "error|err|severe"],
    ["fatal", 21, "fatal|critical|crit|alert|emerg|emergency|panic"],
] as const;

/** What the sender says of severity holds; else the `level` of a JSON body does. The text is always one of six words. */
const severity = {
    context: "log",
    error_mode: "ignore",
    statements: [
        'set(log.severity_text, log.attributes["level"]) where log.severity_number == 0 and log.severity_text == "" and IsString(log.attributes["level"])',
        ...severities.map(
            ([, number, words]) =>
                `set(log.severity_number, ${String(number)}) where log.severity_number == 0 and IsMatch(log.severity_text, "(?i)^(${words})$")`,
        ),
        ...severities.map(
            ([word, number]) =>
                `set(log.severity_text, "${word}") where log.severity_number >= ${String(number)} and log.severity_number < ${String(number + 4)}`,
        ),
    ],
};

const hostMetrics = (root: string): object => ({
    collection_interval: "30s",
    ...(root === "/" ? {} : { root_path: root }),
    scrapers: Object.fromEntries(
        ["cpu", "load", "memory", "disk", "filesystem", "network", "paging"].map((scraper) => [scraper, {}]),
    ),
});

const kafkaMetrics = ({ brokers, caFile }: NonNullable<CollectorArgs["kafka"]>): object => ({
    brokers,
    collection_interval: "30s",
    scrapers: ["brokers", "topics", "consumers"],
    ...(caFile !== undefined && {
        tls: { ca_file: caFile },
        auth: {
            sasl: {
                mechanism: "SCRAM-SHA-512",
                username: env(collectorEnv.kafkaUser),
                password: env(collectorEnv.kafkaPassword),
            },
        },
    }),
});

const clickhouse = ({ clickhouseUrl, database, cluster, ttlDays, flushSeconds }: CollectorArgs): object => ({
    endpoint: clickhouseUrl,
    username: env(collectorEnv.clickhouseUser),
    password: env(collectorEnv.clickhousePassword),
    database,
    create_schema: true,
    ...(cluster !== undefined && { cluster_name: cluster, table_engine: { name: "ReplicatedMergeTree" } }),
    ttl: `${String(ttlDays * 24)}h`,
    timeout: "10s",
    // Batched here, not by the server: an INSERT that is acknowledged is stored.
    async_insert: false,
    metrics_tables: Object.fromEntries(
        ["gauge", "sum", "summary", "histogram", "exponential_histogram"].map((kind) => [
            kind,
            { name: `otel_metrics_${kind}` },
        ]),
    ),
    retry_on_failure: { initial_interval: "1s", max_interval: "30s", max_elapsed_time: "300s" },
    // Batches of the queue, not of the batch processor: a full queue is told to the sender, who keeps what it has.
    sending_queue: {
        sizer: "items",
        queue_size: 100_000,
        batch: { flush_timeout: `${String(flushSeconds)}s`, min_size: 5_000, max_size: 20_000 },
    },
});

const receivers = (args: CollectorArgs, { grpc, http }: typeof collectorPorts): Record<string, object> => {
    const door = (port: number): object => ({
        endpoint: `${args.listenHost}:${String(port)}`,
        auth: { authenticator: "bearertokenauth" },
    });
    return {
        otlp: { protocols: { grpc: door(grpc), http: door(http) } },
        ...(args.hostRoot !== undefined && { hostmetrics: hostMetrics(args.hostRoot) }),
        ...(args.kafka !== undefined && { kafkametrics: kafkaMetrics(args.kafka) }),
    };
};

function service(args: CollectorArgs): object {
    const pipeline = (receivers: readonly string[], ...processors: string[]): object => ({
        receivers,
        processors: ["memory_limiter", ...processors],
        exporters: ["clickhouse"],
    });
    const kafka = args.kafka === undefined ? [] : ["kafkametrics"];
    return {
        extensions: ["health_check", "bearertokenauth"],
        // Where its own figures would be read nobody looks; what fails it says in its log.
        telemetry: { metrics: { level: "none" } },
        pipelines: {
            logs: pipeline(["otlp"], "transform/logs"),
            traces: pipeline(["otlp"]),
            metrics: pipeline(["otlp", ...kafka]),
            ...(args.hostRoot !== undefined && { "metrics/host": pipeline(["hostmetrics"], "transform/host") }),
        },
    };
}

/** The collector's configuration as YAML, the same bytes for the same arguments. */
export function collectorConfig(args: CollectorArgs): string {
    const listening = args.ports ?? collectorPorts;
    const config = {
        extensions: {
            health_check: { endpoint: `${args.listenHost}:${String(listening.health)}` },
            bearertokenauth: { scheme: "Bearer", token: env(collectorEnv.token) },
        },
        receivers: receivers(args, listening),
        processors: {
            memory_limiter: { check_interval: "1s", limit_mib: args.memoryMib, spike_limit_mib: args.memoryMib >> 2 },
            "transform/logs": { log_statements: [jsonBodies, severity] },
            ...(args.hostRoot !== undefined && {
                "transform/host": {
                    metric_statements: [`set(resource.attributes["host.name"], "${env(collectorEnv.hostName)}")`],
                },
            }),
        },
        exporters: { clickhouse: clickhouse(args) },
        service: service(args),
    };
    return stringify(config, { aliasDuplicateObjects: false, lineWidth: 0 });
}
