// For tests: topics of the catalogue on a bare broker, and what is in them.
import { randomUUID } from "node:crypto";
import { type Admin, type EachMessagePayload, type Kafka, logLevel } from "kafkajs";
import { type Declaration } from "../../schema";
import { createKafka } from "../../functions/shared/kafkajs";
import { until } from "./processes";

/** A message in a topic. */
export interface Kept {
    partition: number;
    key: string;
    value: string;
}

/** A broker's topics, by their declarations. */
export class Topics {
    private constructor(
        private readonly kafka: Kafka,
        private readonly admin: Admin,
    ) {}

    static async connect(brokers: string[]): Promise<Topics> {
        const retry = { retries: 20, maxRetryTime: 1_000 };
        const kafka = createKafka({ clientId: "test", brokers, logLevel: logLevel.NOTHING, retry });
        const admin = kafka.admin();
        await admin.connect();
        return new Topics(kafka, admin);
    }

    /** Creates the topics of these declarations, with their partitions and message limits, and waits for their leaders. */
    async create(declarations: readonly Declaration[]): Promise<void> {
        const topics = declarations.map(({ topic }) => ({
            topic: topic.name,
            numPartitions: topic.partitions,
            configEntries: [{ name: "max.message.bytes", value: String(topic.maxMessageBytes) }],
        }));
        await this.admin.createTopics({ topics, waitForLeaders: false });
        await until("every partition has a leader", async () => {
            const found = await this.admin.fetchTopicMetadata({ topics: topics.map(({ topic }) => topic) });
            return found.topics.every(
                ({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0),
            );
        });
    }

    /** Every message value of a topic, in order of each partition. */
    async values({ topic: { name } }: Declaration): Promise<string[]> {
        return (await this.messages(name)).map(({ value }) => value);
    }

    /** Every message of a topic, in order of each partition. */
    async messages(name: string): Promise<Kept[]> {
        const ends = await this.admin.fetchTopicOffsets(name);
        const expected = ends.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
        if (expected === 0) return [];
        const consumer = this.kafka.consumer({ groupId: `reader-${randomUUID()}` });
        await consumer.connect();
        try {
            await consumer.subscribe({ topic: name, fromBeginning: true });
            const kept: Kept[] = [];
            const eachMessage = ({ partition, message: { key, value } }: EachMessagePayload): Promise<void> => {
                kept.push({ partition, key: String(key), value: String(value) });
                return Promise.resolve();
            };
            await consumer.run({ eachMessage });
            await until(`${String(expected)} messages of ${name}`, () => kept.length >= expected, 60_000);
            return kept;
        } finally {
            await consumer.disconnect();
        }
    }

    /** Ids of a topic's events, one for each message. */
    async eventIds(declaration: Declaration): Promise<string[]> {
        const values = await this.values(declaration);
        return values.map((value) => (JSON.parse(value) as { event_id: string }).event_id);
    }

    close(): Promise<void> {
        return this.admin.disconnect();
    }
}

/** Where each partition of a topic ends: the offset its next message will get. */
export async function ends(kafka: Kafka, topic: string): Promise<Map<number, number>> {
    const admin = kafka.admin();
    await admin.connect();
    try {
        const offsets = await admin.fetchTopicOffsets(topic);
        return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
    } finally {
        await admin.disconnect();
    }
}

/** Values of the messages at the given offsets; empty where a message has none. Waits for all of them. */
export async function messagesAt(
    kafka: Kafka,
    topic: string,
    wanted: readonly { partition: number; offset: number }[],
): Promise<string[]> {
    if (wanted.length === 0) return [];
    const missing = new Set(wanted.map(({ partition, offset }) => `${String(partition)}/${String(offset)}`));
    const values: string[] = [];
    const consumer = kafka.consumer({ groupId: `test-${randomUUID()}`, allowAutoTopicCreation: false });
    await consumer.connect();
    try {
        await consumer.subscribe({ topic, fromBeginning: true });
        await new Promise<void>((resolve, reject) => {
            const eachMessage = ({ partition, message }: Read): Promise<void> => {
                if (missing.delete(`${String(partition)}/${message.offset}`)) values.push(String(message.value ?? ""));
                if (missing.size === 0) resolve();
                return Promise.resolve();
            };
            consumer.run({ autoCommit: false, eachMessage }).catch(reject);
        });
    } finally {
        await consumer.disconnect();
    }
    return values;
}

interface Read {
    partition: number;
    message: { offset: string; value: Buffer | null };
}
