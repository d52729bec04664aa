// Kafka as a container: one node that is broker and controller. Inside, containers reach it by its name; outside, this machine by loopback.
import { createHash } from "node:crypto";
import type * as docker from "@pulumi/docker";
import { dockerName } from "../../names";
import { bounded, container, loopback, pulled, type Site, unprivileged, volume } from "./container";

const insidePort = 19_092;
const outsidePort = 9_092;
const controller = "127.0.0.1:29093";
const dataDir = "/var/lib/kafka/data";

/** Bootstrap server as containers of the stack's network reach it. */
export const kafkaInside = `kafka:${String(insidePort)}`;

/**
 * 16 bytes in base64 for URLs, as Kafka writes ids. The same for every start of a stack, since the data volume knows its cluster's; and never
 * beginning with a dash, which Kafka's tools take for an option.
 */
export function clusterId(stack: string): string {
    const hash = createHash("sha256").update(stack).digest();
    return Buffer.concat([Buffer.from("trading-"), hash.subarray(0, 8)]).toString("base64url");
}

/** The image drops all its defaults once it is given one property, so this is all of them; those the embedded broker has too say there why. */
const properties = (port: number): Record<string, string> => ({
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.voters": `1@${controller}`,
    listeners: `INSIDE://:${String(insidePort)},OUTSIDE://:${String(outsidePort)},CONTROLLER://${controller}`,
    "advertised.listeners": `INSIDE://${kafkaInside},OUTSIDE://${loopback}:${String(port)}`,
    "listener.security.protocol.map": "INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "INSIDE",
    "log.dirs": dataDir,
    "auto.create.topics.enable": "false",
    "num.partitions": "1",
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "log.flush.interval.ms": "1000",
    "log.flush.scheduler.interval.ms": "1000",
});

/** A property's variable, as the image reads it. */
const variable = ([key, value]: [string, string]): string => `KAFKA_${key.replaceAll(".", "_").toUpperCase()}=${value}`;

/** Runs Kafka. */
export function runKafka(site: Site): docker.Container {
    const { stack, ports } = site.settings;
    const data = volume(site, "kafka");
    const probe = `exec 3<>/dev/tcp/127.0.0.1/${String(insidePort)}`;
    return container(site, "kafka", {
        image: pulled(site, "kafka").imageId,
        // A connection, not one of Kafka's tools: each of those is a Java of its own, seconds of a core at every look.
        healthcheck: {
            tests: ["CMD", "bash", "-c", probe],
            ...{ interval: "5s", timeout: "5s", retries: 6, startPeriod: "1m0s" },
        },
        ports: [{ internal: outsidePort, external: ports.kafka, ip: loopback }],
        stopSeconds: 60,
        more: {
            ...unprivileged,
            envs: [
                ...Object.entries(properties(ports.kafka)).map(variable),
                `CLUSTER_ID=${clusterId(stack)}`,
                "KAFKA_HEAP_OPTS=-Xms256m -Xmx768m",
            ],
            volumes: [{ volumeName: dockerName(stack, "kafka"), containerPath: dataDir }],
            ...bounded(1_536),
        },
        dependsOn: [data],
    });
}
