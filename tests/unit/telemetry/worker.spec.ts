// Proves, with a worker that runs as a process of its own and a server that decodes what it sends: its logs, traces and metrics arrive over OTLP/HTTP with
// the collector's token, nothing that concerns a person and no secret is among them, and nothing of the SDK is loaded where there is no collector.
// Does not prove: that a real collector takes it (tests/smoke/otel-collector), nor that a broker carries the header (tests/engine/telemetry).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type OtlpServer, plain, startOtlp } from "../../support/fakes/otlp";

const emitter = join(__dirname, "../../support/telemetryEmitter.ts");

interface Ended {
    readonly code: unknown;
    readonly output: string;
    readonly errors: string;
}

async function runEmitter(env: Record<string, string>): Promise<Ended> {
    const child = spawn(process.execPath, ["--require", "tsx/cjs", emitter], { env: { ...process.env, ...env } });
    const [output, errors, exit] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    return { code: (exit as unknown[])[0], output, errors };
}

describe("telemetry of a worker", () => {
    let server: OtlpServer;
    let ended: Ended;
    before(async () => {
        server = await startOtlp("opening-word");
        ended = await runEmitter({
            OTEL_EXPORTER_OTLP_ENDPOINT: server.url,
            OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer opening-word",
            OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
            OTEL_TRACES_SAMPLER_ARG: "1",
        });
    });
    after(() => server.close());

    it("ends as without a collector, having sent everything with the token", () => {
        assert.equal(ended.code, 0, ended.errors);
        const paths = new Set(server.requests.map(({ path }) => path));
        assert.deepEqual([...paths].sort(), ["/v1/logs", "/v1/metrics", "/v1/traces"]);
        assert.deepEqual(
            [...new Set(server.requests.map((request) => request.authorization))],
            ["Bearer opening-word"],
        );
        assert.deepEqual([...server.services], ["emitter"]);
        assert.match(server.text, /deployment\.environment\.name/);
    });

    it("says the same on stdout and to the collector, with severities", () => {
        const lines = ended.output
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as { msg: string; level: string });
        const said = lines.map(({ level, msg }) => `${level} ${msg}`);
        assert.deepEqual(
            server.logs.map(({ severityText, body }) => `${severityText} ${body.stringValue ?? ""}`),
            said,
        );
        const numbers = Object.fromEntries(server.logs.map((log) => [log.severityText, log.severityNumber]));
        assert.deepEqual(numbers, { debug: 5, info: 9, error: 17, warn: 13 });
    });

    it("tells what a line says of the machinery, and of an error what it is", () => {
        const attributes = (body: string): Record<string, unknown> =>
            plain(server.logs.find((log) => log.body.stringValue === body)?.attributes ?? []);
        assert.deepEqual(attributes("taking events"), { fact: "market_trades", held: 2 });
        const error = attributes("cannot go on");
        assert.deepEqual([error["exception.type"], error["exception.message"]], ["TypeError", "no such thing"]);
        assert.match(String(error["exception.stacktrace"]), /telemetryEmitter/);
    });

    it("sends no secret and nothing of a person", () => {
        for (const word of ["canary", "4711", "redacted", "opening-word"])
            assert.doesNotMatch(server.text, new RegExp(word));
    });

    it("keeps a send, the work on what was sent and what that sends in one trace, with the log lines written meanwhile", () => {
        const span = (name: string): (typeof server.spans)[number] => {
            const found = server.spans.find((each) => each.name === name);
            assert.ok(found, `no span ${name}`);
            return found;
        };
        const [sent, worked, failed] = [
            span("send social_posts"),
            span("process social_posts"),
            span("send sentiment_scores"),
        ];
        assert.equal(server.spans.length, 3);
        assert.deepEqual([sent.kind, worked.kind, failed.kind], [4, 5, 4]);
        assert.deepEqual([worked.traceId, failed.traceId], [sent.traceId, sent.traceId]);
        assert.deepEqual(
            [sent.parentSpanId, worked.parentSpanId, failed.parentSpanId],
            [undefined, sent.spanId, worked.spanId],
        );
        assert.equal(plain(sent.attributes)["messaging.destination.name"], "social_posts");
        assert.deepEqual([failed.status.code, plain(failed.attributes)["error.type"]], [2, "RangeError"]);
        const meanwhile = server.logs.find(({ severityText }) => severityText === "warn");
        assert.deepEqual([meanwhile?.traceId, meanwhile?.spanId], [sent.traceId, worked.spanId]);
    });

    it("sends the registry's numbers as they are", () => {
        const metric = (name: string): (typeof server.metrics)[number] | undefined =>
            server.metrics.find((each) => each.name === name);
        const counter = metric("emitter_events_total")?.sum;
        assert.deepEqual([counter?.isMonotonic, counter?.aggregationTemporality], [true, 2]);
        assert.equal(counter?.dataPoints[0]?.asDouble, 3);
        assert.deepEqual(plain(counter.dataPoints[0].attributes), { fact: "a" });
        assert.equal(metric("emitter_held_bytes")?.gauge?.dataPoints[0]?.asDouble, 1.5);
        assert.equal(metric("emitter_held_bytes")?.unit, "By");
        const [histogram] = metric("emitter_send_seconds")?.histogram?.dataPoints ?? [];
        assert.deepEqual(histogram?.explicitBounds, [0.1, 1]);
        assert.deepEqual(histogram.bucketCounts, [1, 2, 1]);
        assert.deepEqual([histogram.count, histogram.sum], [4, 8.15]);
        assert.ok(metric("process_resident_memory_bytes"));
        assert.equal(metric("emitter_unknown"), undefined);
        assert.doesNotMatch(server.text, /"asDouble":null/);
    });
});

describe("telemetry of a worker without a collector that takes it", () => {
    it("loads nothing of the SDK where there is none", async () => {
        const { code, output } = await runEmitter({ OTEL_EXPORTER_OTLP_ENDPOINT: "" });
        assert.equal(code, 0);
        assert.match(output, /modules of the SDK: 0"/);
    });

    it("samples no more than it is told: none, and what is received without a sampled trace begins none", async () => {
        const server = await startOtlp();
        await runEmitter({ OTEL_EXPORTER_OTLP_ENDPOINT: server.url, OTEL_TRACES_SAMPLER_ARG: "0" });
        await server.close();
        assert.ok(server.logs.length > 0);
        assert.deepEqual(server.spans, []);
    });

    it("goes on and says once why, when the collector refuses it", async () => {
        const server = await startOtlp("another");
        const { code, output } = await runEmitter({
            OTEL_EXPORTER_OTLP_ENDPOINT: server.url,
            OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer canary-token",
        });
        await server.close();
        assert.equal(code, 0);
        assert.equal(output.match(/telemetry: not delivered/g)?.length, 1);
        assert.match(output, /Unauthorized/);
        assert.doesNotMatch(output, /canary-token/);
    });

    it("does not start with an address that is none", async () => {
        const { code, errors } = await runEmitter({ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" });
        assert.notEqual(code, 0);
        assert.match(errors, /OTEL_EXPORTER_OTLP_ENDPOINT is "collector:4318", not the URL of a collector/);
    });
});
