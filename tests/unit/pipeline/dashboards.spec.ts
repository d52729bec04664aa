// Proves: what a HyperDX is filled with: one user, one connection, every source and dashboard, through a provider of its own, each after what it needs; with
// the passwords secret, and OpenTelemetry's sources only where there are such tables. Does not prove: that HyperDX takes it (tests/unit/provider/hyperdx.spec.ts,
// tests/engine/provider/hyperdx.spec.ts).
import assert from "node:assert/strict";
import { output, runtime, secret } from "@pulumi/pulumi";
import { ownSources, telemetrySources } from "../../../infra/dashboards/hyperdxSources";
import { type HyperdxArgs, HyperdxContent } from "../../../infra/pipeline/dashboards";
import { dashboards } from "../../../schema/dashboards";

interface Made {
    type: string;
    name: string;
    inputs: Record<string, unknown>;
    provider: string;
}

const isSecret = (value: unknown): boolean =>
    typeof value === "object" && value !== null && "4dabf18193072939515e22adb298388d" in value;

describe("what a HyperDX is filled with", () => {
    let made: Made[] = [];
    before(async () => {
        await runtime.setMocks({
            newResource: ({ type, name, inputs, provider = "" }) => {
                made.push({ type, name, inputs: inputs as Record<string, unknown>, provider });
                const outputs = { accessKey: "a", ingestionKey: "i", tileIds: { highest: "t" } };
                return { id: `${name}-id`, state: { ...(inputs as Record<string, unknown>), ...outputs } };
            },
            call: () => ({}),
        });
    });

    const contentOf = (more: Partial<HyperdxArgs>): HyperdxContent =>
        new HyperdxContent({
            ...{ url: "http://127.0.0.1:8125", email: "ops@example.com", password: secret("First-user-1234") },
            clickhouse: { url: "http://clickhouse:8123", username: "dashboards", password: secret("Reader-1234") },
            ...{ dependsOn: [], ...more },
        });

    async function madeOf(more: Partial<HyperdxArgs>): Promise<Map<string, Made>> {
        made = [];
        const content = contentOf(more);
        await Promise.all(content.ready.map(({ urn }) => new Promise((resolve) => urn.apply(resolve))));
        return new Map(made.map((each) => [each.name, each]));
    }

    it("is one user, one connection, every source and every dashboard", async () => {
        const all = await madeOf({});
        const ofType = (type: string): number =>
            [...all.values()].filter((each) => each.type === `trading:hyperdx:${type}`).length;
        assert.deepEqual(["Team", "Connection", "Source", "Dashboard"].map(ofType), [
            1,
            1,
            ownSources.length,
            dashboards.length,
        ]);
        assert.deepEqual(all.get("hyperdx-team")?.inputs, { email: "ops@example.com" });
        for (const { type, provider, name } of all.values())
            if (type.startsWith("trading:hyperdx:")) assert.match(provider, /trading::hyperdx/, name);
    });

    it("refers by ids that come with what they are of", async () => {
        const all = await madeOf({});
        assert.equal(all.get("hyperdx-source-user-trades")?.inputs["connection"], "hyperdx-clickhouse-id");
        const { tiles, filters } = (all.get("hyperdx-dashboard-user-risk")?.inputs ?? {}) as {
            tiles: Record<string, { config: { connectionId?: string } }>;
            filters: Record<string, { sourceId: string }>;
        };
        assert.equal(tiles["highest"]?.config.connectionId, "hyperdx-clickhouse-id");
        assert.equal(filters["user"]?.sourceId, "hyperdx-source-user-risk-id");
    });

    it("gives the keys that were made to whoever needs them", async () => {
        const { team } = contentOf({});
        const keys = output([team.accessKey, team.ingestionKey]);
        assert.deepEqual(await new Promise((resolve) => keys.apply(resolve)), ["a", "i"]);
    });

    it("keeps passwords secret", async () => {
        const all = await madeOf({});
        assert.ok(isSecret(all.get("hyperdx-clickhouse")?.inputs["password"]));
        const provider = [...all.values()].find(({ type }) => type === "pulumi:providers:trading");
        assert.ok(isSecret(provider?.inputs["hyperdxPassword"]));
    });

    it("offers OpenTelemetry's tables where there are any", async () => {
        assert.equal((await madeOf({})).has("hyperdx-source-logs"), false);
        const all = await madeOf({ telemetryDatabase: "otel" });
        for (const { name } of telemetrySources("otel"))
            assert.deepEqual(
                (all.get(`hyperdx-source-${name.toLowerCase()}`)?.inputs["from"] as { databaseName: string })
                    .databaseName,
                "otel",
            );
    });
});
