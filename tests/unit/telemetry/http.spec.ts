// Proves: a request at a worker's door and what is asked of others for it are spans of one trace, with log lines in it; no path and no query leaves, supervisors'
// questions and the telemetry's own requests are no spans; what a request set going and outlives it has a trace of its own. Does not prove: that every worker asks in one of these ways.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type OtlpSpan, plain, startOtlp } from "../../support/fakes/otlp";

const [server, client] = [2, 3];

describe("telemetry of HTTP", () => {
    it("is one trace from the door to whoever is asked, and tells of addresses host and port alone", async () => {
        const other = createServer((request, response) => {
            response.writeHead(request.url?.startsWith("/missing") === true ? 404 : 200).end();
        });
        await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
        const address = `127.0.0.1:${(other.address() as AddressInfo).port}`;
        const collector = await startOtlp();
        const env = {
            ...process.env,
            ...{
                OTHER_URL: `http://${address}`,
                OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
                OTEL_TRACES_SAMPLER_ARG: "1",
            },
        };
        const child = spawn(process.execPath, ["--require", "tsx/cjs", join(__dirname, "httpEmitter.ts")], { env });
        const [errors] = await Promise.all([text(child.stderr), text(child.stdout), once(child, "exit")]);
        await collector.close();
        other.closeAllConnections();
        other.close();
        assert.equal(child.exitCode, 0, errors);
        assert.doesNotMatch(collector.text, /canary|livez/);

        const doors = collector.spans.filter(({ kind }) => kind === server);
        assert.equal(doors.length, 1);
        const [door] = doors as [OtlpSpan];
        assert.equal(plain(door.attributes)["http.response.status_code"], 200);
        const asked = collector.spans.filter(({ parentSpanId }) => parentSpanId === door.spanId);
        assert.deepEqual(
            asked.map(({ name, kind, status, attributes }) => [
                ...[name, kind, status.code],
                plain(attributes)["http.response.status_code"] ?? plain(attributes)["error.type"],
            ]),
            [
                [`GET ${address}`, client, 0, 200],
                [`GET ${address}`, client, 2, 404],
                ["GET 127.0.0.1:1", client, 2, "Error"],
            ],
        );
        assert.ok(asked.every(({ traceId }) => traceId === door.traceId));
        const line = collector.logs.find(({ body }) => body.stringValue === "asked");
        assert.equal(line?.traceId, door.traceId);
        // What a request set going and what is done after its end is not the request's.
        const late = collector.spans.find(({ name }) => name === "send late");
        assert.ok(late !== undefined && late.traceId !== door.traceId && late.parentSpanId === undefined);
        // The emitter's own two requests at its door, and nothing sent to the collector.
        const others = collector.spans.filter((span) => ![door, late, ...asked].includes(span));
        assert.deepEqual(
            others.map(({ kind }) => kind),
            [client, client],
        );
        assert.ok(!collector.text.includes(new URL(collector.url).host));
    });
});
