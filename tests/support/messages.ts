// For tests: messages of a topic by their offsets.
import { randomUUID } from "node:crypto";
import { type Kafka } from "kafkajs";

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
