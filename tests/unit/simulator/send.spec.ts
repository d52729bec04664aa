// Proves: sending waits for Kafka instead of running ahead or dropping, keeps the order of each key, sends the control totals last, keeps to a
// rate, stops early with totals of what it sent, and names the topic of a message Kafka refuses. Kafka is a sink in memory here.
// Does not prove: the real broker's behaviour (tests/engine/simulator).
import assert from "node:assert/strict";
import { z } from "zod";
import { Delivery } from "../../../functions/shared/delivery";
import { type Message, type MessageSink, RefusedError } from "../../../functions/shared/kafka";
import { createLog } from "../../../functions/shared/log";
import { send, type SendOptions } from "../../../functions/simulator/send";
import { simulate, type SimulatedEvent } from "../../../functions/simulator/simulate";
import { options } from "./run";

const small = { ...options, accounts: 200, minutes: 10, historyDays: 1, scenarios: {} };
const never = new AbortController().signal;
const log = createLog("test", "fatal");
const line = z.looseObject({ source_id: z.string(), source_seq: z.string().nullable() });

/** Keeps what it is sent. */
class MemorySink implements MessageSink {
    readonly messages: Message[] = [];
    underway = 0;

    constructor(private readonly before: (batch: readonly Message[]) => Promise<void> = () => Promise.resolve()) {}

    async send(batch: readonly Message[]): Promise<void> {
        this.underway++;
        assert.equal(this.underway, 1, "one send at a time");
        await this.before(batch);
        this.messages.push(...batch);
        this.underway--;
    }

    close(): Promise<void> {
        return Promise.resolve();
    }

    lines(): { topic: string; line: z.output<typeof line> }[] {
        return this.messages.flatMap(({ topic, value }) =>
            value.split("\n").map((text) => ({ topic, line: line.parse(JSON.parse(text)) })),
        );
    }
}

const sendTo = (sink: MessageSink, batches: Iterable<SimulatedEvent[]>, more: Partial<SendOptions> = {}) =>
    send(batches, new Delivery(sink, log), {
        run: "run",
        rate: 0,
        stop: never,
        abandon: never,
        progress: () => undefined,
        ...more,
    });

describe("simulator: sending", function () {
    this.timeout(60_000);

    it("sends every event in the order of its source, and the control totals last", async () => {
        const sink = new MemorySink();
        const ledger = await sendTo(sink, simulate(small));
        const lines = sink.lines();
        assert.equal(lines.length, ledger.events);
        const next = new Map<string, number>();
        for (const { topic, line } of lines) {
            if (topic.includes("control_totals") || topic.includes("order_book") || topic.includes("market_t"))
                continue;
            const expected = (next.get(line.source_id) ?? 0) + 1;
            if (line.source_id !== "simulator/book_tickers") assert.equal(line.source_seq, String(expected));
            next.set(line.source_id, expected);
        }
        assert.match(lines.at(-1)?.topic ?? "", /control_totals/);
    });

    it("makes no more than the next batch while Kafka has not answered", async () => {
        let made = 0;
        let most = 0;
        let delivered = 0;
        function* counted(): Generator<SimulatedEvent[]> {
            for (const batch of simulate(small)) {
                made += batch.length;
                most = Math.max(most, made - delivered);
                yield batch;
            }
        }
        const slow = new MemorySink(() => new Promise((resolve) => setTimeout(resolve, 5)));
        await sendTo(slow, counted(), { progress: (events) => (delivered = events) });
        assert.ok(made > 30_000, String(made));
        assert.ok(most <= 20_000, `${String(most)} events ahead`);
    });

    it("tries again while Kafka is away, and loses nothing", async () => {
        let failures = 3;
        const flaky = new MemorySink(() => Promise.resolve());
        const sink: MessageSink = {
            send: (batch) => (failures-- > 0 ? Promise.reject(new Error("away")) : flaky.send(batch)),
            close: () => Promise.resolve(),
        };
        const ledger = await sendTo(sink, simulate({ ...small, minutes: 1 }));
        assert.equal(flaky.lines().length, ledger.events);
    });

    it("stops early when asked to, with the control totals of what it sent", async () => {
        const stop = new AbortController();
        const sink = new MemorySink();
        const whole = [...simulate(small)].flat().length;
        const ledger = await sendTo(sink, simulate(small), { stop: stop.signal, progress: () => stop.abort() });
        assert.ok(ledger.events < whole);
        assert.equal(sink.lines().length, ledger.events);
        assert.match(sink.messages.at(-1)?.topic ?? "", /control_totals/);
    });

    it("keeps to a rate", async () => {
        const sink = new MemorySink();
        const began = performance.now();
        const batches = [[...simulate(small)].flat().slice(0, 2_000)];
        await sendTo(sink, batches, { rate: 4_000 });
        // The first batch is due at once, so 2,000 events at 4,000 a second take at least 0.4 s; how much longer, no test can say.
        assert.ok(performance.now() - began >= 400);
    });

    it("names the topic when Kafka refuses a message", async () => {
        const refusing = new MemorySink((batch) =>
            batch.some(({ topic }) => topic === "trading.users.v1")
                ? Promise.reject(new RefusedError("POLICY_VIOLATION: no"))
                : Promise.resolve(),
        );
        const sink: MessageSink = {
            send: async (batch) => {
                try {
                    await refusing.send(batch);
                } finally {
                    refusing.underway = 0;
                }
            },
            close: () => Promise.resolve(),
        };
        await assert.rejects(
            sendTo(sink, simulate(small)),
            /refuses a message for trading\.users\.v1: POLICY_VIOLATION/,
        );
    });
});
