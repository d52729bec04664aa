// The collector's configuration as each kind of surroundings gets it: committed, so that a review shows what a changed renderer means.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { collectorConfig, type CollectorArgs } from "../../infra/services/collector";

const shared = { database: "otel", ttlDays: 30, listenHost: "0.0.0.0", memoryMib: 400, flushSeconds: 5 };

/** By file under tests/golden/collector. */
export const collectorSamples: Readonly<Record<string, CollectorArgs>> = {
    // All that one machine needs in one collector.
    "machine.yaml": {
        ...shared,
        clickhouseUrl: "http://clickhouse:8123",
        hostRoot: "/hostfs",
        kafka: { brokers: ["kafka:9093"], caFile: "/kafka-ca/ca.crt" },
    },
    // What senders reach, where hosts have collectors of their own and ClickHouse has replicas.
    "gateway.yaml": { ...shared, clickhouseUrl: "tcp://clickhouse:9000", cluster: "trading" },
};

/** Where the committed text is. */
export const collectorGolden = join(__dirname, "collector");

/** Writes the samples. */
export function writeCollector(): void {
    for (const [file, args] of Object.entries(collectorSamples))
        writeFileSync(join(collectorGolden, file), collectorConfig(args));
}
