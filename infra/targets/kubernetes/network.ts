// Who may speak to whom: nobody to anybody (default-deny, both ways), but for what is listed here. Strimzi's own policies say who reaches the brokers.
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1";
import { type input } from "@pulumi/kubernetes/types";
import { type Resource } from "../../pulumi";
import { collectorPorts } from "../../services/collector";
import { clickhouseClient, clickhousePods, keeperPods, ports } from "./clickhouse";
import { collectorClient, mongodbClient, named, podLabel, type Site, within } from "./cluster";
import { kafkaClient, kafkaPods, kafkaPort } from "./kafka";
import { mongodbPort } from "./pages";

type Labels = Record<string, string>;
type Rule = Pick<input.networking.v1.NetworkPolicyEgressRule, "ports">;

const tcp = (...numbers: number[]): Required<Rule>["ports"] => numbers.map((port) => ({ protocol: "TCP", port }));
const pods = (matchLabels: Labels): input.networking.v1.NetworkPolicyPeer => ({ podSelector: { matchLabels } });

/** Every address but those of private networks, and of the cloud's own metadata, which hands out credentials. */
const internet = {
    ipBlock: {
        cidr: "0.0.0.0/0",
        except: ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"],
    },
};

/** Workers that ask others of the internet: venues, feeds, chains, models, receivers of alerts, a venue's brokers; and Grafana, which fetches its datasource. */
const outgoing = ["market-data", "matching-engine", "sentiment", "on-chain", "alerts", "grafana"];

/** Any namespace: operators are installed where the cluster's owner likes. */
const anywhere = { namespaceSelector: {} };

interface Policy {
    name: string;
    /** Of the pods it is about; none: of all. */
    of?: Labels;
    ingress?: input.networking.v1.NetworkPolicyIngressRule[];
    egress?: input.networking.v1.NetworkPolicyEgressRule[];
}

const dns: Policy = {
    name: "allow-dns",
    egress: [
        {
            to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } }],
            ports: [
                { protocol: "UDP", port: 53 },
                { protocol: "TCP", port: 53 },
            ],
        },
    ],
};

const kafka: Policy[] = [
    { name: "kafka-clients", of: kafkaClient, egress: [{ to: [pods(kafkaPods)], ports: tcp(kafkaPort) }] },
    {
        name: "kafka",
        of: kafkaPods,
        egress: [
            // Brokers among each other, and the operators for topics and users.
            { to: [pods(kafkaPods)], ports: tcp(9_090, 9_091) },
            // Those operators watch the API server, whose address is the cluster's own business.
            { ports: tcp(443, 6_443) },
        ],
    },
];

/** Altinity's operator asks each node how it is. */
const clickhouseOperator = { ...anywhere, podSelector: { matchLabels: { app: "clickhouse-operator" } } };

const clickhouse: Policy[] = [
    {
        name: "clickhouse-clients",
        of: clickhouseClient,
        egress: [{ to: [pods(clickhousePods)], ports: tcp(ports.http, ports.native) }],
    },
    {
        name: "clickhouse",
        of: clickhousePods,
        ingress: [
            { from: [pods(clickhouseClient), clickhouseOperator], ports: tcp(ports.http, ports.native) },
            { from: [pods(clickhousePods)], ports: tcp(ports.native, ports.replication) },
        ],
        egress: [
            { to: [pods(clickhousePods)], ports: tcp(ports.native, ports.replication) },
            { to: [pods(keeperPods)], ports: tcp(ports.keeper) },
        ],
    },
];

const keeper: Policy = {
    name: "keeper",
    of: keeperPods,
    ingress: [
        { from: [pods(clickhousePods), pods(keeperPods), clickhouseOperator], ports: tcp(ports.keeper) },
        { from: [pods(keeperPods)], ports: tcp(ports.raft) },
    ],
    egress: [{ to: [pods(keeperPods)], ports: tcp(ports.keeper, ports.raft) }],
};

/** Workers tell of themselves. */
const collector: Policy[] = [
    {
        name: "collector-clients",
        of: collectorClient,
        egress: [{ to: [pods(podLabel("collector"))], ports: tcp(collectorPorts.http) }],
    },
    {
        name: "collector",
        of: podLabel("collector"),
        ingress: [{ from: [pods(collectorClient)], ports: tcp(collectorPorts.http) }],
    },
];

/** HyperDX alone has a use for MongoDB. */
const mongodb: Policy[] = [
    {
        name: "mongodb-clients",
        of: mongodbClient,
        egress: [{ to: [pods(podLabel("mongodb"))], ports: tcp(mongodbPort) }],
    },
    {
        name: "mongodb",
        of: podLabel("mongodb"),
        ingress: [{ from: [pods(mongodbClient)], ports: tcp(mongodbPort) }],
    },
];

/** What is published is reached by the Ingress controller's pods alone. */
function publishedPolicy({ settings: { kubernetes } }: Site, [name, port]: [string, number]): Policy {
    const controller = { matchLabels: { "kubernetes.io/metadata.name": kubernetes.ingress.namespace } };
    return {
        name: `${name}-published`,
        of: podLabel(name),
        ingress: [{ from: [{ namespaceSelector: controller }], ports: tcp(port) }],
    };
}

const outgoingPolicy = (name: string): Policy => ({
    name: `${name}-internet`,
    of: podLabel(name),
    egress: [{ to: [internet], ports: [{ protocol: "TCP" }] }],
});

function policy(site: Site, { name, of, ingress, egress }: Policy): NetworkPolicy {
    const spec = {
        podSelector: of === undefined ? {} : { matchLabels: of },
        policyTypes: [...(ingress === undefined ? [] : ["Ingress"]), ...(egress === undefined ? [] : ["Egress"])],
        ...(ingress === undefined ? {} : { ingress }),
        ...(egress === undefined ? {} : { egress }),
    };
    return new NetworkPolicy(name, { metadata: named(site, name), spec }, within(site));
}

/**
 * Makes all policies, which are there before what they are about.
 * @param published services that the Ingress passes on to, and the port of each
 */
export function restrictNetwork(site: Site, published: Readonly<Record<string, number>>): Resource[] {
    const clustered = site.settings.kubernetes.clickhouse.shards * site.settings.kubernetes.clickhouse.replicas > 1;
    const all: Policy[] = [
        { name: "default-deny", ingress: [], egress: [] },
        dns,
        ...kafka,
        ...clickhouse,
        ...(clustered ? [keeper] : []),
        ...collector,
        ...mongodb,
        ...outgoing.map(outgoingPolicy),
        ...(site.settings.kubernetes.ingress.domain === ""
            ? []
            : Object.entries(published).map((each) => publishedPolicy(site, each))),
    ];
    return all.map((each) => policy(site, each));
}
