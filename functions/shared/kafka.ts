// The way into Kafka: an idempotent producer that is thrown away and made anew whenever it is in doubt.
import { CompressionTypes, type Kafka, KafkaJSProtocolError, logLevel, Partitioners, type Producer } from "kafkajs";
import { createKafka } from "./kafkajs";
import { type Logger } from "./log";

/** A message for Kafka: messages of one key get into one partition, in the order they are sent. */
export interface Message {
    topic: string;
    key: string;
    value: string;
}

/** Delivers batches. One `send` at a time: the next one starts when the one before is settled, else order is not kept. */
export interface MessageSink {
    /**
     * Resolves when every message is acknowledged by all in-sync replicas.
     * @throws RefusedError when the broker will never take a message of the batch.
     * @throws Error for anything else: some messages may have been written; send the same batch again.
     */
    send(batch: readonly Message[]): Promise<void>;
    close(): Promise<void>;
}

/** The broker refuses a message for what it is; sending it again is of no use. */
export class RefusedError extends Error {
    override readonly name = "RefusedError";
}

const refusals = new Set([
    "MESSAGE_TOO_LARGE",
    "RECORD_LIST_TOO_LARGE",
    "INVALID_RECORD",
    "INVALID_TIMESTAMP",
    "POLICY_VIOLATION",
]);

/** The broker's own error inside the wrappers kafkajs puts around it. */
function protocolError(error: unknown): KafkaJSProtocolError | undefined {
    let cause = error;
    for (let depth = 0; depth < 5 && cause instanceof Error; depth += 1) {
        if (cause instanceof KafkaJSProtocolError) return cause;
        cause = cause.cause;
    }
    return undefined;
}

/** Messages of a topic in one request: kafkajs copies a partition's messages anew for each one it adds, so that large requests cost by the square. */
const requestMessages = 1_000;

interface TopicMessages {
    topic: string;
    messages: { key: string; value: string }[];
}

/** The requests of a batch, one after the other: each has of every topic what comes next. */
function requests(batch: readonly Message[]): TopicMessages[][] {
    const made: TopicMessages[][] = [];
    const taken = new Map<string, number>();
    for (const { topic, key, value } of batch) {
        const place = taken.get(topic) ?? 0;
        taken.set(topic, place + 1);
        const request = (made[Math.floor(place / requestMessages)] ??= []);
        const entry = place % requestMessages === 0 ? undefined : request.find((open) => open.topic === topic);
        if (entry === undefined) request.push({ topic, messages: [{ key, value }] });
        else entry.messages.push({ key, value });
    }
    return made;
}

/** MessageSink on kafkajs. */
export class KafkaSink implements MessageSink {
    private readonly kafka: Kafka;
    private producer: Producer | undefined;

    constructor(clientId: string, brokers: readonly string[], log: Logger) {
        this.kafka = createKafka({
            clientId,
            brokers: [...brokers],
            connectionTimeout: 3_000,
            requestTimeout: 10_000,
            // Few tries of its own, on the same connection and sequence numbers; beyond them the caller tries again with a new producer.
            retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 },
            logLevel: logLevel.WARN,
            // What matters is thrown; the client's own words, many per attempt while a broker is away, are for debugging.
            logCreator: () => (entry) => log.debug({ kafkajs: entry.log }, "kafkajs"),
        });
    }

    async send(batch: readonly Message[]): Promise<void> {
        try {
            this.producer ??= await this.connect();
            for (const topicMessages of requests(batch))
                await this.producer.sendBatch({ acks: -1, compression: CompressionTypes.None, topicMessages });
        } catch (error) {
            // The broker drops a batch as a duplicate by its sequence numbers alone. A new producer has an id and numbers of its own,
            // so that what is sent after a doubtful end is written again (and found to be the same by event_id), never skipped.
            this.discard();
            const broker = protocolError(error);
            const words = error instanceof Error ? error.message : String(error);
            if (broker !== undefined && refusals.has(broker.type))
                throw new RefusedError(`${broker.type}: ${broker.message}`);
            throw new Error(`kafka: cannot produce, ${words}`, { cause: error });
        }
    }

    async close(): Promise<void> {
        const producer = this.producer;
        this.producer = undefined;
        await producer?.disconnect();
    }

    private async connect(): Promise<Producer> {
        const producer = this.kafka.producer({
            idempotent: true,
            maxInFlightRequests: 1,
            allowAutoTopicCreation: false,
            createPartitioner: Partitioners.DefaultPartitioner,
        });
        try {
            await producer.connect();
        } catch (error) {
            void producer.disconnect().catch(() => undefined);
            throw error;
        }
        return producer;
    }

    private discard(): void {
        // Not waited for: a connection in doubt may take its time to close.
        void this.producer?.disconnect().catch(() => undefined);
        this.producer = undefined;
    }
}
