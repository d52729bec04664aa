// Proves: what the kubernetes target asks of its providers for services: Kafka's listener, copies, accounts and topics, ClickHouse's layout, the network that denies
// by default, data as onDelete says, the provider's way in, and the list of all objects. Does not prove: that an API server or an operator takes any of it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Settings } from "../../../infra/config";
import { Foundation } from "../../../infra/pipeline/foundation";
import { Stream } from "../../../infra/pipeline/stream";
import { accounts, workerAccounts } from "../../../infra/services/clickhouse/accounts";
import { marketTrades } from "../../../schema";
import { kubernetesPath, renderKubernetes } from "../../golden/targets";
import {
    clusterKeys,
    type Container,
    type Json,
    objectsOf,
    only,
    podsOf,
    seen,
    speaksKafka,
} from "../../support/kubernetes";
import { settingsOf } from "../../support/settings";
import { type Made, type Program, runTarget } from "../../support/target";

const password = "Generated1-kafka-clickhouse";
const keys = clusterKeys;

describe("kubernetes target's services", () => {
    let program: Program;
    before(async () => {
        program = await runTarget(keys);
    });

    it("lets a component write and read no more of Kafka than its own work", () => {
        const users = objectsOf(program, "KafkaUser");
        const rights = (name: string): string[] =>
            (only(users, `kafka-${name}`).spec["authorization"] as { acls: Json[] }).acls.map((acl) => {
                const { type, name: resource, patternType } = acl["resource"] as Record<string, string>;
                const star = patternType === "prefix" ? "*" : "";
                return `${(acl["operations"] as string[]).join("+")} ${String(type)} ${String(resource)}${star}`;
            });
        assert.deepEqual(
            [...users.keys()].sort(),
            ["clickhouse", "collector", ...speaksKafka].map((name) => `kafka-${name}`).sort(),
        );
        assert.deepEqual(rights("clickhouse"), ["Read+Describe topic trading.*", "Read+Describe group clickhouse.*"]);
        assert.deepEqual(rights("gateway"), ["Write+Describe topic trading.*"]);
        assert.deepEqual(rights("evaluator"), ["Describe topic trading.*", "Describe group clickhouse.*"]);
        assert.deepEqual(rights("collector"), ["Describe topic trading.*", "Describe group *"]);
        assert.deepEqual(rights("on-chain"), [
            "Write+Describe topic trading.on_chain_transfers.v1",
            "Write+Describe topic trading.addresses.v1",
            "Write+Describe topic trading.source_notices.v1",
            "Describe group clickhouse.*",
        ]);
        for (const name of users.keys())
            assert.deepEqual(only(users, name).spec["authentication"], {
                type: "scram-sha-512",
                password: { valueFrom: { secretKeyRef: { name: "kafka-passwords-named", key: name.slice(6) } } },
            });
    });

    it("has each log in to ClickHouse by its own account, whose hash comes from a Secret alone", () => {
        const secrets = objectsOf(program, "Secret");
        for (const [worker, account] of Object.entries(workerAccounts)) {
            const login = `${account}:Generated1-clickhouse-${account.replace("_", "-")}`;
            const { stringData } = only(secrets, `${worker}-env`);
            assert.equal(stringData?.["CLICKHOUSE_URL"], `http://${login}@clickhouse.trading.svc:8123`);
        }
        const { configuration } = only(objectsOf(program, "ClickHouseInstallation"), "clickhouse").spec as {
            configuration: { files: Record<string, string> };
        };
        const text = configuration.files["users.d/trading.xml"] ?? "";
        const [, pod] = podsOf(program).find(([name]) => name === "clickhouse") ?? [];
        const [server] = pod?.["containers"] as Container[];
        const { stringData: hashes } = only(secrets, "clickhouse-accounts");
        for (const { name } of accounts) {
            const [, variable] = new RegExp(`<${name}>\\s*<password_sha256_hex from_env="(\\w+)"/>`).exec(text) ?? [];
            const given = server?.env.find((entry) => entry.name === variable)?.valueFrom?.secretKeyRef;
            assert.deepEqual(given, { name: "clickhouse-accounts-named", key: name });
            const plain = `Generated1-clickhouse-${name.replace("_", "-")}`;
            assert.equal(hashes?.[name], createHash("sha256").update(plain).digest("hex"));
        }
        assert.equal(text.includes("<password_sha256_hex>"), false);
    });

    it("has one Kafka listener, with TLS and a login", () => {
        const { kafka } = only(objectsOf(program, "Kafka"), "kafka").spec as { kafka: Json };
        assert.deepEqual(kafka["authorization"], { type: "simple" });
        const [listener, ...others] = kafka["listeners"] as Json[];
        assert.deepEqual(others, []);
        assert.deepEqual([listener?.["tls"], listener?.["authentication"]], [true, { type: "scram-sha-512" }]);
        assert.deepEqual([kafka["version"], kafka["metadataVersion"]], ["4.2.1", "4.2-IV1"]);
    });

    it("keeps as many copies as there are nodes, three at most, and takes a message when one may be away", async () => {
        const expected = { 1: [1, 1], 2: [2, 1], 3: [3, 2], 5: [3, 2] };
        for (const [nodes, [factor, inSync]] of Object.entries(expected)) {
            const found = await runTarget({ ...keys, kafkaReplicas: Number(nodes) });
            const { kafka } = only(objectsOf(found, "Kafka"), "kafka").spec as { kafka: { config: Json } };
            assert.equal(only(objectsOf(found, "KafkaNodePool"), "kafka-nodes").spec["replicas"], Number(nodes));
            assert.equal(kafka.config["default.replication.factor"], factor, nodes);
            assert.equal(kafka.config["min.insync.replicas"], inSync, nodes);
        }
    });

    it("makes topics as objects, and gives ClickHouse's feeds their login", async () => {
        const found = await runTarget(keys);
        const settings = settingsOf(keys);
        const { ready } = new Foundation(settings, found.target);
        const { feed } = new Stream(marketTrades, settings, found.target, ready);
        await Promise.all([...ready, feed].map(({ urn }) => new Promise((resolve) => urn.apply(resolve))));
        const topics = objectsOf(found, "KafkaTopic");
        assert.deepEqual([...topics.keys()], ["topic-market-trades"]);
        const { metadata, spec } = only(topics, "topic-market-trades");
        assert.deepEqual(metadata.labels, { "strimzi.io/cluster": "trading" });
        assert.deepEqual([spec["topicName"], spec["replicas"]], ["trading.market_trades.v1", 1]);
        assert.equal((spec["config"] as Json)["message.timestamp.type"], "LogAppendTime");
        assert.equal(found.made.filter(({ type }) => type === "trading:kafka:Topic").length, 0);
        const collection = found.made.find(({ type }) => type === "trading:clickhouse:NamedCollection");
        const { entries } = seen(collection?.inputs, (secret) => secret) as { entries: Record<string, string> };
        assert.equal(entries["kafka_broker_list"], "trading-kafka-bootstrap.trading.svc:9093");
        assert.equal(entries["kafka.security_protocol"], "sasl_ssl");
        assert.equal(entries["kafka.sasl_username"], "clickhouse");
        assert.equal(entries["kafka.sasl_password"], password);
        const [, pod] = podsOf(found).find(([name]) => name === "clickhouse") ?? [];
        const [server] = pod?.["containers"] as Container[];
        const folder = server?.volumeMounts.find(({ name }) => name === "kafka-ca")?.mountPath;
        assert.equal(entries["kafka.ssl_ca_location"], `${String(folder)}/ca.crt`);
    });

    it("denies all traffic that no policy names", () => {
        const policies = objectsOf(program, "NetworkPolicy");
        assert.deepEqual(only(policies, "default-deny").spec, {
            podSelector: {},
            policyTypes: ["Ingress", "Egress"],
            ingress: [],
            egress: [],
        });
        const toInternet = [...policies.keys()].filter((name) => name.endsWith("-internet")).sort();
        assert.deepEqual(
            toInternet,
            ["alerts", "grafana", "market-data", "matching-engine", "on-chain", "sentiment"].map(
                (name) => `${name}-internet`,
            ),
        );
        for (const name of toInternet) {
            const [{ to }] = only(policies, name).spec["egress"] as [{ to: { ipBlock: { except: string[] } }[] }];
            assert.ok(to[0]?.ipBlock.except.includes("169.254.0.0/16"), name);
        }
    });

    it("keeps volumes for those that keep something, with the class that config names", async () => {
        const found = await runTarget({ ...keys, storageClass: "fast" });
        const claims = objectsOf(found, "PersistentVolumeClaim");
        assert.deepEqual([...claims.keys()].sort(), ["console", "grafana", "matching-engine", "mongodb", "sentiment"]);
        for (const { spec } of claims.values()) assert.equal(spec["storageClassName"], "fast");
        const text = JSON.stringify(found.made.filter(({ type }) => /strimzi|altinity/.test(type)));
        assert.ok(text.includes('"class":"fast"') && text.includes('"storageClassName":"fast"'));
    });

    it("does with data what onDelete says", async () => {
        const expected = { refuse: [true, true, false], keep: [false, true, false], drop: [false, false, true] };
        const kept = [
            "Namespace namespace",
            "Kafka kafka",
            "KafkaNodePool kafka-nodes",
            "ClickHouseInstallation clickhouse",
        ];
        for (const [onDelete, [protect, retain, deleteClaim]] of Object.entries(expected)) {
            const found = await runTarget({ ...keys, onDelete });
            for (const each of [...kept, "PersistentVolumeClaim console"]) {
                const [, options] = [...found.options].find(([id]) => id.endsWith(`:${each}`)) ?? [];
                assert.deepEqual([options?.protect, options?.retainOnDelete], [protect, retain], `${onDelete} ${each}`);
            }
            const text = JSON.stringify(found.made);
            assert.ok(text.includes(`"deleteClaim":${String(deleteClaim)}`), onDelete);
            assert.ok(text.includes(`"reclaimPolicy":"${onDelete === "drop" ? "Delete" : "Retain"}"`), onDelete);
        }
    });

    it("has services up before workers, and Keeper where several nodes have to agree", async () => {
        const after = program.options.get("kubernetes:apps/v1:Deployment evaluator")?.after ?? [];
        for (const needed of [
            "kafka.strimzi.io/v1:Kafka kafka",
            "ClickHouseInstallation clickhouse",
            "NetworkPolicy default-deny",
        ])
            assert.ok(
                after.some((id) => id.endsWith(needed)),
                needed,
            );
        assert.equal(objectsOf(program, "ClickHouseKeeperInstallation").size, 0);
        const clickhouse = { shards: 2, replicas: 3, storageGi: 50 };
        const found = await runTarget(keys, false, (settings: Settings) => ({
            ...settings,
            kubernetes: { ...settings.kubernetes, clickhouse },
        }));
        assert.equal(objectsOf(found, "ClickHouseKeeperInstallation").size, 1);
        const { configuration } = only(objectsOf(found, "ClickHouseInstallation"), "clickhouse").spec as {
            configuration: { clusters: Json[]; zookeeper: Json };
        };
        assert.deepEqual(configuration.clusters[0]?.["layout"], { shardsCount: 2, replicasCount: 3 });
        assert.deepEqual(configuration.zookeeper, { nodes: [{ host: "keeper-trading", port: 2181 }] });
        assert.ok(objectsOf(found, "NetworkPolicy").has("keeper"));
    });

    it("tells its provider to forward a port to ClickHouse, by the same context as everything else", async () => {
        const found = await runTarget({ ...keys, kubeContext: "prod", namespace: "watch" });
        const provider = found.made.find(({ type }) => type === "pulumi:providers:trading") as Made;
        assert.deepEqual(JSON.parse(String(provider.inputs["clickhouseForward"])), {
            context: "prod",
            namespace: "watch",
            service: "clickhouse",
            port: 8123,
        });
        assert.equal(provider.inputs["clickhouseUrl"], "http://clickhouse.watch.svc:8123");
        assert.equal("kafkaBrokers" in provider.inputs, false);
        const kubernetes = found.made.find(({ type }) => type === "pulumi:providers:kubernetes") as Made;
        assert.deepEqual(kubernetes.inputs, { context: "prod", namespace: "watch" });
        assert.equal(found.endpoints["gatewayUrl"], "http://gateway.watch.svc:8088");
    });

    it("refuses what cannot work, and says what to do", async () => {
        const refusals: [Record<string, unknown>, RegExp][] = [
            [{ workersImage: "" }, /^config workersImage: the kubernetes target needs the workers' image/],
            [{ workersImage: "registry.example/trading:latest" }, /^config workersImage: .* found ".*:latest"/],
            [{ namespace: "Trading" }, /^config namespace: must be lower-case letters/],
            [{ clickhouseReplicas: 2 }, /^config clickhouseReplicas: tables are made on one node in this version/],
            [{ matchingEngineMappings: Array<string>(4).fill("package-lock.json") }, /a ConfigMap takes 750000/],
        ];
        for (const [wrong, message] of refusals) await assert.rejects(runTarget({ ...keys, ...wrong }), { message });
    });

    it("consists of what is committed", async () => {
        assert.equal(await renderKubernetes(), readFileSync(kubernetesPath, "utf8"), "npm run golden writes it anew");
    });
});
