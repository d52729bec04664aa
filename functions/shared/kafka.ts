// The way into Kafka: an idempotent producer that is thrown away and made anew whenever it is in doubt.
import { type ConnectionOptions, type Producer } from "@platformatic/kafka";
import { timeout, TimeoutStrategy } from "cockatiel";
import { LRUCache } from "lru-cache";
import { pause } from "./backoff";
import { kafkaLogin } from "./kafkaLogin";
import { type Logger } from "./log";
import { telemetry, type Traceparent } from "./telemetry";

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

const refusals: readonly unknown[] = [
    "MESSAGE_TOO_LARGE",
    "RECORD_LIST_TOO_LARGE",
    "INVALID_RECORD",
    "INVALID_TIMESTAMP",
    "POLICY_VIOLATION",
];

/** The broker's own error, as the client tells it. */
interface BrokerError extends Error {
    /** Its name in the protocol; other errors have none. */
    apiId?: unknown;
    serverErrorMessage?: string | null;
}

/** The errors something failed for, without those the client wraps around them for each try, broker and partition. */
function causes(error: unknown): BrokerError[] {
    if (error instanceof AggregateError && error.errors.length > 0) return error.errors.flatMap(causes);
    if (error instanceof Error) return error.cause === undefined ? [error] : causes(error.cause);
    return [new Error(String(error))];
}

type Client = typeof import("@platformatic/kafka");

/** The login as the client wants it. */
export function access(brokers: readonly string[]): Pick<ConnectionOptions, "sasl" | "tls"> {
    const login = kafkaLogin(brokers);
    if (login === undefined) return {};
    const { username, password, ca } = login;
    const sasl = { mechanism: "SCRAM-SHA-512", username, password } as const;
    return ca === undefined ? { sasl } : { sasl, tls: { ca } };
}

/** A send with the client's own tries ends after this, in doubt. */
const inTime = timeout(30_000, TimeoutStrategy.Aggressive);
const closeMs = 1_000;
const traceHeader = Buffer.from("traceparent");
/** The hash of a key costs the client as much as the rest of a small message, so it is remembered for this many keys. */
const rememberedKeys = 10_000;

/** MessageSink on @platformatic/kafka. */
export class KafkaSink implements MessageSink {
    private readonly keys = new LRUCache<string, { key: Buffer; partition: number }>({ max: rememberedKeys });
    /** A library of ES modules only, hundreds of files: imported this way they are not translated at every start. */
    private readonly client = import("@platformatic/kafka");
    private producer: Producer | undefined;

    constructor(
        private readonly clientId: string,
        private readonly brokers: readonly string[],
        private readonly log: Logger,
    ) {}

    async send(batch: readonly Message[]): Promise<void> {
        const tracing = telemetry();
        if (tracing === undefined) return this.produce(batch, undefined);
        const topics = (): string[] => batch.map(({ topic }) => topic);
        return tracing.sending(topics, (traceparent) => this.produce(batch, traceparent));
    }

    private async produce(batch: readonly Message[], traceparent: Traceparent): Promise<void> {
        const headers = traceparent === undefined ? undefined : new Map([[traceHeader, Buffer.from(traceparent)]]);
        try {
            const client = await this.client;
            const producer = (this.producer ??= this.connect(client));
            const messages = batch.map((message) => {
                const { key, partition } = this.place(client, message);
                const plain = { topic: message.topic, key, value: Buffer.from(message.value), partition };
                return headers === undefined ? plain : { ...plain, headers };
            });
            await inTime.execute(() => producer.send({ messages }));
        } catch (error) {
            // The broker drops a batch as a duplicate by its sequence numbers alone. A new producer has an id and numbers of its own,
            // so that what is sent after a doubtful end is written again (and found to be the same by event_id), never skipped.
            void this.close();
            const found = causes(error);
            const refusal = found.find(({ apiId }) => refusals.includes(apiId));
            if (refusal !== undefined)
                throw new RefusedError(`${String(refusal.apiId)}: ${refusal.serverErrorMessage ?? refusal.message}`);
            const words = [...new Set(found.map(({ message }) => message))].join("; ");
            throw new Error(`kafka: cannot produce, ${words}`, { cause: error });
        }
    }

    /** Not later than after a second: a connection in doubt may take its time to close. */
    async close(): Promise<void> {
        const producer = this.producer;
        this.producer = undefined;
        if (producer === undefined) return;
        const closing = producer
            .close()
            .catch((error: unknown) => this.log.debug({ why: String(error) }, "kafka: close"));
        await Promise.race([closing, pause(closeMs)]);
    }

    private connect({ Producer }: Client): Producer {
        return new Producer({
            clientId: this.clientId,
            bootstrapBrokers: [...this.brokers],
            ...access(this.brokers),
            // All in-sync replicas, and one request at a time.
            idempotent: true,
            autocreateTopics: false,
            connectTimeout: 3_000,
            requestTimeout: 10_000,
            timeout: 10_000,
            // Few tries of its own, with the same sequence numbers; beyond them the caller tries again with a new producer.
            retries: 2,
            retryDelay: 200,
            // That producer asks anew where the partitions are; this one, in the middle of a send, may find fewer of them than it counted on.
            repeatOnStaleMetadata: false,
            // How long partitions that were added may stay unused.
            metadataMaxAge: 10_000,
        });
    }

    /** Key and partition as Java's and kafkajs's producers have them; the client takes the rest of `partition` by the topic's partitions. */
    private place({ compatibilityPartitioner }: Client, message: Message): { key: Buffer; partition: number } {
        const remembered = this.keys.get(message.key);
        if (remembered !== undefined) return remembered;
        const key = Buffer.from(message.key);
        const placed = { key, partition: compatibilityPartitioner({ topic: message.topic }, key) };
        this.keys.set(message.key, placed);
        return placed;
    }
}
