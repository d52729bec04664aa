// Where the feeds are in their topics: the broker is asked for all of them together, in some five requests instead of five for each.
import { type Admin } from "@platformatic/kafka";
import { type Declaration } from "../../../schema";
import { type GroupOffsets, type PartitionEnds, type Position, positions } from "../../../schema/positions";
import { access } from "../../shared/kafka";

/** What the library calls the first offset a partition still holds, and the one its next message gets. */
const earliest = -2n;
const latest = -1n;

/** The partitions of a topic. */
interface Partitions {
    readonly name: string;
    readonly indexes: readonly number[];
}

type Offsets = ReadonlyMap<string, ReadonlyMap<number, bigint>>;

/** Positions of feeds. */
export class Feeds {
    /** A library of ES modules only, hundreds of files: imported this way they are not translated at every start. */
    private readonly library = import("@platformatic/kafka");
    private admin: Admin | undefined;

    constructor(
        private readonly clientId: string,
        private readonly brokers: readonly string[],
    ) {}

    /** Where the feed of each declaration is, by the declaration's name. Throws when Kafka does not answer, or a topic is not there. */
    async positions(declarations: readonly Declaration[]): Promise<Map<string, Position[]>> {
        try {
            return await this.ask(declarations);
        } catch (error) {
            // What is wrong with its connections is not known: the next look makes new ones.
            await this.close();
            throw error;
        }
    }

    /** Ends its connections; another look makes new ones. */
    async close(): Promise<void> {
        const admin = this.admin;
        this.admin = undefined;
        await admin?.close().catch(() => undefined);
    }

    private async ask(declarations: readonly Declaration[]): Promise<Map<string, Position[]>> {
        const { Admin } = await this.library;
        const admin = (this.admin ??= new Admin({
            clientId: this.clientId,
            bootstrapBrokers: [...this.brokers],
            ...access(this.brokers),
            autocreateTopics: false,
            connectTimeout: 3_000,
            requestTimeout: 10_000,
            retries: 1,
            retryDelay: 200,
        }));
        const topics = await partitionsOf(
            admin,
            declarations.map(({ topic }) => topic.name),
        );
        const high = await offsetsAt(admin, topics, latest);
        const committed = await committedBy(admin, declarations, topics);
        const low = await offsetsAt(admin, unread(topics, committed, high), earliest);
        return new Map(
            declarations.map(({ name, topic }) => {
                const ends: PartitionEnds = [...(high.get(topic.name) ?? [])].map(([partition, offset]) => ({
                    partition,
                    low: low.get(topic.name)?.get(partition) ?? 0n,
                    high: offset,
                }));
                return [name, positions(ends, committed.get(topic.name) ?? [])];
            }),
        );
    }
}

async function partitionsOf(admin: Admin, topics: string[]): Promise<Partitions[]> {
    // Anew each time: a topic may have got partitions.
    const metadata = await admin.metadata({ topics, forceUpdate: true });
    return topics.map((name) => ({
        name,
        indexes: [...Array(metadata.topics.get(name)?.partitionsCount ?? 0).keys()],
    }));
}

async function offsetsAt(admin: Admin, topics: readonly Partitions[], timestamp: bigint): Promise<Offsets> {
    if (topics.length === 0) return new Map();
    const found = await admin.listOffsets({
        topics: topics.map(({ name, indexes }) => ({
            name,
            partitions: indexes.map((partitionIndex) => ({ partitionIndex, timestamp })),
        })),
    });
    return new Map(
        found.map(({ name, partitions }) => [
            name,
            new Map(partitions.map(({ partitionIndex, offset }) => [partitionIndex, offset])),
        ]),
    );
}

/** What the feeds have committed, by topic. */
async function committedBy(
    admin: Admin,
    declarations: readonly Declaration[],
    topics: readonly Partitions[],
): Promise<Map<string, GroupOffsets>> {
    const indexes = new Map(topics.map((topic) => [topic.name, [...topic.indexes]]));
    const found = await admin.listConsumerGroupOffsets({
        groups: declarations.map(({ group, topic: { name } }) => ({
            groupId: group,
            topics: [{ name, partitionIndexes: indexes.get(name) ?? [] }],
        })),
    });
    const byGroup = new Map(found.map(({ groupId, topics: read }) => [groupId, read]));
    return new Map(
        declarations.map(({ group, topic }) => {
            const read = byGroup.get(group)?.filter(({ name }) => name === topic.name) ?? [];
            const offsets = read.map(({ partitions }) => ({
                partitions: partitions.map((each) => ({
                    partition: each.partitionIndex,
                    offset: each.committedOffset,
                })),
            }));
            return [topic.name, offsets];
        }),
    );
}

/** Partitions with messages of which nothing is committed: only there the first offset tells anything. */
function unread(
    topics: readonly Partitions[],
    committed: ReadonlyMap<string, GroupOffsets>,
    high: Offsets,
): Partitions[] {
    return topics
        .map(({ name, indexes }) => {
            const read = new Set(
                (committed.get(name) ?? [])
                    .flatMap(({ partitions }) => partitions)
                    .flatMap(({ partition, offset }) => (BigInt(offset) < 0n ? [] : [partition])),
            );
            const ends = high.get(name);
            return { name, indexes: indexes.filter((index) => !read.has(index) && (ends?.get(index) ?? 0n) > 0n) };
        })
        .filter(({ indexes }) => indexes.length > 0);
}
