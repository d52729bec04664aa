// Proves, with a real broker: a key goes into the partition where kafkajs and Java put it, the order of a key is kept, what the broker refuses for
// good is told apart from what is to be sent again, and a send ends, with an error nobody has to catch elsewhere, when the broker is unknown,
// killed or hangs in the middle of it; sent again until it succeeds nothing is lost. Not: what the outbox makes of it (publisher.spec.ts).
import assert from "node:assert/strict";
import { type Admin, Partitioners } from "kafkajs";
import { pino } from "pino";
import { KafkaSink, type Message, RefusedError } from "../../../functions/shared/kafka";
import { createKafka } from "../../../functions/shared/kafkajs";
import { startKafka, type TestKafka } from "../../support/kafka";
import { freePort, removeFolder, temporaryFolder, until } from "../../support/processes";
import { Topics } from "../../support/topics";

const log = pino({ level: "silent" });

describe("kafka: the way in", function () {
    this.timeout(120_000);
    const folder = temporaryFolder("sink");
    let kafka: TestKafka;
    let admin: Admin;
    let topics: Topics;
    let sink: KafkaSink;

    before(async () => {
        kafka = await startKafka({ dir: folder });
        topics = await Topics.connect(kafka.brokers);
        const retry = { retries: 20, maxRetryTime: 1_000 };
        admin = createKafka({ clientId: "test", brokers: kafka.brokers, retry }).admin();
        await admin.connect();
    });
    beforeEach(() => (sink = new KafkaSink("test", kafka.brokers, log)));
    afterEach(() => sink.close());
    after(async () => {
        await admin.disconnect();
        await topics.close();
        await kafka.stop();
        removeFolder(folder);
    });

    async function create(topic: string, numPartitions: number, config: Record<string, string> = {}): Promise<void> {
        const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
        await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }], waitForLeaders: true });
    }

    /** Sends as the outbox does: the same batch until it is acknowledged. */
    const deliver = (batch: readonly Message[]): Promise<true> =>
        until("the batch is acknowledged", () => sink.send(batch).then((): true => true), 60_000);

    const numbered = (topic: string, from: number, count: number, filler = ""): Message[] =>
        Array.from({ length: count }, (_, n) => ({
            topic,
            key: `key-${String((from + n) % 7)}`,
            value: `${String(from + n)}${filler}`,
        }));

    /** Numbers of a topic's messages by key, each where it came first: what remains when resent ones are taken as the same. */
    async function numbersByKey(topic: string): Promise<Map<string, number[]>> {
        const found = new Map<string, Set<number>>();
        for (const { key, value } of await topics.messages(topic))
            found.set(key, (found.get(key) ?? new Set()).add(Number.parseInt(value)));
        return new Map([...found].map(([key, numbers]) => [key, [...numbers]]));
    }

    /** Every number up to `count` is there, those of each key in order. */
    async function assertComplete(topic: string, count: number): Promise<void> {
        const found = await numbersByKey(topic);
        const expected = Map.groupBy(Array(count).keys(), (n) => `key-${String(n % 7)}`);
        for (const [key, numbers] of expected) assert.deepEqual(found.get(key), numbers, key);
        assert.equal(found.size, expected.size);
    }

    it("puts every key into the partition where kafkajs, as Java, puts it", async () => {
        const numPartitions = 7;
        await create("keys", numPartitions);
        const plain = Array.from({ length: 2_000 }, (_, n) => `main|BTC${"x".repeat(n % 9)}|u${String(n * 7_919)}`);
        const keys = ["", "a", "é", "漢字", "🙂 und mehr", "\u0000", "z".repeat(3_000), ...plain];
        await sink.send(keys.map((key) => ({ topic: "keys", key, value: "1" })));
        const partitioner = Partitioners.DefaultPartitioner();
        const partitionMetadata = Array.from({ length: numPartitions }, (_, partitionId) => ({
            ...{ partitionId, leader: 1, partitionErrorCode: 0, replicas: [1], isr: [1] },
        }));
        const expected = keys.map((key) => [
            key,
            partitioner({ topic: "keys", partitionMetadata, message: { key, value: "1" } }),
        ]);
        const found = (await topics.messages("keys")).map(({ key, partition }) => [key, partition]);
        assert.deepEqual(found.sort(), expected.sort());
    });

    it("keeps values as they are and the order of each key, over topics and partitions", async () => {
        await create("order-a", 3);
        await create("order-b", 5);
        const each = 500;
        for (let n = 0; n < 10; n += 1)
            await sink.send([...numbered("order-a", n * each, each, " é漢🙂"), ...numbered("order-b", n * each, each)]);
        await assertComplete("order-a", 10 * each);
        await assertComplete("order-b", 10 * each);
        const values = (await topics.messages("order-a")).map(({ value }) => value);
        assert.ok(values.every((value) => value.endsWith(" é漢🙂")));
        assert.equal(values.length, 10 * each, "each was written once");
    });

    it("tells of an unknown topic by name, does not create it, and delivers once it is there", async () => {
        const batch = numbered("later", 0, 10);
        await assert.rejects(sink.send(batch), /^Error: kafka: cannot produce, Unknown topic later/);
        assert.ok(!(await admin.listTopics()).includes("later"));
        await create("later", 1);
        await deliver(batch);
        await assertComplete("later", 10);
    });

    it("tells of a message that is too large as refused for good, and takes the others after it", async () => {
        await create("small", 2, { "max.message.bytes": "100000" });
        const huge = { topic: "small", key: "key-0", value: "x".repeat(200_000) };
        await assert.rejects(sink.send([...numbered("small", 0, 5), huge]), (error: unknown) => {
            assert.ok(error instanceof RefusedError);
            assert.match(error.message, /^MESSAGE_TOO_LARGE: /);
            assert.ok(!error.message.includes("xxx"));
            return true;
        });
        await deliver(numbered("small", 0, 10));
        await assertComplete("small", 10);
    });

    it("tells of a time the broker does not accept as refused for good", async () => {
        // Nothing may be older than the millisecond in which it arrives, which few messages are fast enough for.
        await create("punctual", 1, { "message.timestamp.before.max.ms": "0" });
        await until("a message that is late", async () => {
            const error = await sink.send(numbered("punctual", 0, 1)).catch((reason: unknown) => reason);
            if (error !== undefined) assert.ok(error instanceof RefusedError);
            return error instanceof RefusedError && error.message.startsWith("INVALID_TIMESTAMP: ");
        });
    });

    it("uses partitions that are added while it runs", async () => {
        await create("growing", 1);
        await sink.send(numbered("growing", 0, 7));
        await admin.createPartitions({ topicPartitions: [{ topic: "growing", count: 5 }] });
        let sent = 7;
        await until("a message in a new partition", async () => {
            await deliver(numbered("growing", sent, 7));
            sent += 7;
            const ends = await admin.fetchTopicOffsets("growing");
            return ends.some(({ partition, high }) => partition > 0 && high !== "0");
        });
    });

    it("delivers into a topic that was made anew with fewer partitions", async () => {
        await create("anew", 6);
        await sink.send(numbered("anew", 0, 70));
        await admin.deleteTopics({ topics: ["anew"] });
        await until("the topic is gone", async () => !(await admin.listTopics()).includes("anew"));
        await create("anew", 1);
        await deliver(numbered("anew", 0, 70));
        await assertComplete("anew", 70);
    });

    it("names a broker that is not there", async () => {
        const nobody = `127.0.0.1:${String(await freePort())}`;
        const lost = new KafkaSink("test", [nobody], log);
        await assert.rejects(lost.send(numbered("any", 0, 1)), { message: new RegExp(`ECONNREFUSED ${nobody}$`) });
        await lost.close();
    });

    /** Stops the broker's process; its threads stop one by one, on a busy machine not at once. */
    async function hang(): Promise<void> {
        process.kill(kafka.pid, "SIGSTOP");
        await new Promise((resolve) => setTimeout(resolve, 1_000));
    }

    it("ends a send with an error when the broker is killed in the middle of it, and loses nothing when it is sent again", async () => {
        await create("killed", 3, { "max.message.bytes": "6000000" });
        const each = 200;
        const filler = ` ${"x".repeat(5_000)}`;
        await deliver(numbered("killed", 0, each, filler));
        for (let n = 1; n < 3; n += 1) {
            const batch = numbered("killed", n * each, each, filler);
            await hang();
            const rejected = assert.rejects(sink.send(batch), /kafka: cannot produce, /);
            // Long enough to be on its way to a broker that does not read.
            await new Promise((resolve) => setTimeout(resolve, 100));
            await kafka.kill9();
            await rejected;
            await kafka.restart();
            await deliver(batch);
        }
        await assertComplete("killed", 3 * each);
    });

    it("ends a send with an error when the broker hangs, closes beside it, and goes on when it is back", async () => {
        await create("hanging", 1, { "max.message.bytes": "6000000" });
        await deliver(numbered("hanging", 0, 1));
        const batch = numbered("hanging", 1, 1_000, ` ${"x".repeat(5_000)}`);
        await hang();
        try {
            await assert.rejects(sink.send(batch), /kafka: cannot produce, /);
            const rejected = assert.rejects(sink.send(batch), /kafka: cannot produce, /);
            await sink.close();
            await rejected;
        } finally {
            process.kill(kafka.pid, "SIGCONT");
        }
        await deliver(batch);
        await assertComplete("hanging", 1_001);
    });
});
