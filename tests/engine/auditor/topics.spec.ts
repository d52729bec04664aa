// Proves, on a real broker: exactly the wanted messages are read again, of several partitions, with their bytes; what the topic has thrown away is
// left out; a failure to put them somewhere ends the reading at once.
// Does not prove: that a feed takes them; tests/engine/stack does.
import assert from "node:assert/strict";
import { type Admin, Kafka, logLevel, Partitioners } from "kafkajs";
import { readMessages, retained, type Stored } from "../../../functions/auditor/topics";
import { sharedKafka, type TestKafka } from "../../support/kafka";

const topic = "trading.some.v1";
const perPartition = 2_000;

describe("auditor: messages read again", function () {
    this.timeout(120_000);
    let broker: TestKafka;
    let kafka: Kafka;
    let admin: Admin;

    before(async () => {
        broker = await sharedKafka();
        kafka = new Kafka({ clientId: "test", brokers: broker.brokers, logLevel: logLevel.NOTHING });
        admin = kafka.admin();
        await admin.connect();
        await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] });
        const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
        await producer.connect();
        for (const partition of [0, 1]) {
            const messages = Array.from({ length: perPartition }, (_, n) => ({
                ...{ partition, key: "k", value: n === 7 ? null : Buffer.from([partition, n & 0xff, 0xff]) },
            }));
            await producer.send({ topic, messages });
        }
        await producer.disconnect();
        // Deleting records takes the leaders that the admin client already knows.
        await admin.fetchTopicOffsets(topic);
        await admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: "100" }] });
    });
    after(async () => {
        await admin.disconnect();
    });

    it("gives the wanted ones and no others, a tombstone among them", async () => {
        const wanted = new Map([
            [0, [0n, 7n, 1_999n]],
            [1, [100n, 1_000n]],
        ]);
        const found: Stored[] = [];
        await readMessages(kafka, topic, wanted, (some) => {
            found.push(...some);
            return Promise.resolve();
        });
        const shown = found.map(({ partition, offset, value }) => [partition, Number(offset), value?.toString("hex")]);
        assert.deepEqual(
            shown.sort(([a = 0, b = 0], [c = 0, d = 0]) => Number(a) - Number(c) || Number(b) - Number(d)),
            [
                [0, 0, "0000ff"],
                [0, 7, undefined],
                [0, 1_999, "00cfff"],
                [1, 100, "0164ff"],
                [1, 1_000, "01e8ff"],
            ],
        );
    });

    it("leaves out what the topic has thrown away", async () => {
        const wanted = new Map([
            [0, [5n]],
            [1, [98n, 99n, 100n]],
        ]);
        const kept = await retained(admin, topic, wanted);
        assert.deepEqual(
            [...kept],
            [
                [0, [5n]],
                [1, [100n]],
            ],
        );
        assert.equal((await retained(admin, topic, new Map([[1, [3n]]]))).size, 0);
    });

    it("ends at once when the messages cannot be put anywhere", async () => {
        const reading = readMessages(kafka, topic, new Map([[0, [3n]]]), () => Promise.reject(new Error("no room")));
        await assert.rejects(reading, /no room/);
    });
});
