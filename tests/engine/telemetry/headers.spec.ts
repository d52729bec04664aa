// Proves, with a real broker: messages of a sampled send carry the trace's context in their headers, who reads them goes on with that trace and so does what is
// sent meanwhile; messages that are not sampled carry no header. Not: that a real collector takes the spans (tests/smoke/otel-collector).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type Admin } from "kafkajs";
import { createKafka } from "../../../functions/shared/kafkajs";
import { type OtlpSpan, startOtlp } from "../../support/fakes/otlp";
import { sharedKafka } from "../../support/kafka";
import { until } from "../../support/processes";

const topics = ["relay-in", "relay-out"];

describe("telemetry in Kafka's headers", function () {
    this.timeout(120_000);
    let brokers: string[];
    let admin: Admin;

    before(async () => {
        ({ brokers } = await sharedKafka());
        admin = createKafka({ clientId: "test", brokers }).admin();
        await admin.connect();
    });
    beforeEach(() =>
        admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 1 })), waitForLeaders: true }),
    );
    afterEach(async () => {
        await admin.deleteGroups(["relay"]);
        await admin.deleteTopics({ topics });
        await until("the topics are gone", async () =>
            (await admin.listTopics()).every((topic) => !topics.includes(topic)),
        );
    });
    after(() => admin.disconnect());

    /** Runs the relay; returns what it told a collector. */
    async function relay(sampledPart: string): Promise<OtlpSpan[]> {
        const collector = await startOtlp();
        const env = {
            ...process.env,
            ...{ KAFKA_BROKERS: brokers.join(","), OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
            OTEL_TRACES_SAMPLER_ARG: sampledPart,
        };
        const child = spawn(process.execPath, ["--require", "tsx/cjs", join(__dirname, "relay.ts")], { env });
        const [errors] = await Promise.all([text(child.stderr), text(child.stdout), once(child, "exit")]);
        await collector.close();
        assert.equal(child.exitCode, 0, errors);
        return collector.spans;
    }

    /** Headers of every message in both topics, in their order. */
    async function headers(): Promise<Record<string, string>[]> {
        const consumer = createKafka({ clientId: "test", brokers }).consumer({ groupId: "headers-test" });
        const found: Record<string, string>[] = [];
        await consumer.connect();
        for (const topic of topics) await consumer.subscribe({ topic, fromBeginning: true });
        await consumer.run({
            eachMessage: ({ message }) => {
                const own = Object.entries(message.headers ?? {});
                found.push(Object.fromEntries(own.map(([name, value]) => [name, String(value)])));
                return Promise.resolve();
            },
        });
        await until("three messages are read", () => found.length === 3, 60_000);
        await consumer.disconnect();
        await admin.deleteGroups(["headers-test"]);
        return found;
    }

    it("carry the trace from a send to whoever reads it, and on to what that sends", async () => {
        const spans = await relay("1");
        const [sent, worked, followed] = ["send relay-in", "process relay-in", "send relay-out"].map((name) =>
            spans.find((span) => span.name === name),
        );
        assert.ok(sent && worked && followed, JSON.stringify(spans));
        assert.equal(worked.parentSpanId, sent.spanId);
        assert.equal(followed.parentSpanId, worked.spanId);
        assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1);
        const traceparent = (span: OtlpSpan): string => `00-${span.traceId}-${span.spanId}-01`;
        const carried = (await headers()).map((each) => each["traceparent"]).sort();
        assert.deepEqual(carried, [sent, sent, followed].map(traceparent).sort());
    });

    it("are not there where nothing is sampled", async () => {
        assert.deepEqual(await relay("0"), []);
        assert.deepEqual(await headers(), [{}, {}, {}]);
    });
});
