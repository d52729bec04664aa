// The provider's way to Kafka: topics, their settings and their offsets, by kafkajs.
import { type Admin, type ITopicConfig } from "kafkajs";
import { positions, type Position } from "../../../schema/positions";
import { type Patience, Reach, Rejected, said } from "./reach";

/** A topic as the broker has it. */
export interface TopicState {
    partitions: number;
    /** Every setting's value in force, and whether it was set on this topic. */
    config: Record<string, { value: string; ofTopic: boolean }>;
}

/** What the kinds ask of Kafka. */
export interface Kafka {
    describe(topic: string): Promise<TopicState | undefined>;
    create(topic: string, partitions: number, config: Record<string, string>): Promise<void>;
    grow(topic: string, partitions: number): Promise<void>;
    /** Replaces all settings of the topic: what is not given goes back to the broker's default. */
    configure(topic: string, config: Record<string, string>): Promise<void>;
    /** Messages between the first and the last offset of every partition. */
    messages(topic: string): Promise<number>;
    delete(topic: string): Promise<void>;
}

/** Loaded late: most previews never speak to Kafka. Node sees but some of its names as exports, all are in `default`. */
const library = async (): Promise<typeof import("kafkajs")> => (await import("kafkajs")).default;

/** kafkajs wraps the cause of its last attempt. */
function rootOf(cause: unknown): Error & { type?: string; retriable?: boolean } {
    const inner = cause instanceof Error ? cause.cause : undefined;
    if (inner instanceof Error) return rootOf(inner);
    return cause instanceof Error ? cause : new Error(String(cause));
}

function isConnectionFailure(cause: unknown): boolean {
    const root = rootOf(cause);
    return (
        /Connection|BrokerNotFound|RequestTimeout/.test(root.name) ||
        /ECONNREFUSED|ECONNRESET|ENOTFOUND|closed connection|Failed to find a controller/i.test(said(root)) ||
        ["NOT_CONTROLLER", "COORDINATOR_NOT_AVAILABLE", "LEADER_NOT_AVAILABLE"].includes(root.type ?? "")
    );
}

const isMissing = (cause: unknown): boolean => rootOf(cause).type === "UNKNOWN_TOPIC_OR_PARTITION";

/** The broker does not have the topic. */
class NoSuchTopic extends Rejected {}

/** Opens nothing until it is asked something; then one connection for the whole run. */
export class KafkaService {
    private admin: Promise<Admin> | undefined;
    private readonly reach: Reach;

    constructor(private readonly brokers: readonly string[]) {
        this.reach = new Reach("Kafka", brokers.join(","), isConnectionFailure);
    }

    /** The same service with the given patience. */
    with(patience: Patience): Kafka {
        const ask = <T>(what: string, work: (admin: Admin) => Promise<T>): Promise<T> => this.ask(patience, what, work);
        return {
            describe: (topic) =>
                ask(`describe topic ${topic}`, (admin) => describe(admin, topic)).catch((cause: unknown) => {
                    if (cause instanceof NoSuchTopic) return undefined;
                    throw cause;
                }),
            create: (topic, numPartitions, config) =>
                ask(`create topic ${topic}`, async (admin) => {
                    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
                    const wanted: ITopicConfig = { topic, numPartitions, configEntries };
                    await admin.createTopics({ topics: [wanted], waitForLeaders: true, timeout: 30_000 });
                }),
            grow: (topic, count) =>
                ask(`grow topic ${topic} to ${String(count)} partitions`, async (admin) => {
                    await admin.createPartitions({ topicPartitions: [{ topic, count }], timeout: 30_000 });
                }),
            configure: (name, config) =>
                ask(`set the configuration of topic ${name}`, async (admin) => {
                    const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }));
                    const { ConfigResourceTypes } = await library();
                    const resources = [{ type: ConfigResourceTypes.TOPIC, name, configEntries }];
                    await admin.alterConfigs({ validateOnly: false, resources });
                }),
            messages: (topic) =>
                ask(`read the offsets of topic ${topic}`, () =>
                    // Asked before a topic is deleted, so beside other deletions: see alone().
                    this.alone(async (admin) => {
                        const offsets = await admin.fetchTopicOffsets(topic);
                        return offsets.reduce((sum, { high, low }) => sum + Number(BigInt(high) - BigInt(low)), 0);
                    }),
                ),
            delete: (topic) =>
                ask(`delete topic ${topic}`, async (admin) => {
                    await admin.deleteTopics({ topics: [topic], timeout: 30_000 }).catch((cause: unknown) => {
                        if (!isMissing(cause)) throw cause;
                    });
                }),
        };
    }

    /**
     * How far a consumer group has read a topic.
     * @throws Rejected when there is no such topic
     */
    positions(patience: Patience, topic: string, groupId: string): Promise<Position[]> {
        return this.ask(patience, `read the offsets of group ${groupId}`, async (admin) => {
            const [ends, groups] = await Promise.all([
                admin.fetchTopicOffsets(topic),
                admin.fetchOffsets({ groupId, topics: [topic] }),
            ]);
            return positions(ends, groups);
        });
    }

    /** Lets go of its connection, which would keep a program of the command line from ending. */
    async close(): Promise<void> {
        const admin = await this.admin?.catch(() => undefined);
        await admin?.disconnect();
    }

    private ask<T>(patience: Patience, what: string, work: (admin: Admin) => Promise<T>): Promise<T> {
        return this.reach.run(patience, () => this.exchange(what, work));
    }

    private async exchange<T>(what: string, work: (admin: Admin) => Promise<T>): Promise<T> {
        try {
            return await work(await this.connected()).catch((cause: unknown) => {
                if (!isMissing(cause)) throw cause;
                return this.alone(work);
            });
        } catch (cause) {
            if (isMissing(cause)) throw new NoSuchTopic(`Kafka refused to ${what}: there is no such topic`, { cause });
            if (!isConnectionFailure(cause))
                throw new Rejected(`Kafka refused to ${what}: ${said(rootOf(cause))}`, { cause });
            this.admin = undefined;
            throw cause;
        }
    }

    /** A kafkajs client asks for every topic it ever had to do with: one that was deleted meanwhile makes it fail for all others. */
    private async alone<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
        const admin = await this.connect();
        try {
            return await work(admin);
        } finally {
            void admin.disconnect();
        }
    }

    private connected(): Promise<Admin> {
        return (this.admin ??= this.connect());
    }

    private async connect(): Promise<Admin> {
        const { Kafka: Client, logLevel } = await library();
        const client = new Client({
            clientId: "pulumi-resource-trading",
            brokers: [...this.brokers],
            logLevel: logLevel.NOTHING,
            connectionTimeout: 3000,
            requestTimeout: 35_000,
            // Patience is ours: kafkajs would wait half a minute by itself, also at preview.
            retry: { retries: 1, initialRetryTime: 50 },
        });
        const admin = client.admin();
        await admin.connect();
        return admin;
    }
}

async function describe(admin: Admin, topic: string): Promise<TopicState> {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics[0]?.partitions.length ?? 0;
    const { ConfigResourceTypes, ConfigSource } = await library();
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic }];
    const described = await admin.describeConfigs({ includeSynonyms: false, resources });
    const entries = described.resources[0]?.configEntries ?? [];
    const config = entries.map(
        ({ configName, configValue, configSource }) =>
            [configName, { value: configValue, ofTopic: configSource === ConfigSource.TOPIC_CONFIG }] as const,
    );
    return { partitions, config: Object.fromEntries(config) };
}
