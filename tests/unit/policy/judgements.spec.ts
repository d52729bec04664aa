// Proves: each policy lets a resource in order pass, refuses one that is not with the value it found, and has nothing to say of other kinds.
// Does not prove: that Pulumi's engine stops a preview for it.
import assert from "node:assert/strict";
import {
    dataIsProtected,
    factsExpire,
    feedsKeepDeadLetters,
    imagesArePinned,
    type Judgement,
    portsArePrivate,
} from "../../../infra/policy/judgements";
import { catalogue } from "../../../schema";
import { tableOf } from "../../../schema/ddl";

const judged = (judge: Judgement, type: string, props: object, isProtected = false): string[] =>
    judge({ type, props: { ...props }, isProtected });

describe("policies", () => {
    const table = "trading:clickhouse:Table";
    const container = "docker:index/container:Container";
    const pulled = "docker:index/remoteImage:RemoteImage";
    const service = "kubernetes:core/v1:Service";

    it("every fact of the catalogue is one for the policy, has a TTL, and without it is refused", () => {
        const facts = catalogue.filter(({ kind }) => kind === "fact").map((fact) => tableOf(fact, 30));
        assert.ok(facts.length > 10);
        for (const { ttl, ...fact } of facts) {
            assert.deepEqual(judged(factsExpire, table, { ...fact, ttl }), []);
            const [said = ""] = judged(factsExpire, table, fact);
            assert.match(said, /ttl\.days is undefined/, fact.name);
        }
    });

    it("a reference needs no TTL", () => {
        for (const reference of catalogue.filter(({ kind }) => kind !== "fact"))
            assert.deepEqual(judged(factsExpire, table, { ...tableOf(reference, 30), ttl: undefined }), []);
    });

    it("a feed without dead letters is refused", () => {
        const feed = "trading:clickhouse:Feed";
        assert.deepEqual(
            judged(feedsKeepDeadLetters, feed, { deadLetters: { database: "facts", table: "dead_letters" } }),
            [],
        );
        assert.equal(judged(feedsKeepDeadLetters, feed, {}).length, 1);
        assert.equal(judged(feedsKeepDeadLetters, feed, { deadLetters: { table: "" } }).length, 1);
        assert.deepEqual(judged(feedsKeepDeadLetters, table, {}), []);
    });

    it("images have a digest, an id or an exact version", () => {
        const digest = `@sha256:${"a".repeat(64)}`;
        for (const name of [`grafana/grafana${digest}`, "nginx:1.28.0-alpine", "r.example:5000/a:v2.1", "sha256:abc"])
            assert.deepEqual(judged(imagesArePinned, pulled, { name }), [], name);
        for (const name of ["nginx", "nginx:latest", "nginx:stable", "mongo:7", "r.example:5000/a", "nginx@sha256:abc"])
            assert.match(judged(imagesArePinned, pulled, { name })[0] ?? "", new RegExp(`"${name}"`), name);
    });

    it("images are found however deep a workload has them", () => {
        const containers = [{ image: "nginx:1.28.0" }, { image: "busybox" }];
        const props = { spec: { template: { spec: { containers, initContainers: [{ image: "a:latest" }] } } } };
        assert.equal(judged(imagesArePinned, "kubernetes:apps/v1:Deployment", props).length, 2);
        assert.deepEqual(judged(imagesArePinned, "trading:embedded:Process", { image: "latest" }), []);
    });

    it("ports are published on loopback alone, services within the cluster", () => {
        const port = { internal: 8123, external: 8123 };
        assert.deepEqual(
            judged(portsArePrivate, container, {
                ports: [
                    { ...port, ip: "127.0.0.1" },
                    { ...port, ip: "::1" },
                ],
            }),
            [],
        );
        assert.match(judged(portsArePrivate, container, { ports: [port] })[0] ?? "", /8123.*all addresses/);
        assert.match(
            judged(portsArePrivate, container, { ports: [{ ...port, ip: "0.0.0.0" }] })[0] ?? "",
            /0\.0\.0\.0/,
        );
        assert.deepEqual(judged(portsArePrivate, container, {}), []);
        const open = { ports: [{ ...port, ip: "0.0.0.0" }] };
        assert.deepEqual(judged(portsArePrivate, container, { ...open, name: "trading-staging-nginx" }), []);
        assert.equal(judged(portsArePrivate, container, { ...open, name: "trading-staging-kafka" }).length, 1);
        assert.deepEqual(judged(portsArePrivate, service, { spec: { type: "ClusterIP" } }), []);
        assert.deepEqual(judged(portsArePrivate, service, { spec: {} }), []);
        for (const type of ["LoadBalancer", "NodePort"])
            assert.match(judged(portsArePrivate, service, { spec: { type } })[0] ?? "", new RegExp(type));
    });

    it("what holds data is protected", () => {
        const volume = "docker:index/volume:Volume";
        assert.equal(judged(dataIsProtected, volume, {}).length, 1);
        assert.deepEqual(judged(dataIsProtected, volume, {}, true), []);
        for (const type of [table, "trading:kafka:Topic", "trading:clickhouse:Database"]) {
            assert.match(judged(dataIsProtected, type, { onDelete: "drop" })[0] ?? "", /"drop"/);
            assert.deepEqual(judged(dataIsProtected, type, { onDelete: "keep" }), []);
            assert.deepEqual(judged(dataIsProtected, type, {}), []);
        }
        assert.deepEqual(judged(dataIsProtected, container, { onDelete: "drop" }), []);
    });
});
