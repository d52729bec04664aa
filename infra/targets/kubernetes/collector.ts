// The OpenTelemetry collector: what workers send of themselves, and what it asks Kafka about topics and groups, gets into ClickHouse through it, by accounts of its own.
import { type Deployment } from "@pulumi/kubernetes/apps/v1";
import { type Collector } from "../../config";
import { type Output, type Resource } from "../../pulumi";
import { telemetryAccount } from "../../services/clickhouse/accounts";
import { telemetryDatabase } from "../../services/clickhouse/tables";
import { collectorConfig, collectorEnv, collectorPorts } from "../../services/collector";
import { clickhouseClient, clickhouseInside } from "./clickhouse";
import { type Site } from "./cluster";
import { kafkaCaFile, kafkaClient, kafkaInside } from "./kafka";
import { metricsAccount } from "./kafkaAccounts";
import { runService } from "./service";
import { images } from "./versions";

const configFile = "/etc/otelcol-contrib/trading.yaml";

/** The collector as workers reach it. */
export const collectorInside = ({ settings }: Site, token: Output<string>): Collector => ({
    url: `http://collector.${settings.kubernetes.namespace}.svc:${String(collectorPorts.http)}`,
    token,
});

/** Runs it; it makes its tables itself once ClickHouse is there. */
export const runCollector = (
    site: Site,
    { token, clickhouse, kafka }: { token: Output<string>; clickhouse: Output<string>; kafka: Output<string> },
    after: Resource[],
): Deployment =>
    runService(site, {
        name: "collector",
        image: images.collector,
        // The image's own.
        user: 10_001,
        args: [`--config=${configFile}`],
        ports: { grpc: collectorPorts.grpc, http: collectorPorts.http, health: collectorPorts.health },
        env: { [collectorEnv.clickhouseUser]: telemetryAccount, [collectorEnv.kafkaUser]: metricsAccount },
        secretEnv: {
            [collectorEnv.token]: token,
            [collectorEnv.clickhousePassword]: clickhouse,
            [collectorEnv.kafkaPassword]: kafka,
        },
        files: {
            [configFile]: collectorConfig({
                clickhouseUrl: `http://${clickhouseInside(site)}`,
                database: telemetryDatabase,
                ttlDays: site.settings.retentionDays(telemetryDatabase),
                listenHost: "0.0.0.0",
                kafka: { brokers: [kafkaInside(site)], caFile: kafkaCaFile },
                memoryMib: 384,
                flushSeconds: 5,
            }),
        },
        kafkaCa: true,
        probe: { httpGet: { path: "/", port: "health" } },
        memory: "512Mi",
        reaching: { ...clickhouseClient, ...kafkaClient },
        dependsOn: after,
    });
