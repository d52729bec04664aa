// Proves: what the docker target's pages are told, at preview and at update: passwords in files of their own user or, where an image takes them nowhere else, in its
// environment, always marked as secrets; HyperDX's content in its HyperDX; the proxy's ports, its own address, TLS by config; images that stand in for others; what is
// refused. Does not prove: that the images take it, none of which is to be had here; nginx.conf is tried in tests/engine/services.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dashboards } from "../../../schema/dashboards";
import { grafanaFiles } from "../../../infra/services/grafana";
import { everything } from "../../support/settings";
import { type Program, runTarget } from "../../support/target";

const signature = "4dabf18193072939515e22adb298388d";
const on = { ...everything, target: "docker", consolePort: 8127 };
type Inputs = Record<string, unknown>;

/** As a provider reads it: secrets in clear, what is not known as null. */
const revealed = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(revealed);
    if ("__pulumiUnknown" in value) return null;
    if (signature in value) return revealed((value as { value?: unknown }).value);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revealed(item)]));
};
const found = ({ made }: Program, type: string, name: string): Inputs => {
    const one = made.find((each) => each.type === type && each.name === name);
    assert.ok(one, `${type} ${name}`);
    return one.inputs;
};
const container = (program: Program, name: string): Inputs =>
    revealed(found(program, "docker:index/container:Container", name)) as Inputs;
const uploads = (program: Program, name: string): Inputs[] => container(program, name)["uploads"] as Inputs[];
/** Whether the SDK's mocks were given the property as a secret. */
const isSecret = (value: unknown): boolean => typeof value === "object" && value !== null && signature in value;

for (const phase of ["update", "preview"]) {
    describe(`pages of the docker target, at ${phase}`, () => {
        const known = phase === "update";
        let program: Program;
        before(async () => (program = await runTarget(on, !known)));

        it("tell a preview no password that is still to be made", () => {
            assert.equal(JSON.stringify(program.made).includes("Generated1"), known);
        });

        it("have their passwords in a file for their user, where the image takes one", () => {
            const files = {
                mongodb: [["/etc/mongodb-password", "999", "Generated1-mongodb"]],
                grafana: [
                    ["/etc/grafana/secrets/admin", "472", "Generated1-grafana"],
                    ["/etc/grafana/secrets/clickhouse", "472", "Generated1-clickhouse-dashboards"],
                ],
            };
            for (const [name, expected] of Object.entries(files)) {
                if (!known) continue;
                assert.ok(isSecret(found(program, "docker:index/container:Container", name)["uploads"]), name);
                const secret = uploads(program, name).filter(({ permissions }) => permissions === "0400");
                assert.deepEqual(
                    secret.map(({ file, owner, content }) => [file, owner, content]),
                    expected,
                );
                assert.equal(JSON.stringify(container(program, name)["envs"]).includes("Generated1"), false, name);
            }
        });

        it("give HyperDX its two secrets by its environment, hidden in previews and state", () => {
            const inputs = found(program, "docker:index/container:Container", "hyperdx");
            if (!known) return;
            assert.ok(isSecret(inputs["envs"]));
            const envs = container(program, "hyperdx")["envs"] as string[];
            assert.ok(
                envs.includes("MONGO_URI=mongodb://hyperdx:Generated1-mongodb@mongodb:27017/hyperdx?authSource=admin"),
            );
            assert.ok(envs.includes("EXPRESS_SESSION_SECRET=Generated1-hyperdx-session"));
            assert.ok(envs.includes("USAGE_STATS_ENABLED=false"));
        });

        it("show in HyperDX every dashboard, over a connection that may only read", () => {
            const provider = found(program, "pulumi:providers:trading", "hyperdx");
            assert.equal(provider["hyperdxUrl"], "http://127.0.0.1:8125");
            assert.equal(isSecret(provider["hyperdxPassword"]), known);
            const connection = revealed(found(program, "trading:hyperdx:Connection", "hyperdx-clickhouse")) as Inputs;
            assert.deepEqual([connection["host"], connection["username"]], ["http://clickhouse:8123", "dashboards"]);
            const shown = program.made.filter(({ type }) => type === "trading:hyperdx:Dashboard");
            assert.equal(shown.length, dashboards.length);
            const { after = [] } = program.options.get("trading:hyperdx:Team hyperdx-team") ?? {};
            assert.ok(after.includes("docker:index/container:Container hyperdx"));
        });

        it("give Grafana its datasource, its alerts and every dashboard as files", () => {
            const files = Object.keys(grafanaFiles({ host: "clickhouse", port: 9_000 }, "http://127.0.0.1:8127"));
            assert.equal(files.length, dashboards.length + 3);
            if (!known) return;
            const given = uploads(program, "grafana").map(({ file }) => String(file));
            for (const file of files) assert.ok(given.includes(file), file);
        });

        it("are ordered by health: MongoDB, then HyperDX", () => {
            const { after = [] } = program.options.get("docker:index/container:Container hyperdx") ?? {};
            assert.ok(after.includes("docker:index/container:Container mongodb"));
        });

        it("show telemetry of the collector, which workers send it with its token", () => {
            const sources = program.made
                .filter(({ type }) => type === "trading:hyperdx:Source")
                .map(({ name }) => name);
            for (const kind of ["logs", "traces", "metrics"]) assert.ok(sources.includes(`hyperdx-source-${kind}`));
            const told = container(program, "collector")["envs"] as string[] | null;
            const worker = container(program, "evaluator")["envs"] as string[];
            assert.ok(worker.includes("OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318"));
            if (!known) return;
            assert.ok(told?.includes("OTLP_TOKEN=Generated1-collector"));
            assert.ok(told?.includes("CLICKHOUSE_PASSWORD=Generated1-clickhouse-telemetry"));
            assert.ok(worker.includes("OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20Generated1-collector"));
        });

        it("lie behind one proxy with an address that the gateway believes", () => {
            const envs = container(program, "gateway")["envs"] as string[];
            assert.ok(envs.includes("TRUSTED_PROXIES=172.31.240.250,10.0.0.0/8"));
            const [conf = ""] = container(program, "nginx")["envs"] as string[];
            for (const upstream of ["hyperdx:8080", "grafana:3000", "console:8127", "gateway:8088"])
                assert.ok(conf.includes(`set $upstream ${upstream};`), upstream);
            assert.doesNotMatch(conf, /clickhouse|kafka:/);
            assert.doesNotMatch(conf, / ssl;/);
        });
    });
}

describe("pages of the docker target", () => {
    const folder = mkdtempSync(join(tmpdir(), "docker-pages-"));
    const [certificate, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    before(() => [certificate, key].forEach((path) => writeFileSync(path, "")));
    after(() => rmSync(folder, { recursive: true }));

    it("speak TLS with a certificate of the host, under the name people know", async () => {
        const tls = { tlsCertificateFile: certificate, tlsKeyFile: key, publicHost: "trading.example.com" };
        const program = await runTarget({ ...on, ...tls, publishHost: "0.0.0.0" });
        assert.equal(program.endpoints["consoleUrl"], "https://trading.example.com:8127");
        const nginx = container(program, "nginx");
        assert.deepEqual(nginx["volumes"], [
            { hostPath: certificate, containerPath: "/etc/nginx/tls/certificate.pem", readOnly: true },
            { hostPath: key, containerPath: "/etc/nginx/tls/key.pem", readOnly: true },
        ]);
        const envs = container(program, "hyperdx")["envs"] as string[];
        assert.ok(envs.includes("FRONTEND_URL=https://trading.example.com:8126"));
        await assert.rejects(runTarget({ ...on, tlsCertificateFile: certificate }), {
            message: /^config tlsKeyFile: must be the absolute path of a file, and both files are needed for TLS/,
        });
    });

    it("run with images that stand in for those that cannot be pulled, and nothing else changes", async () => {
        const names = ({ made }: Program): string[] =>
            made.map(({ type, name, inputs }) =>
                type.endsWith(":RemoteImage") ? `${name} ${String(inputs["name"])}` : "",
            );
        const [plain, other] = [await runTarget(on), await runTarget({ ...on, images: ["hyperdx=local/hyperdx:1.0"] })];
        const changed = names(other).filter((name) => !names(plain).includes(name));
        assert.deepEqual(changed, ["hyperdx local/hyperdx:1.0"]);
        assert.equal(plain.made.length, other.made.length);
        for (const image of ["hyperdx=local/hyperdx:latest", "hyperdx=local", "postgres=postgres:17"])
            await assert.rejects(runTarget({ ...on, images: [image] }), {
                message: /^config images: must be service=/,
            });
    });

    it("are refused with one port for two of them, or with a network that is none", async () => {
        await assert.rejects(runTarget({ ...on, consolePort: 8126 }), {
            message:
                "config consolePort: port 8126 is that of publishHyperdx too; run pulumi config set consolePort <a free port>",
        });
        for (const dockerSubnet of ["172.31.240.0/16", "256.1.1.0/24", "10.0.0.1/24"])
            await assert.rejects(runTarget({ ...on, dockerSubnet }), {
                message: /^config dockerSubnet: must be a network/,
            });
    });
});
