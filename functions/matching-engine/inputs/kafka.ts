// Records from a Kafka topic of the venue's own: its offsets are committed only after our events are acknowledged.
import { type Admin, type Consumer, type EachBatchPayload, type IHeaders, type KafkaMessage } from "kafkajs";
import { StoppedError } from "../../shared/delivery";
import { createKafka } from "../../shared/kafkajs";
import { type Tree } from "../record";
import { type Handle, type Input, type Lost, type RawRecord } from "./input";

/** While a batch is handled, so that the group does not take its partitions away. */
const heartbeatMs = 3_000;

/** Where and how a foreign topic is read. */
export interface KafkaSource {
    readonly brokers: readonly string[];
    readonly topics: readonly string[];
    readonly group: string;
    readonly from: "earliest" | "latest";
}

function headersOf(headers: IHeaders | undefined): Tree {
    return Object.fromEntries(
        Object.entries(headers ?? {}).flatMap(([name, value]) => {
            const first = Array.isArray(value) ? value[0] : value;
            return first === undefined ? [] : [[name, String(first)]];
        }),
    );
}

function recordOf(topic: string, partition: number, message: KafkaMessage): RawRecord {
    const place = `${topic}/${String(partition)}`;
    return {
        value: message.value,
        origin: { partition: place, resume: message.offset, at: `${place}@${message.offset}` },
        kafka: {
            ...{ topic, partition: String(partition), offset: message.offset, timestamp: message.timestamp },
            key: message.key?.toString() ?? null,
            headers: headersOf(message.headers),
        },
    };
}

/** Input on one or several topics. */
export class KafkaInput implements Input {
    readonly rereadable = true;
    private readonly consumer: Consumer;
    private readonly admin: Admin;
    private stopping = false;

    constructor(private readonly source: KafkaSource) {
        const kafka = createKafka({ clientId: source.group, brokers: [...source.brokers] });
        this.admin = kafka.admin();
        // kafkajs starts a consumer again by itself without a word; so that its trouble is known, whoever runs this input does.
        const retry = { retries: 5, restartOnFailure: () => Promise.resolve(false) };
        this.consumer = kafka.consumer({
            ...{ groupId: source.group, allowAutoTopicCreation: false, maxWaitTimeInMs: 500, retry },
        });
    }

    async run(handle: Handle, lost: Lost, well: () => void): Promise<void> {
        const { topics, from, brokers } = this.source;
        try {
            await this.check(lost);
            if (this.stopping) return;
            await this.consumer.connect();
            await this.consumer.subscribe({ topics: [...topics], fromBeginning: from === "earliest" });
            await this.consume(handle, well);
        } catch (error) {
            await this.consumer.disconnect().catch(() => undefined);
            if (error instanceof StoppedError) throw error;
            throw new Error(
                `input.kafka: cannot read ${topics.join(", ")} at ${brokers.join(",")}: ${error instanceof Error ? error.message : String(error)}`,
                { cause: error },
            );
        }
    }

    async stop(): Promise<undefined> {
        this.stopping = true;
        await this.consumer.disconnect();
    }

    /** Resolves when it is stopped; rejects with what ends it otherwise. */
    private consume(handle: Handle, well: () => void): Promise<void> {
        const { CRASH, DISCONNECT, GROUP_JOIN } = this.consumer.events;
        return new Promise((resolve, reject) => {
            this.consumer.on(GROUP_JOIN, well);
            this.consumer.on(CRASH, ({ payload }) => reject(payload.error));
            // A consumer that crashes disconnects before it says so.
            this.consumer.on(DISCONNECT, () => {
                if (this.stopping) resolve();
            });
            const eachBatch = (payload: EachBatchPayload): Promise<void> => this.take(payload, handle);
            this.consumer.run({ autoCommit: false, eachBatch }).catch(reject);
        });
    }

    /** Before the first message: do the topics exist, and do they still hold where reading goes on? */
    private async check(lost: Lost): Promise<void> {
        const { topics, group } = this.source;
        await this.admin.connect();
        try {
            const existing = await this.admin.listTopics();
            const missing = topics.filter((topic) => !existing.includes(topic));
            if (missing.length > 0)
                throw new Error(`there is no topic ${missing.join(", ")}; create it, or correct input.kafka.topics`);
            const committed = await this.admin.fetchOffsets({ groupId: group, topics: [...topics] });
            for (const { topic, partitions } of committed) {
                const lows = new Map(
                    (await this.admin.fetchTopicOffsets(topic)).map((each) => [each.partition, BigInt(each.low)]),
                );
                for (const { partition, offset } of partitions) {
                    const low = lows.get(partition) ?? 0n;
                    if (BigInt(offset) < 0n || BigInt(offset) >= low) continue;
                    const place = `${topic}/${String(partition)}`;
                    await lost(
                        `${place}: offsets ${offset} to ${String(low - 1n)} were deleted before they were read`,
                        offset,
                        String(low - 1n),
                    );
                }
            }
        } finally {
            await this.admin.disconnect();
        }
    }

    private async take(payload: EachBatchPayload, handle: Handle): Promise<void> {
        const { topic, partition, messages } = payload.batch;
        if (payload.isStale() || !payload.isRunning() || this.stopping) return;
        const records = messages.map((message) => recordOf(topic, partition, message));
        const end = String(BigInt(payload.batch.lastOffset()) + 1n);
        // A lost membership shows when the offset is committed.
        const beat = setInterval(() => void payload.heartbeat().catch(() => undefined), heartbeatMs);
        try {
            const offset = await handle({ partition: `${topic}/${String(partition)}`, records, end });
            await this.consumer.commitOffsets([{ topic, partition, offset }]);
        } catch (error) {
            // Stopped before Kafka acknowledged: nothing is committed, so the batch is read again.
            if (!(error instanceof StoppedError)) throw error;
        } finally {
            clearInterval(beat);
        }
    }
}
