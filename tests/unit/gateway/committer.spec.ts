// Proves, for any order of good, bad and refusing answers of Kafka: a request is told all is acknowledged only when it is, the order of messages
// is kept, a refused message costs no other one, and memory taken is given back. Does not prove: Kafka itself; tests/engine/gateway does.
import assert from "node:assert/strict";
import fc from "fast-check";
import { pino } from "pino";
import { Admission } from "../../../functions/gateway/admission";
import { Committer, UnavailableError } from "../../../functions/gateway/committer";
import { type Message, type MessageSink, RefusedError } from "../../../functions/shared/kafka";

type Answer = "acknowledge" | "fail" | "write and fail";

/** Kafka as a test wants it: its answers one after the other, the last one for ever. */
class ScriptedSink implements MessageSink {
    readonly written: string[] = [];
    readonly sends: number[] = [];
    private under = 0;

    constructor(
        private readonly answers: readonly Answer[],
        private readonly refuses: (value: string) => boolean = () => false,
    ) {}

    async send(batch: readonly Message[]): Promise<void> {
        this.under += 1;
        assert.equal(this.under, 1, "one send at a time");
        const answer = this.answers[this.sends.push(batch.length) - 1] ?? "acknowledge";
        await new Promise(setImmediate);
        this.under -= 1;
        if (answer === "fail") throw new Error("nobody there");
        if (batch.some(({ value }) => this.refuses(value))) throw new RefusedError("MESSAGE_TOO_LARGE");
        this.written.push(...batch.map(({ value }) => value));
        if (answer === "write and fail") throw new Error("the answer was lost");
    }

    close(): Promise<void> {
        return Promise.resolve();
    }
}

const observer = { onSent: () => undefined, onFailure: () => undefined, log: pino({ level: "silent" }) };
const message = (value: string): Message => ({ topic: "t", key: "k", value });
const mebibyte = 1024 * 1024;

describe("gateway: commits", () => {
    it("never calls a message acknowledged that is not written, and keeps the order", async () => {
        const answers = fc.array(fc.constantFrom<Answer>("acknowledge", "fail", "write and fail"), { maxLength: 12 });
        const requests = fc.array(fc.array(fc.integer({ min: 1, max: mebibyte / 2 }), { minLength: 1, maxLength: 5 }), {
            maxLength: 8,
        });
        const property = fc.asyncProperty(answers, requests, async (script, sizes) => {
            const sink = new ScriptedSink(script);
            const committer = new Committer(sink, 60_000, observer);
            const values = sizes.map((list, request) =>
                list.map((size, n) => `${String(request)}.${String(n)}`.padEnd(size)),
            );
            const ends = await Promise.allSettled(values.map((list) => committer.commit(list.map(message))));
            await committer.close();
            for (const [request, end] of ends.entries()) {
                if (end.status === "rejected") assert.ok(end.reason instanceof UnavailableError);
                else for (const value of values[request] ?? []) assert.ok(sink.written.includes(value));
            }
            const order = values.flat();
            const places = sink.written.map((value) => order.indexOf(value));
            assert.deepEqual(
                places,
                [...places].sort((a, b) => a - b),
            );
        });
        await fc.assert(property, { numRuns: 200 });
    });

    it("refuses exactly the messages the broker refuses", async () => {
        const property = fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), async (bad) => {
            const sink = new ScriptedSink([], (value) => value.startsWith("bad"));
            const committer = new Committer(sink, 60_000, observer);
            const values = bad.map((refused, n) => `${refused ? "bad" : "good"}${String(n)}`);
            const refused = await committer.commit(values.map(message));
            assert.deepEqual(
                [...refused.keys()].sort((a, b) => a - b),
                bad.flatMap((is, n) => (is ? [n] : [])),
            );
            assert.deepEqual(
                sink.written,
                values.filter((value) => value.startsWith("good")),
            );
        });
        await fc.assert(property, { numRuns: 100 });
    });

    it("sends requests of one moment together, and at most a mebibyte at once", async () => {
        const small = new ScriptedSink([]);
        const together = new Committer(small, 60_000, observer);
        await Promise.all(Array.from({ length: 50 }, (_, n) => together.commit([message(String(n))])));
        assert.deepEqual(small.sends, [50]);
        const large = new ScriptedSink([]);
        const apart = new Committer(large, 60_000, observer);
        await apart.commit(Array.from({ length: 6 }, () => message("x".repeat(mebibyte * 0.4))));
        assert.deepEqual(large.sends, [2, 2, 2]);
    });

    it("gives up on what Kafka does not answer, and does not send the rest of it later", async () => {
        const written: number[] = [];
        let answer = (): void => undefined;
        const sink: MessageSink = {
            send: async (batch) => {
                written.push(batch.length);
                await new Promise<void>((resolve) => (answer = resolve));
            },
            close: () => Promise.resolve(),
        };
        const committer = new Committer(sink, 20, observer);
        const stuck = committer.commit([message("x".repeat(mebibyte)), message("never sent")]);
        await assert.rejects(stuck, UnavailableError);
        await assert.rejects(committer.commit([message("queued behind it")]), UnavailableError);
        answer();
        await committer.close();
        assert.deepEqual(written, [1]);
    });
});

describe("gateway: admission", () => {
    it("never takes more than there is, and has all of it back when nobody holds anything", () => {
        const step = fc.record({ bytes: fc.nat(60), more: fc.nat(60), held: fc.boolean() });
        const property = fc.property(fc.array(step), (steps) => {
            const admission = new Admission(100);
            const leases = steps.flatMap(({ bytes, more, held }) => {
                const lease = admission.admit(bytes);
                if (lease === undefined) return [];
                lease.grow(more);
                if (held) lease.hold();
                assert.ok(admission.bytes <= 100);
                return [{ lease, held }];
            });
            for (const { lease } of leases) lease.drop();
            assert.equal(admission.requests, leases.filter(({ held }) => held).length);
            for (const { lease, held } of leases) if (held) lease.drop();
            assert.deepEqual([admission.bytes, admission.requests], [0, 0]);
        });
        fc.assert(property);
    });
});
