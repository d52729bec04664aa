// Messages as they lie in their topics, read again by their offsets.
import { setTimeout as pause } from "node:timers/promises";
import { type Admin, type Consumer, type EachBatchPayload, type Kafka } from "kafkajs";

/** A message as it lies in the topic. */
export interface Stored {
    partition: number;
    offset: bigint;
    key: Buffer;
    /** null for a tombstone. */
    value: Buffer | null;
    timestampMs: bigint;
}

/** Wanted offsets of a topic by partition, ascending. */
export type Wanted = ReadonlyMap<number, readonly bigint[]>;

/** Gets the wanted messages of a batch; the next batch waits for it. */
export type Take = (found: readonly Stored[]) => Promise<void>;

const readTimeoutMs = 30_000;

/** The wanted offsets the topic has not thrown away yet; partitions without any are left out. */
export async function retained(admin: Admin, topic: string, wanted: Wanted): Promise<Wanted> {
    const lows = new Map((await admin.fetchTopicOffsets(topic)).map((p) => [p.partition, BigInt(p.low)]));
    const kept = [...wanted].map(
        ([partition, offsets]) => [partition, offsets.filter((o) => o >= (lows.get(partition) ?? 0n))] as const,
    );
    return new Map(kept.filter(([, offsets]) => offsets.length > 0));
}

/** One way through the wanted offsets: each partition is read from its first one to its last. */
class Reading {
    private readonly wanted: Map<number, Set<bigint>>;
    private readonly last: Map<number, bigint>;

    constructor(
        wanted: Wanted,
        private readonly take: Take,
    ) {
        this.wanted = new Map([...wanted].map(([partition, offsets]) => [partition, new Set(offsets)]));
        this.last = new Map([...wanted].map(([partition, offsets]) => [partition, offsets.at(-1) ?? -1n]));
    }

    /** True when every partition has been read to its last wanted offset. */
    get done(): boolean {
        return this.last.size === 0;
    }

    /** Hands on what is wanted of a batch; true when nothing of its partition is wanted behind it. */
    async pass({ partition, messages, lastOffset }: KafkaBatch): Promise<boolean> {
        const until = this.last.get(partition);
        if (until === undefined) return true;
        const found = messages
            .filter(({ offset }) => this.wanted.get(partition)?.has(BigInt(offset)) === true)
            .map(({ offset, key, value, timestamp }) => ({
                ...{ partition, offset: BigInt(offset), key: key ?? Buffer.alloc(0), value },
                timestampMs: BigInt(timestamp),
            }));
        if (found.length > 0) await this.take(found);
        if (lastOffset < until) return false;
        this.last.delete(partition);
        return true;
    }
}

interface KafkaBatch {
    partition: number;
    messages: readonly { offset: string; key: Buffer | null; value: Buffer | null; timestamp: string }[];
    lastOffset: bigint;
}

/** Runs a consumer over a topic until the reading is done; rejects when what takes the messages fails. */
async function follow(consumer: Consumer, topic: string, wanted: Wanted, reading: Reading): Promise<void> {
    await new Promise<void>((resolve, reject) => {
        const eachBatch = async ({ batch }: EachBatchPayload): Promise<void> => {
            const { partition, messages } = batch;
            const over = await reading.pass({ partition, messages, lastOffset: BigInt(batch.lastOffset()) });
            if (over) consumer.pause([{ topic, partitions: [partition] }]);
            if (reading.done) resolve();
        };
        const run = consumer.run({
            autoCommit: false,
            // kafkajs would take a failure for its own and try again for ever.
            eachBatch: (payload) => eachBatch(payload).catch(reject),
        });
        run.then(() => {
            for (const [partition, offsets] of wanted)
                consumer.seek({ topic, partition, offset: String(offsets[0] ?? 0n) });
        }, reject);
    });
}

/**
 * Reads the wanted messages, batch by batch, so that only one is in memory; those the topic no longer holds (compacted away) are not given.
 * `wanted` must not be empty, and its offsets must be retained; `reader` is who reads, since one group has one. Throws when it takes over 30 s.
 */
export async function readMessages(
    kafka: Kafka,
    topic: string,
    wanted: Wanted,
    take: Take,
    reader = "auditor",
): Promise<void> {
    const consumer = kafka.consumer({
        groupId: `${reader}.${topic}`,
        allowAutoTopicCreation: false,
        maxWaitTimeInMs: 200,
    });
    const over = new AbortController();
    const late = pause(readTimeoutMs, undefined, { signal: over.signal }).then(() => {
        throw new Error(
            `${topic}: reading messages again took over ${String(readTimeoutMs)} ms; the next round tries again`,
        );
    });
    try {
        await consumer.connect();
        await consumer.subscribe({ topic, fromBeginning: true });
        await Promise.race([follow(consumer, topic, wanted, new Reading(wanted, take)), late]);
    } finally {
        over.abort();
        late.catch(() => undefined);
        await consumer.disconnect();
    }
}
