// How far a feed has read its topic, by the offsets that Kafka tells: the one arithmetic of lag, for all who watch a feed. Pure.

/** Where a partition begins, where its feed is, and where it ends. */
export interface Position {
    partition: number;
    /** First offset the broker still holds. */
    low: bigint;
    /** First offset the feed has not committed; the low end where it has committed nothing, for a feed begins with what there is. */
    committed: bigint;
    /** Offset the next message will get. */
    high: bigint;
}

/** An offset as a Kafka client gives it: kafkajs as a decimal string. */
type Offset = string | bigint;
/** Ends of a topic's partitions. */
export type PartitionEnds = readonly { partition: number; low: Offset; high: Offset }[];
/** What a consumer group has committed; -1 means nothing. */
export type GroupOffsets = readonly { partitions: readonly { partition: number; offset: Offset }[] }[];

/** Positions of a topic's partitions as a consumer group sees them. */
export function positions(ends: PartitionEnds, groups: GroupOffsets): Position[] {
    const committed = new Map(groups.flatMap((group) => group.partitions).map((p) => [p.partition, BigInt(p.offset)]));
    return ends.map(({ partition, low, high }) => {
        const known = committed.get(partition) ?? -1n;
        return { partition, low: BigInt(low), high: BigInt(high), committed: known < 0n ? BigInt(low) : known };
    });
}

/** Messages that are in the topic and not committed; what has expired before it was read is not waited for. */
export function lag(found: readonly Position[]): bigint {
    return found.reduce((sum, { low, committed, high }) => sum + high - (committed < low ? low : committed), 0n);
}
