// Proves: a real API server, with Strimzi's definitions, takes every object of the kubernetes target that it knows the kind of, strictly (no unknown field), and every
// Deployment's pod under the restricted security standard. Does not prove: that operators, nodes and images do with them what is meant; and not the objects of Altinity's
// operator, whose definitions no registry here has: which those are is asserted below.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { Stream } from "../../../infra/pipeline/stream";
import { catalogue } from "../../../schema";
import { type ApiServer, startApiServer } from "../../support/apiserver/server";
import { strimziDefinitions } from "../../support/apiserver/strimzi";
import { clusterKeys, type Json, seen } from "../../support/kubernetes";
import { removeFolder, temporaryFolder, until } from "../../support/processes";
import { settingsOf } from "../../support/settings";
import { type Made, runTarget } from "../../support/target";

/** With everything that config may add. */
const keys = { ...clusterKeys, ingressDomain: "trading.example.com", ingressTlsSecret: "pages", storageClass: "fast" };

/** Kinds without a definition here. */
const unknownKinds = ["ClickHouseInstallation"];

interface KubernetesObject {
    apiVersion: string;
    kind: string;
    metadata: { name?: string; namespace?: string };
    spec?: Json;
}

/** Everything a stack makes in a cluster, as the API server gets it. */
async function objects(): Promise<KubernetesObject[]> {
    const { made, target } = await runTarget(keys);
    const settings = settingsOf(keys);
    const feeds = catalogue.map((declaration) => new Stream(declaration, settings, target, []).feed);
    await Promise.all(feeds.map(({ urn }) => new Promise((resolve) => urn.apply(resolve))));
    return made.filter(({ type }) => type.startsWith("kubernetes:")).map(objectOf);
}

/** As Pulumi's provider sends it: with a name, and secrets in the open. */
function objectOf({ name, inputs }: Made): KubernetesObject {
    const found = seen(inputs, (secret) => secret) as KubernetesObject;
    return { ...found, metadata: { name, ...found.metadata } };
}

describe("objects of the kubernetes target, before a real API server", function () {
    this.timeout(1_800_000);
    const dir = temporaryFolder("apiserver");
    let server: ApiServer;
    let all: KubernetesObject[];
    let paths: Map<string, string>;

    /** Where objects of a kind are made, by the server's own account. */
    const discover = async (apiVersion: string): Promise<[string, string][]> => {
        const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
        const { body } = await server.ask("GET", root);
        const resources = (body["resources"] ?? []) as { name: string; kind: string; namespaced: boolean }[];
        return resources
            .filter(({ name }) => !name.includes("/"))
            .map(({ name, kind, namespaced }) => [
                `${apiVersion} ${kind}`,
                `${root}/${namespaced ? "namespaces/trading/" : ""}${name}`,
            ]);
    };
    const refusalOf = async (object: KubernetesObject): Promise<string | undefined> => {
        const path = paths.get(`${object.apiVersion} ${object.kind}`);
        if (path === undefined) return `no such kind: ${object.kind}`;
        const { status, body } = await server.ask("POST", `${path}?dryRun=All&fieldValidation=Strict`, object);
        return status === 201 ? undefined : `${object.kind} ${object.metadata.name ?? ""}: ${String(body["message"])}`;
    };

    before(async () => {
        mkdirSync(dir, { recursive: true });
        server = await startApiServer(dir);
        for (const definition of await strimziDefinitions()) {
            const { status } = await server.ask(
                "POST",
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
                definition,
            );
            assert.equal(status, 201);
        }
        all = await objects();
        const [namespace] = all.filter(({ kind }) => kind === "Namespace");
        assert.ok(namespace);
        assert.equal((await server.ask("POST", "/api/v1/namespaces", namespace)).status, 201);
        const versions = [...new Set([...all.map(({ apiVersion }) => apiVersion), "v1"])];
        paths = await until(
            "all definitions are served",
            async () => {
                const found = new Map((await Promise.all(versions.map(discover))).flat());
                return found.has("kafka.strimzi.io/v1 KafkaUser") && found.has("kafka.strimzi.io/v1 Kafka")
                    ? found
                    : undefined;
            },
            120_000,
        );
    });
    after(async () => {
        await server.stop();
        removeFolder(dir);
    });

    it("are all taken, without a field that the server does not know", async () => {
        const known = all.filter(({ kind }) => !unknownKinds.includes(kind) && kind !== "Namespace");
        const refusals = (await Promise.all(known.map(refusalOf))).filter((refusal) => refusal !== undefined);
        assert.deepEqual(refusals, []);
        const kinds = [...new Set(known.map(({ kind }) => kind))].sort();
        for (const kind of [
            "Deployment",
            "Ingress",
            "Kafka",
            "KafkaNodePool",
            "KafkaTopic",
            "KafkaUser",
            "NetworkPolicy",
            "Secret",
        ])
            assert.ok(kinds.includes(kind), kind);
        assert.equal(known.filter(({ kind }) => kind === "KafkaTopic").length, catalogue.length);
    });

    it("have pods that the restricted standard admits", async () => {
        const deployments = all.filter(({ kind }) => kind === "Deployment");
        for (const { metadata, spec } of deployments) {
            const { spec: pod } = spec?.["template"] as { spec: Json };
            const refusal = await refusalOf({ apiVersion: "v1", kind: "Pod", metadata, spec: pod });
            assert.equal(refusal, undefined);
            const root = { ...pod, securityContext: { runAsUser: 0 } };
            const refused = await refusalOf({ apiVersion: "v1", kind: "Pod", metadata, spec: root });
            assert.match(String(refused), /violates PodSecurity "restricted:latest"/);
        }
    });

    it("would be refused with a field misspelt, or without one that is needed", async () => {
        const [user] = all.filter(({ kind }) => kind === "KafkaUser");
        assert.ok(user);
        const misspelt = await refusalOf({ ...user, spec: { ...user.spec, authorisation: {} } });
        assert.match(String(misspelt), /unknown field "spec.authorisation"/);
        const incomplete = await refusalOf({ ...user, spec: { authorization: { type: "simple" } } });
        assert.match(String(incomplete), /spec.authorization.acls: Required value/);
    });

    it("leaves out Altinity's alone", () => {
        const left = all.filter(({ apiVersion, kind }) => !paths.has(`${apiVersion} ${kind}`)).map(({ kind }) => kind);
        assert.deepEqual([...new Set(left)], unknownKinds);
    });
});
