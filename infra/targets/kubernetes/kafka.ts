// Kafka by Strimzi: nodes that are broker and controller, one listener with TLS and SCRAM-SHA-512, an account per component, and topics as objects.
// Topics are the operator's here: brokers tell clients their names within the cluster, which nobody reaches through a port-forward.
import { type CustomResource } from "@pulumi/kubernetes/apiextensions";
import { type Secret } from "@pulumi/kubernetes/core/v1";
import { type CustomResourceOptions, type Input, type Resource } from "../../pulumi";
import { type TopicArgs } from "../../resources";
import {
    classOf,
    containerSecurity,
    keeping,
    operated,
    podSecurity,
    secretOf,
    type Site,
    sized,
    within,
} from "./cluster";
import { kafkaAccounts, type Right } from "./kafkaAccounts";
import { generated, type Passwords } from "./logins";
import { kafkaVersion } from "./versions";

const apiVersion = "kafka.strimzi.io/v1";
const cluster = "trading";
const ofCluster = { "strimzi.io/cluster": cluster };

/** The one listener for clients. */
export const kafkaPort = 9_093;

/** Pods of the brokers, and of Strimzi's operators for topics and users. */
export const kafkaPods = ofCluster;

/** Label of pods that may speak to Kafka. */
export const kafkaClient = { "trading-monitoring/kafka": "client" };

/** Where Strimzi puts the certificate that signs the brokers'. */
const kafkaCa = { secretName: `${cluster}-cluster-ca-cert`, key: "ca.crt" };

const caFolder = "/kafka-ca";

/** That certificate in a pod that has the volume and its mount. */
export const kafkaCaFile = `${caFolder}/${kafkaCa.key}`;
export const kafkaCaVolume = {
    name: "kafka-ca",
    secret: { secretName: kafkaCa.secretName, items: [{ key: kafkaCa.key, path: kafkaCa.key }] },
};
export const kafkaCaMount = { name: "kafka-ca", mountPath: caFolder, readOnly: true };

/** Bootstrap server as pods reach it. */
export const kafkaInside = ({ settings }: Site): string =>
    `${cluster}-kafka-bootstrap.${settings.kubernetes.namespace}.svc:${String(kafkaPort)}`;

/** The user of Strimzi's images. */
const kafkaUser = 1001;

/** Copies of a topic's messages: each on another node, three at most. */
const copies = ({ settings }: Site): number => Math.min(settings.kubernetes.kafka.replicas, 3);

/** A message is taken when so many nodes have it: with three copies one of them may be away. */
const inSync = (site: Site): number => Math.max(1, copies(site) - 1);

const pod = { pod: { securityContext: podSecurity(kafkaUser) } };

function nodePool(site: Site): CustomResource {
    const { kafka } = site.settings.kubernetes;
    const { storageClassName } = classOf(site);
    const volume = {
        ...{ id: 0, type: "persistent-claim", size: `${String(kafka.storageGi)}Gi`, kraftMetadata: "shared" },
        deleteClaim: site.settings.onDelete === "drop",
        ...(storageClassName === undefined ? {} : { class: storageClassName }),
    };
    const spec = {
        replicas: kafka.replicas,
        roles: ["controller", "broker"],
        storage: { type: "jbod", volumes: [volume] },
        resources: sized("2Gi", "500m", "4"),
        jvmOptions: { "-Xms": "1g", "-Xmx": "1g" },
        template: { ...pod, kafkaContainer: { securityContext: containerSecurity } },
    };
    const options = { ...within(site), ...keeping(site.settings) };
    return operated(
        site,
        "kafka-nodes",
        { apiVersion, kind: "KafkaNodePool", name: "nodes", labels: ofCluster, spec },
        options,
    );
}

/** The broker's properties; those that the embedded broker has too say there why. */
function brokerConfig(site: Site): Record<string, string | number | boolean> {
    const [factor, isr] = [copies(site), inSync(site)];
    return {
        "auto.create.topics.enable": false,
        "default.replication.factor": factor,
        "min.insync.replicas": isr,
        "offsets.topic.replication.factor": factor,
        "transaction.state.log.replication.factor": factor,
        "transaction.state.log.min.isr": isr,
        "share.coordinator.state.topic.replication.factor": factor,
        "share.coordinator.state.topic.min.isr": isr,
        // One copy is on the disk soon; of several, one is on another machine.
        ...(factor > 1 ? {} : { "log.flush.interval.ms": 1_000, "log.flush.scheduler.interval.ms": 1_000 }),
    };
}

function kafkaSpec(site: Site): Record<string, unknown> {
    const client = { podSelector: { matchLabels: kafkaClient } };
    const operator = { resources: sized("512Mi", "50m", "1") };
    return {
        kafka: {
            ...kafkaVersion,
            listeners: [
                {
                    ...{ name: "scram", port: kafkaPort, type: "internal", tls: true },
                    authentication: { type: "scram-sha-512" },
                    networkPolicyPeers: [client],
                },
            ],
            authorization: { type: "simple" },
            config: brokerConfig(site),
        },
        entityOperator: {
            topicOperator: operator,
            userOperator: operator,
            template: {
                ...pod,
                topicOperatorContainer: { securityContext: containerSecurity },
                userOperatorContainer: { securityContext: containerSecurity },
            },
        },
    };
}

function acl({ on, name, by, operations }: Right): Record<string, unknown> {
    return { resource: { type: on, name, patternType: by }, operations: [...operations], host: "*" };
}

function account(site: Site, name: string, passwords: Secret, kafka: CustomResource): CustomResource {
    const spec = {
        authentication: {
            type: "scram-sha-512",
            password: { valueFrom: { secretKeyRef: { name: passwords.metadata.name, key: name } } },
        },
        authorization: { type: "simple", acls: (kafkaAccounts[name] ?? []).map(acl) },
    };
    const object = { apiVersion, kind: "KafkaUser", name, labels: ofCluster, waitFor: "condition=Ready", spec };
    return operated(site, `kafka-${name}`, object, within(site, kafka));
}

/** Kafka as the rest of the target sees it. */
export interface Kafka {
    /** Cluster and accounts, for ordering. */
    ready: Resource[];
    passwords: Passwords;
    topic: (name: string, args: TopicArgs, options: CustomResourceOptions) => Resource;
}

/** Runs Kafka. */
export function runKafka(site: Site): Kafka {
    const pool = nodePool(site);
    const kafka = operated(
        site,
        "kafka",
        { apiVersion, kind: "Kafka", name: cluster, waitFor: "condition=Ready", spec: kafkaSpec(site) },
        { ...within(site, pool), ...keeping(site.settings) },
    );
    const names = Object.keys(kafkaAccounts);
    const passwords: Passwords = new Map(names.map((name) => [name, generated(`kafka-${name}`)]));
    const kept = secretOf(site, "kafka-passwords", Object.fromEntries(passwords));
    const accounts = names.map((name) => account(site, name, kept, kafka));
    return { ready: [kafka, ...accounts], passwords, topic: (name, args, options) => topic(site, name, args, options) };
}

/** How ClickHouse logs in, as entries of a named collection. */
export const feedLogin = (username: string, password: Input<string>): Record<string, Input<string>> => ({
    "kafka.security_protocol": "sasl_ssl",
    "kafka.sasl_mechanism": "SCRAM-SHA-512",
    "kafka.sasl_username": username,
    "kafka.sasl_password": password,
    "kafka.ssl_ca_location": kafkaCaFile,
});

/** Names of objects are narrower than those of topics, so the topic's own is in the object. */
function topic(
    site: Site,
    name: string,
    args: TopicArgs,
    { parent, dependsOn }: CustomResourceOptions,
): CustomResource {
    const { name: topicName, partitions, config } = args;
    const spec = { topicName, partitions, replicas: copies(site), config };
    const object = { apiVersion, kind: "KafkaTopic", name, labels: ofCluster, waitFor: "condition=Ready", spec };
    return operated(site, `topic-${name}`, object, {
        provider: site.provider,
        ...keeping(site.settings),
        ...(parent === undefined ? {} : { parent }),
        ...(dependsOn === undefined ? {} : { dependsOn }),
    });
}
