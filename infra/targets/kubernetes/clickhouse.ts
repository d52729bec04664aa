// ClickHouse by Altinity's operator: shards and replicas from config, and Keeper where there is more than one node to agree. Hashes of passwords come from a Secret
// through the pod's environment, so that neither the operator's ConfigMaps nor the object itself hold any.
import { createHash } from "node:crypto";
import { type CustomResource } from "@pulumi/kubernetes/apiextensions";
import { type Output, type Resource } from "../../pulumi";
import { accounts } from "../../services/clickhouse/accounts";
import { serverXml } from "../../services/clickhouse/server";
import { usersXml } from "../../services/clickhouse/users";
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
import { kafkaCaMount, kafkaCaVolume, kafkaClient } from "./kafka";
import { type Passwords } from "./logins";
import { images } from "./versions";

/** Ports of ClickHouse: HTTP, its own protocol, and replication; of Keeper: clients and its own agreement. */
export const ports = { http: 8_123, native: 9_000, replication: 9_009, keeper: 2_181, raft: 9_444 } as const;

const installation = "trading";

/** The one Service before all nodes. */
export const clickhouseService = "clickhouse";

/** Pods by the operator's labels. */
export const clickhousePods = { "clickhouse.altinity.com/chi": installation };
export const keeperPods = { "clickhouse-keeper.altinity.com/chk": installation };

/** Label of pods that may ask ClickHouse. */
export const clickhouseClient = { "trading-monitoring/clickhouse": "client" };

/** ClickHouse as pods reach it; without scheme and login. */
export const clickhouseInside = ({ settings }: Site): string =>
    `${clickhouseService}.${settings.kubernetes.namespace}.svc:${String(ports.http)}`;

/** The user of ClickHouse's images. */
const serverUser = 101;

/** The variable of ClickHouse's environment that holds the hash of an account's password. */
const hashVariable = (account: string): string => `${account.toUpperCase()}_PASSWORD_SHA256`;

/** Stands in the accounts' file where the hash is to be read from the environment. */
const placeholder = (account: string): string => `hash of ${account}`;

/** The accounts' file without any hash. */
const users = accounts.reduce(
    (text, { name }) =>
        text.replace(
            `<password_sha256_hex>${placeholder(name)}</password_sha256_hex>`,
            `<password_sha256_hex from_env="${hashVariable(name)}"/>`,
        ),
    usersXml(placeholder),
);

const claim = (site: Site, gigabytes: number): Record<string, unknown> => ({
    name: "data",
    // The operator deletes claims with their installation otherwise.
    reclaimPolicy: site.settings.onDelete === "drop" ? "Delete" : "Retain",
    spec: {
        accessModes: ["ReadWriteOnce"],
        ...classOf(site),
        resources: { requests: { storage: `${String(gigabytes)}Gi` } },
    },
});

/** Pods of one kind are on different nodes where there are enough of them. */
const apart = (matchLabels: Record<string, string>): Record<string, unknown> => ({
    podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 100, podAffinityTerm: { labelSelector: { matchLabels }, topologyKey: "kubernetes.io/hostname" } },
        ],
    },
});

function serverPod(hashes: Output<string>): Record<string, unknown> {
    return {
        name: "clickhouse",
        metadata: { labels: kafkaClient },
        spec: {
            automountServiceAccountToken: false,
            securityContext: podSecurity(serverUser),
            affinity: apart(clickhousePods),
            containers: [
                {
                    name: "clickhouse",
                    image: images.clickhouse,
                    // The image otherwise writes accounts of its own at each start.
                    env: [
                        { name: "CLICKHOUSE_SKIP_USER_SETUP", value: "1" },
                        ...accounts.map(({ name }) => ({
                            name: hashVariable(name),
                            valueFrom: { secretKeyRef: { name: hashes, key: name } },
                        })),
                    ],
                    securityContext: containerSecurity,
                    resources: sized("8Gi", "1", "8"),
                    volumeMounts: [kafkaCaMount],
                },
            ],
            volumes: [kafkaCaVolume],
        },
    };
}

const serverService = {
    name: "clickhouse",
    generateName: clickhouseService,
    spec: {
        type: "ClusterIP",
        ports: [
            { name: "http", port: ports.http },
            { name: "tcp", port: ports.native },
        ],
    },
};

function installationSpec(site: Site, hashes: Output<string>, agreed: boolean): Record<string, unknown> {
    const { shards, replicas, storageGi } = site.settings.kubernetes.clickhouse;
    const keeper = { nodes: [{ host: `keeper-${installation}`, port: ports.keeper }] };
    return {
        defaults: {
            templates: { podTemplate: "clickhouse", dataVolumeClaimTemplate: "data", serviceTemplate: "clickhouse" },
        },
        configuration: {
            ...(agreed ? { zookeeper: keeper } : {}),
            files: { "config.d/trading.xml": serverXml, "users.d/trading.xml": users },
            clusters: [
                {
                    name: installation,
                    layout: { shardsCount: shards, replicasCount: replicas },
                    // Nodes know each other by a secret the operator makes, and not as the user `default`, which is not there.
                    secret: { auto: "true" },
                },
            ],
        },
        templates: {
            podTemplates: [serverPod(hashes)],
            volumeClaimTemplates: [claim(site, storageGi)],
            serviceTemplates: [serverService],
        },
    };
}

/** Three, so that one may be away. */
function runKeeper(site: Site): CustomResource {
    const container = {
        name: "clickhouse-keeper",
        image: images.keeper,
        securityContext: containerSecurity,
        resources: sized("1Gi", "100m", "1"),
    };
    const pod = {
        automountServiceAccountToken: false,
        securityContext: podSecurity(serverUser),
        affinity: apart(keeperPods),
        containers: [container],
    };
    const spec = {
        defaults: { templates: { podTemplate: "keeper", dataVolumeClaimTemplate: "data" } },
        configuration: { clusters: [{ name: "keeper", layout: { replicasCount: 3 } }] },
        templates: {
            podTemplates: [{ name: "keeper", spec: pod }],
            volumeClaimTemplates: [claim(site, 10)],
        },
    };
    return operated(
        site,
        "keeper",
        {
            apiVersion: "clickhouse-keeper.altinity.com/v1",
            kind: "ClickHouseKeeperInstallation",
            name: installation,
            waitFor: "jsonpath={.status.status}=Completed",
            spec,
        },
        { ...within(site), ...keeping(site.settings) },
    );
}

/** Runs ClickHouse, after what its pods read of Kafka. */
export function runClickhouse(site: Site, passwords: Passwords, after: Resource[]): CustomResource {
    const hashed = [...passwords].map(([account, password]): [string, Output<string>] => [
        account,
        password.apply((plain) => createHash("sha256").update(plain).digest("hex")),
    ]);
    const hashes = secretOf(site, "clickhouse-accounts", Object.fromEntries(hashed));
    const { shards, replicas } = site.settings.kubernetes.clickhouse;
    const keeper = shards * replicas > 1 ? [runKeeper(site)] : [];
    return operated(
        site,
        "clickhouse",
        {
            apiVersion: "clickhouse.altinity.com/v1",
            kind: "ClickHouseInstallation",
            name: installation,
            waitFor: "jsonpath={.status.status}=Completed",
            spec: installationSpec(site, hashes.metadata.name, keeper.length > 0),
        },
        { ...within(site, ...after, ...keeper), ...keeping(site.settings) },
    );
}
