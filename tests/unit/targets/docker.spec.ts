// Proves: what the docker target asks of its providers, at preview and at update: which resources, with pinned images, nothing published beyond loopback but
// what config says, workers without privileges, secrets marked as such, and plain values wherever a change would spread. Does not prove: that Docker takes
// any of it, that the image builds, or that Kafka, ClickHouse and the workers run with it: the docker and random provider plugins are not to be had here.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { kebab, projectRoot } from "../../../infra/names";
import { Foundation } from "../../../infra/pipeline/foundation";
import { workers } from "../../../infra/pipeline/workers";
import { type ProviderArgs } from "../../../infra/resources";
import { accounts, workerAccounts } from "../../../infra/services/clickhouse/accounts";
import { images } from "../../../infra/targets/docker/images";
import { clusterId } from "../../../infra/targets/docker/kafka";
import { livenessProbe } from "../../../infra/targets/docker/workers";
import { dockerPath, renderDocker } from "../../golden/targets";
import { everything, settingsOf } from "../../support/settings";
import { type Program, runTarget } from "../../support/target";

interface Port {
    internal: number;
    external: number;
    ip?: string;
}

/** Inputs of a container that are looked at. */
interface Container {
    [key: string]: unknown;
    name: string;
    image: string;
    envs: string[];
    ports: Port[];
    volumes: Record<string, unknown>[];
    uploads: { file: string; content: string }[];
}

const signature = "4dabf18193072939515e22adb298388d";
const unknown = "not known yet";
const names = workers.map(({ name }) => name);
/** What workers stand on. */
const services = ["kafka", "clickhouse"];
/** What people look at. */
const pages = ["mongodb", "hyperdx", "grafana", "nginx"];
const pulledOnes = [...services, ...pages, "collector"];
const on = { target: "docker", consolePort: 8127 };
/** Containers that keep something. */
const keepers = ["clickhouse", "console", "grafana", "kafka", "matching-engine", "mongodb", "sentiment"];
/** By account of ClickHouse; what the mocks make up tells whose it is. */
const passwords = new Map(accounts.map(({ name }) => [name, `Generated1-clickhouse-${kebab(name)}`]));
const hashes = [...passwords.values()].map((password) => createHash("sha256").update(password).digest("hex"));
/** Workers that ask ClickHouse, each by an account of its own. */
const loggedIn = ["auditor", "sentiment", "on-chain", "evaluator", "alerts", "console"];

/** Replaces, deep within a value, what is not known yet by a word, and each secret by what `show` makes of it. */
function seen(value: unknown, show: (secret: unknown) => unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => seen(item, show));
    if ("__pulumiUnknown" in value) return unknown;
    if (signature in value) return show(seen((value as { value?: unknown }).value, show));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, seen(item, show)]));
}

/** As the providers read it. */
const revealed = (value: unknown): unknown => seen(value, (secret) => secret);

/** As a preview and the state show it. The SDK's mocks hide the whole property where one of its items is secret. */
const shown = (value: unknown): string => JSON.stringify(seen(value, () => "[secret]"));

const containersOf = ({ made }: Program): Map<string, Container> =>
    new Map(
        made
            .filter(({ type }) => type === "docker:index/container:Container")
            .map(({ name, inputs }) => [name, revealed(inputs) as Container]),
    );

/** Where this project's own provider is told to find the services. */
const providerOf = ({ made }: Program): Partial<Record<keyof ProviderArgs, unknown>> =>
    revealed(
        made.find(({ type, name }) => type === "pulumi:providers:trading" && name === "trading")?.inputs,
    ) as Record<string, unknown>;

const published = (program: Program): Record<string, string[]> =>
    Object.fromEntries(
        [...containersOf(program)].map(([name, { ports }]) => [
            name,
            ports.map(({ ip = "everywhere", external, internal }) => `${ip}:${external}->${internal}`),
        ]),
    );

for (const phase of ["update", "preview"]) {
    describe(`docker target, at ${phase}`, () => {
        const settings = { ...everything, ...on, openaiApiKey: "sk-1" };
        let program: Program;
        let containers: Map<string, Container>;
        before(async () => {
            program = await runTarget(settings, phase === "preview");
            containers = containersOf(program);
        });

        const container = (name: string): Container => {
            const found = containers.get(name);
            assert.ok(found, name);
            return found;
        };

        it("is Kafka, ClickHouse, the pages and every worker, under names of this stack", () => {
            assert.deepEqual([...containers.keys()].sort(), [...pulledOnes, ...names].sort());
            for (const [name, inputs] of containers) {
                assert.equal(inputs.name, `trading-test-${name}`);
                const address = name === "nginx" ? { ipv4Address: "172.31.240.250" } : {};
                assert.deepEqual(inputs["networksAdvanced"], [
                    { name: "trading-test-network", aliases: [name], ...address },
                ]);
            }
        });

        it("pulls pinned versions and builds one image for the workers", () => {
            const pulled = program.made.filter(({ type }) => type === "docker:index/remoteImage:RemoteImage");
            assert.deepEqual(
                pulled.map(({ name, inputs }) => [name, inputs["name"], inputs["keepLocally"]]).sort(),
                Object.entries(images)
                    .map(([name, image]) => [name, image, true])
                    .sort(),
            );
            const [built, ...others] = program.made.filter(({ type }) => type === "docker:index/image:Image");
            assert.deepEqual([built?.inputs["skipPush"], others], [true, []]);
            const all = [...pulled.map(({ inputs }) => inputs["name"]), built?.inputs["imageName"]];
            for (const name of all) assert.match(String(name), /^[^:]+:(?!latest$)[\w.-]+$/);
            const ids = phase === "preview" ? [unknown, unknown] : ["sha256:pulled", "sha256:built"];
            for (const name of pulledOnes) assert.equal(container(name).image, ids[0]);
            for (const name of names) assert.equal(container(name).image, ids[1]);
        });

        it("publishes on loopback alone, and only what somebody outside asks, pages by the proxy", () => {
            const none = Object.fromEntries([...containers.keys()].map((name) => [name, []]));
            assert.deepEqual(published(program), {
                ...none,
                kafka: ["127.0.0.1:9092->9092"],
                clickhouse: ["127.0.0.1:8123->8123"],
                collector: ["127.0.0.1:4317->4317", "127.0.0.1:4318->4318"],
                hyperdx: ["127.0.0.1:8125->8000"],
                nginx: ["8126->8126", "3000->3000", "8127->8127", "8088->8088"].map((port) => `127.0.0.1:${port}`),
            });
        });

        it("gives each side its own way to Kafka", () => {
            const { envs } = container("kafka");
            assert.ok(envs.includes("KAFKA_ADVERTISED_LISTENERS=INSIDE://kafka:19092,OUTSIDE://127.0.0.1:9092"));
            assert.ok(envs.includes(`CLUSTER_ID=${clusterId("test")}`));
            assert.ok(container("auditor").envs.includes("KAFKA_BROKERS=kafka:19092"));
            assert.deepEqual(program.target.kafkaBrokers, ["kafka:19092"]);
            const { kafkaBrokers, clickhouseUrl } = providerOf(program);
            assert.equal(kafkaBrokers, '["127.0.0.1:9092"]');
            assert.equal(clickhouseUrl, "http://127.0.0.1:8123");
        });

        it("gives each that asks ClickHouse its own password, and ClickHouse their hashes", () => {
            const known = phase === "update";
            const { clickhouseUser, clickhousePassword } = providerOf(program);
            assert.deepEqual(
                [clickhouseUser, clickhousePassword],
                ["trading", known ? passwords.get("trading") : unknown],
            );
            const expected = Object.entries(workerAccounts).map(([worker, account]) => {
                const url = `http://${account}:${passwords.get(account) ?? ""}@clickhouse:8123`;
                return `${worker} CLICKHOUSE_URL=${url}`;
            });
            const told = names.flatMap((name) =>
                container(name)
                    .envs.filter((env) => env.startsWith("CLICKHOUSE_URL="))
                    .map((env) => `${name} ${env}`),
            );
            assert.deepEqual(told.sort(), known ? expected.sort() : []);
            assert.deepEqual(Object.keys(workerAccounts).sort(), [...loggedIn].sort());
            const { content = "" } =
                container("clickhouse").uploads.find(({ file }) => file.includes("/users.d/")) ?? {};
            if (!known) assert.equal(content, unknown);
            else for (const hash of hashes) assert.ok(content.includes(`<password_sha256_hex>${hash}</`));
        });

        it("shows no secret, of its own or of config", () => {
            const text = shown(program.made);
            const sent = JSON.stringify(program.made);
            assert.ok(sent.includes("OPENAI_API_KEY=sk-1"));
            for (const secret of ["sk-1", "CONSOLE_KEYS=", "GATEWAY_KEYS=", "ALERT_TARGETS_SECRET="]) {
                assert.ok(sent.includes(secret), secret);
                assert.equal(text.includes(secret), false, secret);
            }
            for (const secret of [...passwords.values(), ...hashes]) {
                // People's, and those of services that are not there, lie in their own resource alone.
                if (phase === "preview") assert.equal(sent.includes(secret), false, secret);
                assert.equal(text.includes(secret), false, secret);
            }
        });

        it("knows everything beforehand but images and what the password is part of", () => {
            const late = [...containers].flatMap(([name, inputs]) =>
                Object.keys(inputs)
                    .filter((key) => JSON.stringify(inputs[key]).includes(unknown))
                    .map((key) => `${name} ${key}`),
            );
            const pulls = [...pulledOnes, ...names].map((name) => `${name} image`);
            const logins = [...names, "hyperdx", "collector"].map((name) => `${name} envs`);
            const files = ["clickhouse", "mongodb", "grafana"].map((name) => `${name} uploads`);
            const expected = phase === "update" ? [] : [...pulls, ...logins, ...files];
            assert.deepEqual(late.sort(), expected.sort());
        });

        it("takes every privilege from all of them, and bounds their memory", () => {
            for (const name of containers.keys()) {
                assert.deepEqual(container(name)["capabilities"], { drops: ["ALL"] }, name);
                assert.deepEqual(container(name)["securityOpts"], ["no-new-privileges:true"], name);
                assert.ok(Number(container(name)["memory"]) > 0, name);
            }
            for (const name of [...names, "nginx", "collector"]) {
                assert.equal(container(name)["readOnly"], true, name);
                // Docker copies no file into a container whose root is read-only.
                assert.equal(container(name).uploads, undefined, name);
                if (name !== "collector")
                    assert.deepEqual(Object.keys(container(name)["tmpfs"] as object), ["/tmp"], name);
            }
        });

        it("waits until each is healthy, restarts it, and bounds its log", () => {
            for (const [name, inputs] of containers) {
                // Nothing in the collector's image could be asked.
                assert.equal(inputs["wait"], name === "collector" ? undefined : true, name);
                assert.equal(inputs["restart"], "unless-stopped", name);
                assert.deepEqual(inputs["logOpts"], { "max-size": "10m", "max-file": "3" }, name);
                const { tests } = (inputs["healthcheck"] ?? { tests: ["CMD"] }) as { tests: string[] };
                assert.equal(tests[0], "CMD", name);
            }
        });

        it("writes durations and memory as the docker provider reads them back, so that a second `up` changes nothing", () => {
            for (const [name, { memory, memorySwap, healthcheck }] of containers) {
                assert.ok(Number(memory) > 0 && memorySwap === memory, name);
                if (healthcheck === undefined) continue;
                const { interval, timeout, startPeriod, startInterval = "0s" } = healthcheck as Record<string, string>;
                for (const duration of [interval, timeout, startPeriod, startInterval])
                    assert.match(String(duration), /^([1-9]\d*m)?[1-5]?\ds$/, name);
            }
        });

        it("gives a volume to those that keep something, and files that a worker reads under their own path", () => {
            const volumes = program.made.filter(({ type }) => type === "docker:index/volume:Volume");
            assert.deepEqual(
                volumes.map(({ name, inputs }) => `${name} ${String(inputs["name"])}`).sort(),
                keepers.map((name) => `${name} trading-test-${name}`),
            );
            const mapping = join(projectRoot, "package.json");
            assert.deepEqual(container("matching-engine").volumes, [
                { volumeName: "trading-test-matching-engine", containerPath: "/data" },
                { hostPath: mapping, containerPath: mapping, readOnly: true },
            ]);
            assert.deepEqual(container("auditor").volumes, []);
        });
    });
}

describe("docker target", () => {
    it("publishes pages where config says, and Kafka and ClickHouse on loopback all the same", async () => {
        const program = await runTarget({ ...on, gatewayEnabled: true, publishHost: "10.0.0.5" });
        const { nginx, hyperdx, kafka, clickhouse } = published(program);
        assert.deepEqual(
            nginx,
            ["8126->8126", "3000->3000", "8127->8127", "8088->8088"].map((port) => `10.0.0.5:${port}`),
        );
        for (const [port = ""] of [hyperdx ?? [], kafka ?? [], clickhouse ?? []]) assert.match(port, /^127\.0\.0\.1:/);
        assert.deepEqual(program.endpoints, {
            gatewayUrl: "http://10.0.0.5:8088",
            consoleUrl: "http://10.0.0.5:8127",
        });
        await assert.rejects(runTarget({ ...on, publishHost: "localhost" }), {
            message: /^config publishHost: must be an IPv4 address of the Docker host, found "localhost"/,
        });
    });

    it("replaces a container where a change would not reach it, and has its network, volume and services there before", async () => {
        const { options } = await runTarget({ ...everything, ...on });
        for (const name of [...pulledOnes, ...names]) {
            const found = options.get(`docker:index/container:Container ${name}`);
            assert.equal(found?.deleteBeforeReplace, true, name);
            assert.deepEqual(found.replaceOnChanges, ["healthcheck", "init", "tmpfs", "cpuPeriod", "cpuQuota"], name);
            assert.ok(found.after.includes("docker:index/network:Network network"), name);
            for (const service of services)
                assert.equal(
                    found.after.includes(`docker:index/container:Container ${service}`),
                    names.includes(name) || name === "collector",
                    name,
                );
        }
        for (const name of keepers)
            assert.ok(
                options
                    .get(`docker:index/container:Container ${name}`)
                    ?.after.includes(`docker:index/volume:Volume ${name}`),
                name,
            );
    });

    it("does with volumes what onDelete says of all data", async () => {
        const expected = { refuse: [true, true], keep: [false, true], drop: [false, false] };
        for (const [onDelete, wanted] of Object.entries(expected)) {
            const { options } = await runTarget({ ...everything, ...on, onDelete });
            for (const name of keepers) {
                const volume = options.get(`docker:index/volume:Volume ${name}`);
                assert.deepEqual([volume?.protect, volume?.retainOnDelete], wanted, `${onDelete} ${name}`);
                assert.deepEqual(volume?.ignoreChanges, ["labels"], name);
            }
        }
    });

    it("tells ClickHouse's feeds of Kafka as containers reach it", async () => {
        const { target, made } = await runTarget(on);
        const { ready } = new Foundation(settingsOf(on), target);
        await Promise.all(ready.map(({ urn }) => new Promise((resolve) => urn.apply(resolve))));
        const { entries } = made.find(({ type }) => type === "trading:clickhouse:NamedCollection")?.inputs ?? {};
        assert.equal((entries as Record<string, string>)["kafka_broker_list"], "kafka:19092");
    });

    it("starts Kafka on the same data each time, other stacks on their own", () => {
        assert.equal(clusterId("dev"), clusterId("dev"));
        assert.notEqual(clusterId("dev"), clusterId("test"));
        assert.match(clusterId("dev"), /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
    });

    it("asks a worker about its health as its image does", () => {
        const dockerfile = readFileSync(join(projectRoot, "Dockerfile"), "utf8");
        assert.deepEqual(
            ["CMD", ...(JSON.parse(/ CMD (\[.*\])/.exec(dockerfile)?.[1] ?? "[]") as string[])],
            livenessProbe,
        );
    });

    it("consists of what is committed", async () => {
        assert.equal(await renderDocker(), readFileSync(dockerPath, "utf8"), "npm run golden writes it anew");
    });
});
