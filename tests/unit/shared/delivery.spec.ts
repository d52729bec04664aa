// Proves: a delivery is over only when all of it is acknowledged, tries for as long as Kafka is away, keeps the order of a key, packs as the fact
// declares, and finds the messages a broker refuses without losing the others. Not: Kafka itself (tests/engine/matching-engine).
import assert from "node:assert/strict";
import { pino } from "pino";
import { marketTrades, sourceNotices } from "../../../schema";
import { Delivery, type Outgoing, StoppedError } from "../../../functions/shared/delivery";
import { type Message, type MessageSink, RefusedError } from "../../../functions/shared/kafka";

class FakeSink implements MessageSink {
    readonly batches: Message[][] = [];
    failures = 0;
    refuse: (message: Message) => boolean = () => false;

    async send(batch: readonly Message[]): Promise<void> {
        await Promise.resolve();
        if (this.failures > 0) {
            this.failures -= 1;
            throw new Error("nobody there");
        }
        if (batch.some(this.refuse)) throw new RefusedError("MESSAGE_TOO_LARGE: too large");
        this.batches.push([...batch]);
    }

    close(): Promise<void> {
        return Promise.resolve();
    }

    get ids(): string[] {
        const lines = this.batches.flat().flatMap(({ value }) => value.split("\n"));
        return lines.map((line) => (JSON.parse(line) as { event_id: string }).event_id);
    }
}

const event = (id: number, symbol: string, note = ""): Outgoing["event"] => ({
    ...{ event_id: String(id), event_time: "2026-11-22T14:00:00Z", origin: "live", venue: "v", symbol, note },
});
const packed = (id: number, symbol = "A"): Outgoing => ({ declaration: marketTrades, event: event(id, symbol) });
const single = (id: number, note = ""): Outgoing => ({
    declaration: sourceNotices,
    event: { ...event(id, "", note), source_id: "s" },
});
const never = new AbortController().signal;

describe("delivery", () => {
    let sink: FakeSink;
    let delivery: Delivery;
    beforeEach(() => {
        sink = new FakeSink();
        delivery = new Delivery(sink, pino({ level: "silent" }));
    });

    it("sends again what was not acknowledged, and knows its trouble meanwhile", async () => {
        sink.failures = 3;
        assert.deepEqual(await delivery.deliver([single(1), single(2)], never), []);
        assert.deepEqual(sink.ids, ["1", "2"]);
        assert.equal(delivery.problem(), undefined);
    });

    it("packs as the fact declares, in the order of each key", async () => {
        const events = Array.from({ length: 250 }, (_, id) => packed(id, id % 2 === 0 ? "A" : "B"));
        await delivery.deliver(events, never);
        const messages = sink.batches.flat();
        assert.deepEqual(
            messages.map(({ key, value }) => [key, value.split("\n").length]),
            [
                ["v|A", 100],
                ["v|B", 100],
                ["v|A", 25],
                ["v|B", 25],
            ],
        );
        for (const [key, parity] of [
            ["v|A", 0],
            ["v|B", 1],
        ] as const) {
            const lines = messages.filter((message) => message.key === key).flatMap(({ value }) => value.split("\n"));
            const ids = lines.map((line) => Number((JSON.parse(line) as { event_id: string }).event_id));
            assert.deepEqual(
                ids,
                Array.from({ length: 125 }, (_, index) => 2 * index + parity),
            );
        }
    });

    it("cuts what is large into sends of about a mebibyte", async () => {
        await delivery.deliver(
            Array.from({ length: 10 }, (_, id) => single(id, "x".repeat(300_000))),
            never,
        );
        assert.deepEqual(
            sink.batches.map((batch) => batch.length),
            [3, 3, 3, 1],
        );
    });

    it("finds refused messages among the others, which all arrive", async () => {
        sink.refuse = ({ value }) => /"event_id":"(3|8)"/.test(value);
        const refusals = await delivery.deliver(
            Array.from({ length: 10 }, (_, id) => single(id)),
            never,
        );
        assert.deepEqual(
            refusals.map(({ packet, reason }) => [
                (JSON.parse(packet.lines[0] ?? "") as { event_id: string }).event_id,
                reason,
            ]),
            [
                ["3", "MESSAGE_TOO_LARGE: too large"],
                ["8", "MESSAGE_TOO_LARGE: too large"],
            ],
        );
        assert.deepEqual(sink.ids.sort(), ["0", "1", "2", "4", "5", "6", "7", "9"]);
    });

    it("ends in an error when it is stopped before the acknowledgement", async () => {
        sink.failures = Number.POSITIVE_INFINITY;
        const stop = new AbortController();
        const over = delivery.deliver([single(1)], stop.signal);
        const failed = assert.rejects(over, StoppedError);
        stop.abort();
        await failed;
        assert.deepEqual(sink.ids, []);
    });
});
