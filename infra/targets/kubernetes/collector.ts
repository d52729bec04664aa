// The OpenTelemetry collector: what workers send of themselves gets into ClickHouse through it, by an account of its own.
import { type Deployment } from "@pulumi/kubernetes/apps/v1";
import { type Collector } from "../../config";
import { type Output, type Resource } from "../../pulumi";
import { telemetryAccount } from "../../services/clickhouse/accounts";
import { telemetryDatabase } from "../../services/clickhouse/tables";
import { collectorConfig, collectorEnv, collectorPorts } from "../../services/collector";
import { clickhouseClient, clickhouseInside } from "./clickhouse";
import { type Site } from "./cluster";
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
    { token, clickhouse }: { token: Output<string>; clickhouse: Output<string> },
    after: Resource[],
): Deployment =>
    runService(site, {
        name: "collector",
        image: images.collector,
        // The image's own.
        user: 10_001,
        args: [`--config=${configFile}`],
        ports: { grpc: collectorPorts.grpc, http: collectorPorts.http, health: collectorPorts.health },
        env: { [collectorEnv.clickhouseUser]: telemetryAccount },
        secretEnv: { [collectorEnv.token]: token, [collectorEnv.clickhousePassword]: clickhouse },
        files: {
            [configFile]: collectorConfig({
                clickhouseUrl: `http://${clickhouseInside(site)}`,
                database: telemetryDatabase,
                ttlDays: site.settings.retentionDays(telemetryDatabase),
                listenHost: "0.0.0.0",
                memoryMib: 384,
                flushSeconds: 5,
            }),
        },
        probe: { httpGet: { path: "/", port: "health" } },
        memory: "512Mi",
        reaching: clickhouseClient,
        dependsOn: after,
    });
