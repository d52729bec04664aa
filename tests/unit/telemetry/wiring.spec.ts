// Proves: workers are told of the target's own collector, of the stack's instead where config names one, and of nothing where there is none; the token stays
// a secret. Does not prove: that the SDK reads it so (worker.spec.ts).
import assert from "node:assert/strict";
import { type Output, runtime, secret } from "@pulumi/pulumi";
import { type Collector } from "../../../infra/config";
import { runWorkers } from "../../../infra/pipeline/workers";
import { type Target, type Worker } from "../../../infra/targets";
import { project, settingsOf } from "../../support/settings";

/** What the console is told of telemetry: it runs in every stack. */
function told(keys: Record<string, unknown>, collector?: Collector): Record<string, unknown> {
    const started: Worker[] = [];
    const target = {
        kafkaBrokers: [],
        urlOf: String,
        dataDir: String,
        run: (worker: Worker) => void started.push(worker),
        ...(collector !== undefined && { collector }),
    } as unknown as Target;
    runWorkers(settingsOf(keys), target, new Map(), []);
    const env = started.find(({ name }) => name === "console")?.env ?? {};
    return Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith("OTEL_")));
}

const plain = (output: unknown): Promise<string> => new Promise((resolve) => (output as Output<string>).apply(resolve));

describe("telemetry's wiring", () => {
    const own = { url: "http://collector:4318", token: secret("to ken") };
    before(() => runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, project, "test"));

    it("is nothing without a collector", () => assert.deepEqual(told({}), {}));

    it("names the target's own collector, with its token as a secret", async () => {
        const env = told({}, own);
        assert.equal(env["OTEL_EXPORTER_OTLP_ENDPOINT"], "http://collector:4318");
        assert.match(String(env["OTEL_RESOURCE_ATTRIBUTES"]), /^deployment\.environment\.name=/);
        const headers = env["OTEL_EXPORTER_OTLP_HEADERS"] as Output<string> & { isSecret: Promise<boolean> };
        assert.equal(await plain(headers), "authorization=Bearer%20to%20ken");
        assert.equal(await headers.isSecret, true);
    });

    it("names the collector of the config before the target's own", async () => {
        const env = told({ otlpEndpoint: "https://otlp.example.com", otlpToken: "other" }, own);
        assert.equal(env["OTEL_EXPORTER_OTLP_ENDPOINT"], "https://otlp.example.com");
        assert.equal(await plain(env["OTEL_EXPORTER_OTLP_HEADERS"]), "authorization=Bearer%20other");
    });

    it("sends no header where there is no token", async () => {
        const env = told({ otlpEndpoint: "http://127.0.0.1:4318" });
        assert.equal(await plain(env["OTEL_EXPORTER_OTLP_HEADERS"]), "");
    });

    it("refuses an endpoint that is no URL", () => {
        assert.throws(() => settingsOf({ otlpEndpoint: "collector:4318" }), /config otlpEndpoint: must be the URL/);
    });
});
