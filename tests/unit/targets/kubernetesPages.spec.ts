// Proves: what the kubernetes target asks of its providers for pages: HyperDX with its MongoDB, Grafana, and the Ingress, each told no more than it needs, reached by
// whom it is for, and HyperDX filled through a port-forward. Does not prove: that their images run with it, nor that an Ingress controller does as it is told.
import assert from "node:assert/strict";
import { parse } from "yaml";
import { workers } from "../../../infra/pipeline/workers";
import {
    clusterKeys,
    type Container,
    containerOf,
    type Json,
    objectsOf,
    only,
    templateOf,
} from "../../support/kubernetes";
import { type Program, runTarget } from "../../support/target";

const keys = { ...clusterKeys, ingressDomain: "trading.example.com", ingressTlsSecret: "pages", ingressClass: "nginx" };

describe("kubernetes target's pages", () => {
    let program: Program;
    const container = (name: string): Container => containerOf(only(objectsOf(program, "Deployment"), name));
    const variables = (name: string): Record<string, unknown> =>
        Object.fromEntries(
            container(name).env.map((entry) => [entry.name, entry.value ?? entry.valueFrom?.secretKeyRef]),
        );
    before(async () => {
        program = await runTarget(keys);
    });

    it("are published under names below the domain, with its certificate, and nothing else is", () => {
        const { spec } = only(objectsOf(program, "Ingress"), "pages");
        const hosts = ["console", "hyperdx", "grafana", "gateway"].map((name) => `${name}.trading.example.com`);
        assert.equal(spec["ingressClassName"], "nginx");
        assert.deepEqual(spec["tls"], [{ hosts, secretName: "pages" }]);
        const rules = spec["rules"] as { host: string; http: { paths: { backend: Json }[] } }[];
        assert.deepEqual(
            rules.map(({ host }) => host),
            hosts,
        );
        assert.deepEqual(rules[1]?.http.paths[0]?.backend, { service: { name: "hyperdx", port: { name: "http" } } });
        const services = objectsOf(program, "Service");
        for (const { host } of rules) {
            const ports = only(services, host.split(".")[0] ?? "").spec["ports"] as { name: string }[];
            assert.ok(
                ports.some(({ name }) => name === "http"),
                host,
            );
        }
        assert.equal(program.endpoints["consoleUrl"], "https://console.trading.example.com");
        assert.equal(variables("hyperdx")["FRONTEND_URL"], "https://hyperdx.trading.example.com");
        assert.equal(variables("grafana")["GF_SERVER_ROOT_URL"], "https://grafana.trading.example.com");
    });

    it("are reached by the Ingress controller's pods alone, on the port of the pages", () => {
        const policies = objectsOf(program, "NetworkPolicy");
        const expected = { console: 8126, hyperdx: 8080, grafana: 3000, gateway: 8088 };
        for (const [name, port] of Object.entries(expected))
            assert.deepEqual(only(policies, `${name}-published`).spec["ingress"], [
                {
                    from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "ingress-nginx" } } }],
                    ports: [{ protocol: "TCP", port }],
                },
            ]);
    });

    it("stay within the cluster without a domain", async () => {
        const found = await runTarget(clusterKeys);
        assert.equal(objectsOf(found, "Ingress").size, 0);
        const published = [...objectsOf(found, "NetworkPolicy").keys()].filter((name) => name.endsWith("-published"));
        assert.deepEqual(published, []);
        assert.equal(found.endpoints["consoleUrl"], "http://console.trading.svc:8126");
    });

    it("have a collector beside them that workers alone send to, each with its token", () => {
        assert.deepEqual(variables("collector")["OTLP_TOKEN"], { name: "collector-env-named", key: "OTLP_TOKEN" });
        assert.equal(variables("collector")["CLICKHOUSE_USER"], "telemetry");
        assert.deepEqual(only(objectsOf(program, "Secret"), "collector-env").stringData, {
            OTLP_TOKEN: "Generated1-collector",
            CLICKHOUSE_PASSWORD: "Generated1-clickhouse-telemetry",
            KAFKA_PASSWORD: "Generated1-kafka-collector",
        });
        for (const { name } of workers) {
            assert.equal(variables(name)["OTEL_EXPORTER_OTLP_ENDPOINT"], "http://collector.trading.svc:4318");
            const { labels = {} } = templateOf(only(objectsOf(program, "Deployment"), name)).metadata;
            assert.ok("trading-monitoring/collector" in labels, name);
        }
        assert.deepEqual(only(objectsOf(program, "NetworkPolicy"), "collector").spec["ingress"], [
            {
                from: [{ podSelector: { matchLabels: { "trading-monitoring/collector": "client" } } }],
                ports: [{ protocol: "TCP", port: 4318 }],
            },
        ]);
    });

    it("have the collector ask Kafka about topics and groups, by a login of its own and over TLS", () => {
        assert.equal(variables("collector")["KAFKA_USERNAME"], "collector");
        const deployment = only(objectsOf(program, "Deployment"), "collector");
        const { metadata, spec } = templateOf(deployment);
        assert.ok("trading-monitoring/kafka" in (metadata.labels ?? {}));
        const folder = containerOf(deployment).volumeMounts.find(({ name }) => name === "kafka-ca")?.mountPath;
        const volumes = spec["volumes"] as { name: string; secret?: Json }[];
        assert.deepEqual(volumes.find(({ name }) => name === "kafka-ca")?.secret, {
            secretName: "trading-cluster-ca-cert",
            items: [{ key: "ca.crt", path: "ca.crt" }],
        });
        const { data } = only(objectsOf(program, "ConfigMap"), "collector-files") as unknown as {
            data: Record<string, string>;
        };
        const config = parse(data["0"] ?? "") as { receivers: { kafkametrics: Json } };
        const { brokers, tls, auth } = config.receivers.kafkametrics;
        assert.deepEqual(brokers, ["trading-kafka-bootstrap.trading.svc:9093"]);
        assert.deepEqual(tls, { ca_file: `${String(folder)}/ca.crt` });
        const login = { username: "${env:KAFKA_USERNAME}", password: "${env:KAFKA_PASSWORD}" };
        assert.deepEqual(auth, { sasl: { mechanism: "SCRAM-SHA-512", ...login } });
    });

    it("have MongoDB for HyperDX alone", () => {
        const policies = objectsOf(program, "NetworkPolicy");
        assert.deepEqual(only(policies, "mongodb").spec["ingress"], [
            {
                from: [{ podSelector: { matchLabels: { "trading-monitoring/mongodb": "client" } } }],
                ports: [{ protocol: "TCP", port: 27017 }],
            },
        ]);
        const clients = [...objectsOf(program, "Deployment")].filter(
            ([, inputs]) => "trading-monitoring/mongodb" in (templateOf(inputs).metadata.labels ?? {}),
        );
        assert.deepEqual(
            clients.map(([name]) => name),
            ["hyperdx"],
        );
        assert.equal(variables("mongodb")["MONGO_INITDB_ROOT_PASSWORD_FILE"], "/etc/mongodb-secrets/password");
        assert.deepEqual(only(objectsOf(program, "Secret"), "mongodb-secrets").stringData, {
            password: "Generated1-mongodb",
        });
    });

    it("take secrets by reference or from files, each its own", () => {
        const secrets = objectsOf(program, "Secret");
        assert.deepEqual(variables("hyperdx")["MONGO_URI"], { name: "hyperdx-env-named", key: "MONGO_URI" });
        assert.deepEqual(only(secrets, "hyperdx-env").stringData, {
            MONGO_URI: "mongodb://hyperdx:Generated1-mongodb@mongodb:27017/hyperdx?authSource=admin",
            EXPRESS_SESSION_SECRET: "Generated1-hyperdx-session",
        });
        assert.deepEqual(only(secrets, "grafana-secrets").stringData, {
            admin: "Generated1-grafana",
            clickhouse: "Generated1-clickhouse-dashboards",
        });
        const { mountPath } = container("grafana").volumeMounts.find(({ name }) => name === "secrets") ?? {};
        assert.equal(variables("grafana")["GF_SECURITY_ADMIN_PASSWORD__FILE"], `${String(mountPath)}/admin`);
    });

    it("give Grafana its datasource and every dashboard as files", () => {
        const { volumeMounts } = container("grafana");
        const { data } = only(objectsOf(program, "ConfigMap"), "grafana-files") as unknown as {
            data: Record<string, string>;
        };
        const files = volumeMounts.filter(({ name }) => name === "files");
        const at = (path: string): string =>
            data[files.find(({ mountPath }) => mountPath === path)?.subPath ?? ""] ?? "";
        assert.match(at("/etc/grafana/provisioning/datasources/trading.yaml"), /host: clickhouse\n/);
        assert.equal(
            files.filter(({ mountPath }) => /^\/etc\/grafana\/dashboards\/.*\.json$/.test(mountPath)).length,
            6,
        );
        assert.equal(files.length, Object.keys(data).length);
    });

    it("have HyperDX filled through a port-forward to its API", () => {
        const provider = program.made.find(
            ({ type, name }) => type === "pulumi:providers:trading" && name === "hyperdx",
        );
        assert.equal(provider?.inputs["hyperdxUrl"], "http://hyperdx.trading.svc:8000");
        assert.deepEqual(JSON.parse(String(provider.inputs["hyperdxForward"])), {
            namespace: "trading",
            service: "hyperdx",
            port: 8000,
        });
        const after = program.options.get("trading:hyperdx:Team hyperdx-team")?.after ?? [];
        assert.ok(after.includes("kubernetes:apps/v1:Deployment hyperdx"));
    });
});
