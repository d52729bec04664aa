// The collector as a container: telemetry of the workers and of whoever on this host has its token, metrics of the host and of Kafka, into ClickHouse.
import type * as docker from "@pulumi/docker";
import { type Output, type Resource } from "../../pulumi";
import { telemetryAccount } from "../../services/clickhouse/accounts";
import { telemetryDatabase } from "../../services/clickhouse/tables";
import { collectorConfig, collectorEnv, collectorPorts } from "../../services/collector";
import { bounded, container, loopback, pulled, type Site, unprivileged, variables } from "./container";
import { clickhouseInside } from "./endpoints";
import { kafkaInside } from "./kafka";

/** OTLP over HTTP, as containers of the stack's network reach it. */
export const collectorInside = `http://collector:${String(collectorPorts.http)}`;

const memory = 512;
const hostRoot = "/hostfs";

/** Telemetry is for looking into what happens now and lately. */
const ttlDays = 14;

const config = collectorConfig({
    ...{ clickhouseUrl: `http://${clickhouseInside}`, database: telemetryDatabase, ttlDays, hostRoot },
    // Within its container, where others are to reach it.
    listenHost: "0.0.0.0",
    kafka: { brokers: [kafkaInside] },
    memoryMib: (memory * 3) >> 2,
    flushSeconds: 5,
});

/**
 * Runs the collector. Its image holds its program and nothing else, so Docker has nothing to ask about its health by: it counts as there when it is started, and
 * workers keep what they could not send for a while. Its configuration comes as a variable, for Docker copies no files into a container whose root is read-only.
 * Its secrets it takes from its environment, where `docker inspect` shows them to root.
 */
export function runCollector(
    site: Site,
    { token, clickhouse, dependsOn }: { token: Output<string>; clickhouse: Output<string>; dependsOn: Resource[] },
): docker.Container {
    const { stack, docker: own } = site.settings;
    const { grpc, http } = collectorPorts;
    return container(site, "collector", {
        image: pulled(site, "collector").imageId,
        ports: [grpc, http].map((port) => ({ internal: port, external: port, ip: loopback })),
        stopSeconds: 30,
        more: {
            ...unprivileged,
            command: ["--config=env:COLLECTOR_CONFIG"],
            envs: variables({
                COLLECTOR_CONFIG: config,
                [collectorEnv.token]: token,
                [collectorEnv.clickhouseUser]: telemetryAccount,
                [collectorEnv.clickhousePassword]: clickhouse,
                [collectorEnv.hostName]: own.publicHost === "" ? stack : own.publicHost,
            }),
            readOnly: true,
            // The host's own folders, for its processors, memory and disks; it writes nothing there, and may read what anybody may.
            volumes: [{ hostPath: "/", containerPath: hostRoot, readOnly: true }],
            ...bounded(memory),
        },
        dependsOn,
    });
}
