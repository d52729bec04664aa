/**
 * Proves, with the real broker, that the evaluator's one look at all feeds tells what a look at each of them tells (kafkajs): for topics that are empty,
 * unread, read in part, begun anew after messages expired, and with partitions added; and that it goes on after the broker was killed.
 * Does not prove what follows from positions (tests/unit/evaluator).
 */
import { strict as assert } from "node:assert";
import path from "node:path";
import { type Admin, Kafka, logLevel } from "kafkajs";
import { Feeds } from "../../../functions/evaluator/watermark/feeds";
import { feedPositions } from "../../../functions/shared/kafkajs";
import { type Declaration } from "../../../schema";
import { marketTrades } from "../../../schema/facts/marketTrades";
import { userDeposits } from "../../../schema/facts/userDeposits";
import { userOrders } from "../../../schema/facts/userOrders";
import { users } from "../../../schema/references/users";
import { startKafka, type TestKafka } from "../../support/kafka";
import { removeFolder, temporaryFolder } from "../../support/processes";

const declarations: readonly Declaration[] = [marketTrades, userDeposits, userOrders, users];

describe("evaluator: positions of all feeds at once", function () {
    this.timeout(120_000);
    let dir: string;
    let kafka: TestKafka;
    let client: Kafka;
    let admin: Admin;
    let feeds: Feeds;

    before(async function () {
        this.timeout(400_000);
        dir = temporaryFolder("feeds");
        kafka = await startKafka({ dir: path.join(dir, "broker") });
        client = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING, retry: { retries: 20 } });
        admin = client.admin();
        await admin.connect();
        const topics = declarations.map(({ topic }, index) => ({ topic: topic.name, numPartitions: index + 1 }));
        await admin.createTopics({ waitForLeaders: true, topics });
        feeds = new Feeds("test", kafka.brokers);
    });
    after(async () => {
        await feeds.close();
        await admin.disconnect();
        await kafka.stop();
        removeFolder(dir);
    });

    async function send({ topic }: Declaration, partition: number, count: number): Promise<void> {
        const producer = client.producer();
        await producer.connect();
        const messages = Array.from({ length: count }, () => ({ partition, value: "{}" }));
        await producer.send({ topic: topic.name, acks: -1, messages });
        await producer.disconnect();
    }

    async function oneByOne(): Promise<unknown[]> {
        const found: unknown[] = [];
        for (const { name, topic, group } of declarations)
            found.push([name, (await feedPositions(admin, topic.name, group)).sort(byPartition)]);
        return found;
    }
    const together = async (): Promise<unknown[]> =>
        [...(await feeds.positions(declarations))].map(([name, found]) => [name, found.sort(byPartition)]);
    const byPartition = (a: { partition: number }, b: { partition: number }): number => a.partition - b.partition;

    it("are those of each feed, whatever has been read of its topic", async () => {
        const empty = await together();
        assert.deepEqual(empty, await oneByOne());
        await send(marketTrades, 0, 10);
        await send(userDeposits, 1, 7);
        await send(userOrders, 2, 5);
        const partitions = [{ partition: 0, offset: "4" }];
        await admin.setOffsets({ groupId: marketTrades.group, topic: marketTrades.topic.name, partitions });
        await admin.deleteTopicRecords({ topic: userOrders.topic.name, partitions: [{ partition: 2, offset: "3" }] });
        const found = await together();
        assert.deepEqual(found, await oneByOne());
        assert.notDeepEqual(found, empty);
        assert.deepEqual(
            (await feeds.positions([userOrders])).get(userOrders.name)?.find(({ partition }) => partition === 2),
            {
                ...{ partition: 2, low: 3n, committed: 3n, high: 5n },
            },
        );
    });

    it("have the partitions that were added meanwhile", async () => {
        await admin.createPartitions({ topicPartitions: [{ topic: users.topic.name, count: 6 }] });
        await send(users, 5, 1);
        assert.equal((await feeds.positions([users])).get(users.name)?.length, 6);
        assert.deepEqual(await together(), await oneByOne());
    });

    it("are refused while the broker is away, and told when it is back", async () => {
        await kafka.kill9();
        await assert.rejects(feeds.positions(declarations));
        await kafka.restart();
        assert.deepEqual(await together(), await oneByOne());
    });

    it("are refused for a topic that is not there", async () => {
        const missing = { ...users, topic: { ...users.topic, name: "misspelt" } };
        await assert.rejects(feeds.positions([missing]));
        assert.equal((await feeds.positions([users])).size, 1);
    });
});
