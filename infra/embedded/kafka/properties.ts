/** The embedded broker's settings and Java's: one node that is broker and controller, small when idle. Pure. */
import path from "node:path";

/** Where a broker lives and listens; ports on 127.0.0.1. */
export interface BrokerPlace {
    dir: string;
    port: number;
    controllerPort: number;
}

/** Files of a broker below its folder. */
export function brokerFiles(dir: string) {
    const root = path.resolve(dir);
    return {
        root,
        data: path.join(root, "data"),
        meta: path.join(root, "data", "meta.properties"),
        properties: path.join(root, "server.properties"),
        log4j: path.join(root, "log4j2.properties"),
        /** Made once, so that a format that was interrupted goes on with the same id. */
        clusterId: path.join(root, "cluster-id"),
        /** Which process runs on this folder. */
        running: path.join(root, "broker.json"),
    };
}

/** The text of server.properties. */
export function serverProperties(place: BrokerPlace): string {
    const lines = [
        "# Written at every start by infra/embedded/kafka; changes here are lost.",
        ...section("One node, both roles, loopback only", {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": `1@127.0.0.1:${place.controllerPort}`,
            listeners: `PLAINTEXT://127.0.0.1:${place.port},CONTROLLER://127.0.0.1:${place.controllerPort}`,
            "advertised.listeners": `PLAINTEXT://127.0.0.1:${place.port}`,
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": brokerFiles(place.dir).data,
        }),
        ...section("Topics are declared, never made by a misspelt name", {
            "auto.create.topics.enable": false,
            "num.partitions": 1,
            "default.replication.factor": 1,
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 8,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 4,
            "group.initial.rebalance.delay.ms": 0,
        }),
        // A killed broker loses nothing that it acknowledged: the page cache is the kernel's. A power loss may cost what
        // was not yet synced, which without these two would be up to 30 s (the kernel's) and is about 2 s with them.
        ...section("Disk", {
            "log.flush.interval.ms": 1_000,
            "log.flush.scheduler.interval.ms": 1_000,
            "log.segment.bytes": 128 * 1024 * 1024,
            "log.index.size.max.bytes": 1024 * 1024,
            "num.recovery.threads.per.data.dir": 2,
        }),
        // After kill -9 the controller takes the new broker for a second one until the old one's session ended. Shorter still, and a
        // machine that stalls would lose its only broker for a moment.
        ...section("Back soon after a crash", {
            "broker.session.timeout.ms": 5_000,
            "broker.heartbeat.interval.ms": 1_000,
        }),
        ...section("Small when idle", {
            // The controller writes a no-op record every half second otherwise.
            "metadata.max.idle.interval.ms": 0,
            "metric.reporters": "",
            "num.network.threads": 2,
            "num.io.threads": 4,
            "background.threads": 2,
            "group.coordinator.threads": 1,
            "share.coordinator.threads": 1,
            // 128 MB of heap by default, whether or not a topic is compacted.
            "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
        }),
    ];
    return `${lines.join("\n")}\n`;
}

/** The text of log4j2.properties: warnings to standard output, which the supervisor writes to the log. */
export const LOG4J_PROPERTIES = `# Written at every start by infra/embedded/kafka; changes here are lost.
status = warn
# Kafka logs during its own orderly stop, and stops logging by itself.
shutdownHook = disable
appender.stdout.type = Console
appender.stdout.name = stdout
appender.stdout.layout.type = PatternLayout
appender.stdout.layout.pattern = %d{yyyy-MM-dd'T'HH:mm:ss.SSS}{UTC}Z %-5p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.stdout.ref = stdout
`;

/** Features that a new storage is formatted with: share groups and Kafka Streams' groups cost threads and are not used. */
export const FORMAT_FEATURES = ["share.version=0", "streams.version=0"] as const;

/** The broker's Java options. Serial collection: 280 MB resident under load instead of 610 with the usual -Xmx512m and G1, and no slower. */
export function javaOptions(dir: string): string[] {
    const { root, log4j } = brokerFiles(dir);
    return [
        "-Xms64m",
        "-Xmx384m",
        "-Xss512k",
        "-XX:+UseSerialGC",
        "-XX:-UsePerfData",
        "-XX:+ExitOnOutOfMemoryError",
        `-XX:ErrorFile=${path.join(root, "hs_err_%p.log")}`,
        `-Dlog4j2.configurationFile=${log4j}`,
        "-Djava.awt.headless=true",
    ];
}

function section(title: string, settings: Record<string, string | number | boolean>): string[] {
    return ["", `# ${title}`, ...Object.entries(settings).map(([key, value]) => `${key}=${value}`)];
}
