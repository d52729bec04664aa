// Proves: while Kafka is away the outbox keeps to its memory limit, drops the oldest, and accounts for every event: acknowledged, or told as
// lost with count and range. Not: Kafka itself (tests/engine/market-data/publisher.spec.ts).
import assert from "node:assert/strict";
import { pino } from "pino";
import { Registry } from "prom-client";
import { marketTrades, sourceNotices } from "../../../schema";
import { type Message, type MessageSink, RefusedError } from "../../../functions/shared/kafka";
import { type Loss } from "../../../functions/shared/losses";
import { Outbox } from "../../../functions/shared/outbox";
import { until } from "../../support/processes";

/** Kafka as a test wants it: away, back, or refusing certain messages. */
class FakeSink implements MessageSink {
    readonly received: Message[] = [];
    away = false;
    concurrent = 0;
    attempts = 0;
    refuse: (message: Message) => boolean = () => false;

    async send(batch: readonly Message[]): Promise<void> {
        this.attempts += 1;
        this.concurrent += 1;
        assert.equal(this.concurrent, 1, "one send at a time");
        await Promise.resolve();
        this.concurrent -= 1;
        if (this.away) throw new Error("nobody there");
        if (batch.some(this.refuse)) throw new RefusedError("MESSAGE_TOO_LARGE: too large");
        this.received.push(...batch);
    }

    close(): Promise<void> {
        return Promise.resolve();
    }

    lines(topic: string): Record<string, unknown>[] {
        const messages = this.received.filter((message) => message.topic === topic);
        return messages.flatMap(({ value }) =>
            value.split("\n").map((line) => JSON.parse(line) as Record<string, unknown>),
        );
    }
}

function setup(maxBytes: number): { sink: FakeSink; outbox: Outbox; registry: Registry; told: Loss[] } {
    const sink = new FakeSink();
    const registry = new Registry();
    const told: Loss[] = [];
    const log = pino({ level: "silent" });
    const onLosses = (losses: readonly Loss[]): void => void told.push(...losses);
    const outbox = new Outbox({ sink, log, registry, sourceId: "market-data/v", maxBytes, onLosses });
    return { sink, outbox, registry, told };
}

const trade = (id: number, symbol = "A") => ({
    event_id: String(id),
    event_time: new Date(1_700_000_000_000 + id).toISOString(),
    source_id: "market-data/v",
    source_seq: String(id),
    origin: "live" as const,
    venue: "v",
    symbol,
    trade_id: String(id),
    price: "1.10",
    quantity: "2",
    taker_side: "buy" as const,
});

async function metric(registry: Registry, name: string): Promise<number> {
    const found = await registry.getSingleMetric(name)?.get();
    return (found?.values ?? []).reduce((sum, { value }) => sum + value, 0);
}

describe("outbox", () => {
    it("delivers everything once and in order per key", async () => {
        const { sink, outbox } = setup(1_000_000);
        for (let id = 0; id < 1_000; id += 1) outbox.publish(marketTrades, trade(id, id % 2 === 0 ? "A" : "B"));
        assert.equal(await outbox.close(5_000), 0);
        for (const symbol of ["A", "B"]) {
            const ids = sink.lines(marketTrades.topic.name).filter((line) => line["symbol"] === symbol);
            assert.deepEqual(
                ids.map((line) => Number(line["trade_id"])),
                Array.from({ length: 500 }, (_, index) => index * 2 + (symbol === "A" ? 0 : 1)),
            );
        }
        assert.ok(sink.received.length < 100, "events share messages");
    });

    it("sends after the linger without being asked", async () => {
        const { sink, outbox } = setup(1_000_000);
        outbox.publish(marketTrades, trade(1));
        await until("the event", () => sink.received.length === 1);
        await outbox.close(1_000);
    });

    it("tries again until Kafka is back, with the same messages", async () => {
        const { sink, outbox, registry } = setup(1_000_000);
        sink.away = true;
        outbox.publish(marketTrades, trade(1));
        await until("three attempts", () => sink.attempts >= 3);
        sink.away = false;
        await outbox.flush();
        assert.equal(sink.lines(marketTrades.topic.name).length, 1);
        assert.ok((await metric(registry, "outbox_send_failures_total")) >= 3);
        await outbox.close(1_000);
    });

    it("drops the oldest over its limit, and every event is delivered or told as lost", async () => {
        const total = 5_000;
        const { sink, outbox, registry, told } = setup(200_000);
        sink.away = true;
        for (let id = 0; id < total; id += 1) {
            outbox.publish(marketTrades, trade(id));
            assert.ok(outbox.heldBytes <= 200_000);
            if (id === 500) await until("an attempt, so that a batch is under way", () => sink.attempts > 0);
        }
        sink.away = false;
        await outbox.close(5_000);
        const arrived = sink.lines(marketTrades.topic.name).map((line) => Number(line["trade_id"]));
        const lost = told.reduce((sum, { events }) => sum + events, 0);
        assert.equal(arrived.length + lost, total);
        assert.equal(new Set(arrived).size, arrived.length);
        assert.equal(arrived.at(-1), total - 1, "the latest is kept");
        assert.deepEqual(
            arrived,
            arrived.toSorted((a, b) => a - b),
        );
        assert.equal(await metric(registry, "outbox_lost_events_total"), lost);
        const [row, ...others] = sink.lines(sourceNotices.topic.name);
        assert.deepEqual(others, []);
        assert.deepEqual(sourceNotices.problems(row), []);
        assert.deepEqual(
            [row?.["kind"], row?.["fact"], row?.["venue"], row?.["symbol"], row?.["events"]],
            ["dropped", "market_trades", "v", "A", String(lost)],
        );
        const missing = Array.from({ length: total }, (_, id) => id).filter((id) => !arrived.includes(id));
        assert.deepEqual([row?.["first"], row?.["last"]], [String(missing[0]), String(missing.at(-1))]);
    });

    it("tells apart what was lost of each symbol", async () => {
        const { sink, outbox, told } = setup(50_000);
        sink.away = true;
        for (let id = 0; id < 1_000; id += 1) outbox.publish(marketTrades, trade(id, id % 2 === 0 ? "A" : "B"));
        sink.away = false;
        await outbox.close(5_000);
        assert.deepEqual(told.map(({ key }) => key).sort(), ["v|A", "v|B"]);
        assert.equal(sink.lines(sourceNotices.topic.name).length, 2);
    });

    it("gives up only the message the broker refuses", async () => {
        const { sink, outbox, told } = setup(1_000_000);
        sink.refuse = ({ topic, value }) => topic === marketTrades.topic.name && value.includes('"symbol":"BAD"');
        for (const symbol of ["A", "BAD", "B"]) outbox.publish(marketTrades, trade(1, symbol));
        await outbox.close(5_000);
        assert.deepEqual(
            sink.lines(marketTrades.topic.name).map((line) => line["symbol"]),
            ["A", "B"],
        );
        assert.deepEqual(
            told.map(({ kind, key, events }) => ({ kind, key, events })),
            [{ kind: "rejected", key: "v|BAD", events: 1 }],
        );
        assert.match(String(sink.lines(sourceNotices.topic.name)[0]?.["detail"]), /MESSAGE_TOO_LARGE/);
    });

    it("does not tell of a lost notice by another notice", async () => {
        const { sink, outbox, registry } = setup(1_000_000);
        sink.refuse = () => true;
        outbox.publish(marketTrades, trade(1));
        assert.equal(await outbox.close(5_000), 0);
        assert.equal(await metric(registry, "outbox_lost_events_total"), 2, "the trade and its notice");
    });

    it("stops in time when Kafka stays away, and counts what stays behind", async () => {
        const { sink, outbox, registry } = setup(1_000_000);
        sink.away = true;
        for (let id = 0; id < 250; id += 1) outbox.publish(marketTrades, trade(id));
        assert.equal(await outbox.close(50), 250);
        assert.equal(await metric(registry, "outbox_lost_events_total"), 250);
        assert.equal(outbox.heldBytes, 0);
    });

    it("stops in time when a send never ends", async () => {
        const { sink, outbox } = setup(1_000_000);
        sink.send = () => new Promise<void>(() => undefined);
        outbox.publish(marketTrades, trade(1));
        assert.equal(await outbox.close(50), 1);
    });
});
