// What Kafka knows: how far the feeds have committed, and the messages themselves.
import { type Admin, type Kafka } from "kafkajs";

/** A message as it lies in the topic. */
export interface Stored {
    partition: number;
    offset: bigint;
    key: Buffer;
    /** null for a tombstone. */
    value: Buffer | null;
    timestampMs: bigint;
}

/** Where a partition begins, where its feed is, and where it ends. */
export interface Position {
    partition: number;
    low: bigint;
    /** First offset the feed has not committed; the low end where it has committed nothing. */
    committed: bigint;
    high: bigint;
}

const readTimeoutMs = 30_000;

/** Positions of a topic's partitions as its feed's consumer group sees them. */
export async function positions(admin: Admin, topic: string, groupId: string): Promise<Position[]> {
    const [ends, groups] = await Promise.all([
        admin.fetchTopicOffsets(topic),
        admin.fetchOffsets({ groupId, topics: [topic] }),
    ]);
    const committed = new Map(groups.flatMap((group) => group.partitions).map((p) => [p.partition, BigInt(p.offset)]));
    return ends.map(({ partition, low, high }) => {
        const known = committed.get(partition) ?? -1n;
        return { partition, low: BigInt(low), high: BigInt(high), committed: known < 0n ? BigInt(low) : known };
    });
}

/** Wanted offsets of a topic by partition, ascending. */
export type Wanted = Map<number, bigint[]>;

/**
 * Reads the wanted messages; those the topic no longer holds (compacted away, expired) are missing from the answer.
 * Each partition is read from its first wanted offset to its last.
 */
export async function readMessages(kafka: Kafka, topic: string, wanted: Wanted): Promise<Stored[]> {
    const consumer = kafka.consumer({
        groupId: `auditor.${topic}`,
        allowAutoTopicCreation: false,
        maxWaitTimeInMs: 200,
    });
    const sets = new Map([...wanted].map(([partition, offsets]) => [partition, new Set(offsets)]));
    const last = new Map([...wanted].map(([partition, offsets]) => [partition, offsets.at(-1) ?? -1n]));
    const found: Stored[] = [];
    await consumer.connect();
    let timer: NodeJS.Timeout | undefined;
    try {
        await consumer.subscribe({ topic, fromBeginning: true });
        await new Promise<void>((resolve, reject) => {
            timer = setTimeout(
                () =>
                    reject(
                        new Error(
                            `${topic}: reading messages again took over ${String(readTimeoutMs)} ms; it is tried again`,
                        ),
                    ),
                readTimeoutMs,
            );
            const done = (partition: number): void => {
                last.delete(partition);
                consumer.pause([{ topic, partitions: [partition] }]);
                if (last.size === 0) resolve();
            };
            const eachBatch = ({ batch }: { batch: KafkaBatch }): Promise<void> => {
                const { partition } = batch;
                const until = last.get(partition);
                if (until === undefined) return Promise.resolve();
                for (const message of batch.messages) {
                    const offset = BigInt(message.offset);
                    if (sets.get(partition)?.has(offset) === true)
                        found.push({
                            ...{ partition, offset, key: message.key ?? Buffer.alloc(0), value: message.value },
                            timestampMs: BigInt(message.timestamp),
                        });
                }
                if (BigInt(batch.lastOffset()) >= until) done(partition);
                return Promise.resolve();
            };
            consumer.run({ autoCommit: false, eachBatch }).then(() => {
                for (const [partition, offsets] of wanted)
                    consumer.seek({ topic, partition, offset: String(offsets[0] ?? 0n) });
            }, reject);
        });
    } finally {
        clearTimeout(timer);
        await consumer.disconnect();
    }
    return found;
}

interface KafkaBatch {
    partition: number;
    messages: { offset: string; key: Buffer | null; value: Buffer | null; timestamp: string }[];
    lastOffset(): string;
}
