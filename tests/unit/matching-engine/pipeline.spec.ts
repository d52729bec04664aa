// Proves: a batch's place is given back only after everything that came of it is acknowledged, never past a half that waits; what is unreadable,
// unmatched, refused or missing in the source's count becomes a notice and a counter; nothing of it stops the rest.
// Does not prove: Kafka itself, on either side (tests/engine/matching-engine).
import assert from "node:assert/strict";
import { pino } from "pino";
import { Registry } from "prom-client";
import { Delivery, StoppedError } from "../../../functions/shared/delivery";
import { type Message, type MessageSink, RefusedError } from "../../../functions/shared/kafka";
import { createReader, type Reader } from "../../../functions/matching-engine/formats/reader";
import { RegistryAwayError } from "../../../functions/matching-engine/formats/registry";
import { type Batch } from "../../../functions/matching-engine/inputs/input";
import { type Mapping } from "../../../functions/matching-engine/mapping/load";
import { FeedMetrics } from "../../../functions/matching-engine/metrics";
import { Pipeline } from "../../../functions/matching-engine/pipeline";
import { until } from "../../support/processes";
import { depositMapping, pairMapping } from "./support";

/** Kafka as a test wants it: slow to answer, away, or refusing certain messages. */
class FakeSink implements MessageSink {
    readonly received: Message[] = [];
    away = false;
    attempts = 0;
    refuse: (message: Message) => boolean = () => false;

    async send(batch: readonly Message[]): Promise<void> {
        this.attempts += 1;
        await Promise.resolve();
        if (this.away) throw new Error("nobody there");
        if (batch.some(this.refuse)) throw new RefusedError("MESSAGE_TOO_LARGE: too large");
        this.received.push(...batch);
    }

    close(): Promise<void> {
        return Promise.resolve();
    }

    events(fact: string): Record<string, unknown>[] {
        const messages = this.received.filter(({ topic }) => topic === `trading.${fact}.v1`);
        return messages.flatMap(({ value }) =>
            value.split("\n").map((line) => JSON.parse(line) as Record<string, unknown>),
        );
    }
}

interface Setup {
    sink: FakeSink;
    pipeline: Pipeline;
    registry: Registry;
    abort: AbortController;
}

function setup(mapping: Mapping, reader: Reader = createReader(mapping.format)): Setup {
    const sink = new FakeSink();
    const registry = new Registry();
    const abort = new AbortController();
    const log = pino({ level: "silent" });
    const delivery = new Delivery(sink, log);
    const metrics = new FeedMetrics(registry);
    const pipeline = new Pipeline({ mapping, reader, delivery, metrics, log, signal: abort.signal });
    return { sink, pipeline, registry, abort };
}

function batch(...lines: string[]): Batch {
    const records = lines.map((line, index) => ({
        value: Buffer.from(line),
        origin: { partition: "p", resume: String(index), at: `p@${String(index)}` },
    }));
    return { partition: "p", records, end: String(lines.length) };
}

const deposit = (id: number, change: Record<string, unknown> = {}): string =>
    JSON.stringify({ n: id, t: 1795357200000 + id, id: `d${String(id)}`, u: "u", a: "a", x: "1", ...change });
const counted = depositMapping("", "sequence: { field: n }");

/** Notices as kind, first, last and count. */
const told = (sink: FakeSink): string[] =>
    sink
        .events("source_notices")
        .map(({ kind, first, last, events }) => [kind, first, last, events].map(String).join(" "));

describe("the way of a batch", () => {
    it("is over when Kafka has acknowledged it, however long Kafka is away", async () => {
        const { sink, pipeline } = setup(counted);
        sink.away = true;
        let place: string | undefined;
        const over = pipeline.handle(batch(deposit(1), deposit(2))).then((end) => (place = end));
        await until("two attempts", () => sink.attempts >= 2);
        assert.equal(place, undefined);
        sink.away = false;
        await over;
        assert.equal(place, "2");
        assert.deepEqual(
            sink.events("user_deposits").map((event) => event["event_id"]),
            ["d1|credited", "d2|credited"],
        );
    });

    it("gives no place when it is stopped before", async () => {
        const { sink, pipeline, abort } = setup(counted);
        sink.away = true;
        const over = pipeline.handle(batch(deposit(1)));
        await until("an attempt", () => sink.attempts >= 1);
        abort.abort();
        await assert.rejects(over, StoppedError);
    });

    it("goes on beyond bad records, and tells of each kind once with its range", async () => {
        const { sink, pipeline, registry } = setup(depositMapping("", "ignore: { kind: ping }"));
        const lines = [deposit(1), "{", "[]", deposit(2, { x: "a lot" }), deposit(3, { kind: "ping" }), deposit(4)];
        assert.equal(await pipeline.handle(batch(...lines)), "6");
        assert.equal(sink.events("user_deposits").length, 2);
        assert.deepEqual(told(sink), ["malformed p@1 p@2 2", "rejected p@3 p@3 1"]);
        const details = sink.events("source_notices").map((event) => String(event["detail"]));
        assert.match(details[0] ?? "", /^2 of p@1 to p@2: not JSON: .* \| expected an object, found a list$/);
        assert.match(details[1] ?? "", /amount: not a Decimal/);
        const metrics = await registry.metrics();
        for (const [outcome, count] of [
            ["mapped", 2],
            ["malformed", 2],
            ["rejected", 1],
            ["ignored", 1],
        ] as const)
            assert.ok(
                metrics.includes(`feed_records_total{source="test/feed",outcome="${outcome}"} ${String(count)}`),
                outcome,
            );
    });

    it("tells what the broker refuses, and sends the rest", async () => {
        const { sink, pipeline } = setup(counted);
        sink.refuse = ({ value }) => value.includes('"d2"');
        await pipeline.handle(batch(...[1, 2, 3, 4, 5].map((id) => deposit(id))));
        assert.equal(sink.events("user_deposits").length, 4);
        assert.match(String(sink.events("source_notices")[0]?.["detail"]), /Kafka refuses it: MESSAGE_TOO_LARGE/);
    });

    it("tells gaps and new beginnings of the source's own count, and counts repetitions", async () => {
        const { sink, pipeline, registry } = setup(counted);
        await pipeline.handle(batch(...[7, 8, 12, 11, 12, 13].map((id) => deposit(id))));
        await pipeline.handle(batch(...[14, 16, 1, 2].map((id) => deposit(id))));
        assert.deepEqual(told(sink), ["gap 9 11 3", "gap 15 15 1", "resync 0 16 null"]);
        const metrics = await registry.metrics();
        assert.ok(metrics.includes('feed_sequence_missing_total{source="test/feed"} 4'));
        assert.ok(metrics.includes('feed_sequence_repeated_total{source="test/feed"} 2'));
    });

    it("does not move past a half that waits for the other, and tells of one that waits in vain", async () => {
        const { sink, pipeline, registry } = setup(pairMapping);
        const half = (m: number, r: string): string =>
            JSON.stringify({
                m,
                r,
                t: 1795357200000,
                s: "X",
                p: "1",
                q: "2",
                side: "buy",
                u: "u",
                a: "a",
                o: "o",
                f: "0",
                fa: "X",
            });
        assert.equal(await pipeline.handle(batch(half(1, "M"), half(2, "M"), half(1, "T"))), "1");
        assert.equal(sink.events("user_trades").length, 1);
        assert.ok((await registry.metrics()).includes('feed_waiting_halves{source="test/pairs"} 1'));
        assert.equal(await pipeline.handle({ ...batch(), end: "3", last: true }), "3");
        assert.deepEqual(told(sink), ["rejected p@1 p@1 1"]);
    });

    it("waits for a schema registry that is away", async () => {
        let asked = 0;
        const reader: Reader = (value) => {
            asked += 1;
            if (asked === 1) throw new RegistryAwayError("nobody there");
            return createReader({ type: "json" })(value);
        };
        const { sink, pipeline } = setup(counted, reader);
        assert.equal(await pipeline.handle(batch(deposit(1))), "1");
        assert.equal(sink.events("user_deposits").length, 1);
        assert.deepEqual(told(sink), []);
    });
});
