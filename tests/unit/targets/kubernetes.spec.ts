// Proves: what the kubernetes target asks of its providers for workers, at preview and at update: restricted pods, secrets by reference alone, probes, files, budgets,
// and plain values wherever a change would spread. Does not prove: that an API server takes any of it, nor that images and workers run with it: the provider
// plugins are not to be had here, and neither is a cluster.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../../infra/names";
import { workers } from "../../../infra/pipeline/workers";
import {
    asksClickhouse,
    type Container,
    clusterKeys,
    containerOf,
    image,
    type Inputs,
    type Json,
    kindOf,
    objectsOf,
    only,
    podsOf,
    seen,
    speaksKafka,
    templateOf,
    unknown,
} from "../../support/kubernetes";
import { type Program, runTarget } from "../../support/target";

const names = workers.map(({ name }) => name);
const password = "Generated1-";
const keys = clusterKeys;

/** Deployments of workers, without those of pages. */
const workersOf = (program: Program): Map<string, Inputs> =>
    new Map([...objectsOf(program, "Deployment")].filter(([name]) => names.includes(name)));

for (const phase of ["update", "preview"]) {
    describe(`kubernetes target, at ${phase}`, () => {
        let program: Program;
        let deployments: Map<string, Inputs>;
        before(async () => {
            program = await runTarget(keys, phase === "preview");
            deployments = workersOf(program);
        });

        it("is Kafka, ClickHouse and a Deployment for every worker, all in the stack's namespace", () => {
            assert.deepEqual([...deployments.keys()].sort(), [...names].sort());
            for (const kind of ["KafkaNodePool", "Kafka", "ClickHouseInstallation", "Namespace"])
                assert.equal(objectsOf(program, kind).size, 1, kind);
            for (const { type, name, inputs } of program.made.filter(({ type }) => type.startsWith("kubernetes:")))
                if (kindOf(type) !== "Namespace")
                    assert.equal((inputs as unknown as Inputs).metadata.namespace, "trading", `${type} ${name}`);
        });

        it("runs one image of the workers, each with its own program", () => {
            for (const [name, inputs] of deployments) {
                assert.equal(containerOf(inputs).image, image, name);
                assert.deepEqual(containerOf(inputs).command.slice(3), [`functions/${name}/main.ts`]);
            }
        });

        it("lets no pod have a privilege", () => {
            assert.deepEqual(only(objectsOf(program, "Namespace"), "namespace").metadata.labels, {
                "pod-security.kubernetes.io/enforce": "restricted",
            });
            for (const [name, pod] of podsOf(program)) {
                const security = pod["securityContext"] as Json;
                assert.equal(security["runAsNonRoot"], true, name);
                assert.ok(Number(security["runAsUser"]) > 0, name);
                assert.deepEqual(security["seccompProfile"], { type: "RuntimeDefault" }, name);
                assert.equal(pod["automountServiceAccountToken"], false, name);
                for (const { securityContext, resources } of pod["containers"] as Container[]) {
                    assert.equal(securityContext["allowPrivilegeEscalation"], false, name);
                    assert.deepEqual(securityContext["capabilities"], { drop: ["ALL"] }, name);
                    assert.deepEqual(Object.keys(resources.limits).sort(), ["cpu", "memory"], name);
                    assert.equal(resources.requests["memory"], resources.limits["memory"], name);
                }
            }
            for (const [name, inputs] of deployments)
                assert.equal(containerOf(inputs).securityContext["readOnlyRootFilesystem"], true, name);
        });

        it("asks each worker whether it lives and whether it is well", () => {
            for (const [name, inputs] of deployments) {
                const { livenessProbe, readinessProbe } = containerOf(inputs);
                assert.match(livenessProbe.exec.command.at(-1) ?? "", /127\.0\.0\.1:9464\/livez"/, name);
                assert.match(readinessProbe.exec.command.at(-1) ?? "", /127\.0\.0\.1:9464\/healthz"/, name);
            }
        });

        it("gives secrets by reference to a Secret that has them", () => {
            const secrets = objectsOf(program, "Secret");
            for (const [name, inputs] of deployments) {
                const { env } = containerOf(inputs);
                for (const { name: variable, valueFrom } of env.filter((entry) => entry.valueFrom !== undefined)) {
                    assert.deepEqual(valueFrom?.secretKeyRef, { name: `${name}-env-named`, key: variable });
                    // What is secret as a whole is not known in parts.
                    const { stringData } = only(secrets, `${name}-env`);
                    if (phase === "update") assert.ok(variable in (stringData ?? {}), `${name} ${variable}`);
                }
            }
            const telemetry = "OTEL_EXPORTER_OTLP_HEADERS";
            const references = (name: string): (string | undefined)[] =>
                containerOf(only(deployments, name)).env.flatMap((entry) => (entry.valueFrom ? [entry.name] : []));
            assert.deepEqual(references("sentiment").sort(), [
                "CLICKHOUSE_URL",
                "KAFKA_PASSWORD",
                "OPENAI_API_KEY",
                telemetry,
            ]);
            assert.deepEqual(references("market-data").sort(), ["KAFKA_PASSWORD", telemetry]);
        });

        it("shows no secret, of its own or of config", () => {
            const shown = JSON.stringify(program.made.map(({ inputs }) => seen(inputs, () => "[secret]")));
            const sent = JSON.stringify(program.made);
            assert.equal(shown.includes("sk-1"), false);
            assert.equal(shown.includes(password), false);
            assert.equal(sent.includes(password), phase === "update");
        });

        it("has every worker log in to Kafka as itself, over TLS", () => {
            for (const [name, inputs] of deployments) {
                const { env, volumeMounts } = containerOf(inputs);
                const open = Object.fromEntries(env.map((entry) => [entry.name, entry.value]));
                const speaks = speaksKafka.includes(name);
                assert.equal(open["KAFKA_BROKERS"], speaks ? "trading-kafka-bootstrap.trading.svc:9093" : undefined);
                assert.equal(open["KAFKA_USERNAME"], speaks ? name : undefined, name);
                assert.equal(open["KAFKA_CA_FILE"], speaks ? "/kafka-ca/ca.crt" : undefined, name);
                assert.equal(
                    volumeMounts.some(({ mountPath }) => mountPath === "/kafka-ca"),
                    speaks,
                    name,
                );
            }
        });

        it("knows everything beforehand but what generated passwords are part of", () => {
            const objects = program.made.filter(({ type }) => type.startsWith("kubernetes:"));
            const late = objects.flatMap(({ type, name, inputs }) =>
                JSON.stringify(seen(inputs, (secret) => secret)).includes(unknown) ? [`${kindOf(type)} ${name}`] : [],
            );
            const pages = ["collector-env", "grafana-secrets", "hyperdx-env", "mongodb-secrets"];
            const secrets = [...pages, "clickhouse-accounts", "kafka-passwords", ...names.map((name) => `${name}-env`)];
            const expected = secrets.map((name) => `Secret ${name}`);
            assert.deepEqual(late.sort(), phase === "update" ? [] : expected.sort());
        });
    });
}

describe("kubernetes target's workers", () => {
    let program: Program;
    before(async () => {
        program = await runTarget(keys);
    });

    it("labels pods for the services they speak to, and no others", () => {
        for (const [name, inputs] of workersOf(program)) {
            const labels = templateOf(inputs).metadata.labels ?? {};
            assert.equal("trading-monitoring/kafka" in labels, speaksKafka.includes(name), name);
            assert.equal("trading-monitoring/clickhouse" in labels, asksClickhouse.includes(name), name);
        }
    });

    it("runs gateways side by side under a budget, and of the others one at a time", () => {
        const deployments = workersOf(program);
        for (const [name, { spec }] of deployments) {
            const several = name === "gateway";
            assert.equal(spec["replicas"], several ? 2 : 1, name);
            assert.equal((spec["strategy"] as Json)["type"], several ? "RollingUpdate" : "Recreate", name);
        }
        const budgets = objectsOf(program, "PodDisruptionBudget");
        assert.deepEqual([...budgets.keys()], ["gateway"]);
        assert.equal(only(budgets, "gateway").spec["minAvailable"], 1);
    });

    it("carries files that a worker reads under a path that is the same from clone to clone", () => {
        const { env, volumeMounts } = containerOf(only(workersOf(program), "matching-engine"));
        assert.equal(env.find(({ name }) => name === "MAPPINGS")?.value, "/files/package.json");
        assert.deepEqual(
            volumeMounts.find(({ name }) => name === "files"),
            { name: "files", mountPath: "/files/package.json", subPath: "0", readOnly: true },
        );
        const { binaryData } = only(objectsOf(program, "ConfigMap"), "matching-engine-files");
        const content = readFileSync(join(projectRoot, "package.json"));
        assert.equal(binaryData?.["0"], content.toString("base64"));
        const text = JSON.stringify(program.made);
        assert.equal(text.includes(projectRoot), false);
    });
});
