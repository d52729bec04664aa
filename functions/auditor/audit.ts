// One round of the auditor: every committed offset has a row, or is looked at again.
import { type Admin, type Kafka } from "kafkajs";
import { catalogue, type Declaration } from "../../schema";
import { type Logger } from "../shared/log";
import { type Gap, type Ledger, type Partition } from "./ledger";
import { toRanges } from "./ranges";
import { type LandingRow } from "./rowBinary";
import { type Position, positions, readMessages, type Stored, type Wanted } from "./topics";

/** Offsets looked at per partition and round; a longer backlog takes more rounds. */
const offsetsPerRound = 500_000n;
/** Messages read again per topic and round. */
const messagesPerRound = 5_000;
/** Every topic is looked at this often, whether it was read from or not. */
const sweepMs = 60_000;
/** How far back a crash of ClickHouse can have cost rows that were not yet on disk. */
const recheckSeconds = 3_600;

/** Counters of a round, for metrics. */
export interface Findings {
    /** Messages without content. */
    empty: number;
    /** Messages whose rows were gone. */
    lost: number;
    /** Offsets Kafka no longer has. */
    expired: number;
    /** Messages with a bad value, read again. */
    suspects: number;
    /** Highest number of uncommitted messages by fact. */
    lag: Map<string, number>;
    /** Whether any feed has committed something since the round before. */
    moved: boolean;
}

const key = (topic: string, partition: number): string => `${topic}/${String(partition)}`;
const isBlank = (value: Buffer | null): boolean => value === null || value.toString("latin1").trim() === "";

/** A message as the feed reads it line by line; `error` says why it comes this way. */
function broken(message: Stored, topic: string, otherwise: string): LandingRow {
    const error = message.value === null ? "tombstone" : isBlank(message.value) ? "empty message" : otherwise;
    const { partition, offset, timestampMs } = message;
    return { error, raw: message.value ?? Buffer.alloc(0), key: message.key, topic, partition, offset, timestampMs };
}

/** The list of a partition, made when it is first asked for. */
function offsetsOf(wanted: Wanted, partition: number): bigint[] {
    const offsets = wanted.get(partition) ?? [];
    wanted.set(partition, offsets);
    return offsets;
}

/** Keeps what it has done between rounds; all that must survive is in ClickHouse. */
export class Auditor {
    private watermarks = new Map<string, bigint>();
    private serverStarted = 0;
    private sweptAt = 0;
    /** Where each topic's consumers were when everything they had committed was accounted for. */
    private readonly readTo = new Map<string, string>();
    /** Suspects read again already: what was found sound then is not read a third time. */
    private readonly settled = new Set<string>();

    constructor(
        private readonly kafka: Kafka,
        private readonly admin: Admin,
        private readonly ledger: Ledger,
        private readonly log: Logger,
    ) {}

    /**
     * One round: over the topics that were read from since the last one, and once a minute over all, since a feed that is stuck reads
     * nothing. Throws when Kafka or ClickHouse is away; the next round does what this one did not.
     */
    async round(): Promise<Findings> {
        const findings: Findings = { empty: 0, lost: 0, expired: 0, suspects: 0, lag: new Map(), moved: false };
        const { started, suspectTopics, read } = await this.ledger.state();
        await this.noticeRestart(started);
        const sweep = Date.now() - this.sweptAt > sweepMs;
        for (const declaration of catalogue) {
            const topic = declaration.topic.name;
            const position = read.get(topic) ?? "";
            if (sweep || this.readTo.get(topic) !== position) {
                const complete = await this.audit(declaration, findings);
                if (complete) this.readTo.set(topic, position);
            }
            if (suspectTopics.includes(topic)) await this.recheckSuspects(declaration, findings);
        }
        if (sweep) this.sweptAt = Date.now();
        return findings;
    }

    /** After a start of ClickHouse the offsets of the last hour count as unproven: a power loss may have taken their parts. */
    private async noticeRestart(started: number): Promise<void> {
        // now() - uptime() may differ by a second between two calls.
        if (Math.abs(started - this.serverStarted) <= 2) return;
        this.serverStarted = started;
        this.sweptAt = 0;
        const [now, earlier] = await Promise.all([this.ledger.watermarks(), this.ledger.watermarks(recheckSeconds)]);
        this.watermarks = new Map([...now.keys()].map((partition) => [partition, earlier.get(partition) ?? 0n]));
        this.log.info({ partitions: now.size }, "auditing the last hour again, since ClickHouse was started");
    }

    /** Audits a topic; true when all that was read is committed and accounted for. */
    private async audit(declaration: Declaration, findings: Findings): Promise<boolean> {
        const { name: fact, topic, group } = declaration;
        const reached: { topic: string; partition: number; next: bigint }[] = [];
        const all = await positions(this.admin, topic.name, group);
        for (const position of all) {
            const partition: Partition = { fact, topic: topic.name, partition: position.partition };
            findings.lag.set(fact, Math.max(findings.lag.get(fact) ?? 0, Number(position.high - position.committed)));
            const from = this.watermarks.get(key(topic.name, position.partition)) ?? 0n;
            const next = position.committed < from + offsetsPerRound ? position.committed : from + offsetsPerRound;
            if (next <= from) continue;
            const proven = await this.prove(partition, position, from, next, topic.compacted, findings);
            reached.push({ topic: topic.name, partition: position.partition, next: proven });
        }
        if (reached.length > 0) findings.moved = true;
        await this.ledger.advance(reached);
        for (const { partition, next } of reached) this.watermarks.set(key(topic.name, partition), next);
        return all.every(({ partition, high }) => (this.watermarks.get(key(topic.name, partition)) ?? 0n) >= high);
    }

    /** Accounts for the offsets in [from, to); returns how far it came. */
    private async prove(
        partition: Partition,
        { low }: Position,
        from: bigint,
        to: bigint,
        compacted: boolean,
        findings: Findings,
    ): Promise<bigint> {
        const missing = await this.ledger.missing(partition, from, to, messagesPerRound);
        if (missing.length === 0) return to;
        const readable = missing.filter((offset) => offset >= low);
        const stored = await this.fetch(partition.topic, new Map([[partition.partition, readable]]));
        const present = new Set(stored.map(({ offset }) => offset));
        const blank = new Set(stored.filter(({ value }) => isBlank(value)).map(({ offset }) => offset));
        await this.ledger.land(
            partition.fact,
            stored.map((message) => broken(message, partition.topic, "rows were missing")),
        );
        const gapsOf = (kind: Gap["kind"], repaired: boolean, offsets: bigint[]): Gap[] =>
            toRanges(offsets).map((range) => ({ ...partition, ...range, kind, repaired }));
        const gone = compacted ? [] : missing.filter((offset) => !present.has(offset));
        const lost = readable.filter((offset) => present.has(offset) && !blank.has(offset));
        const empty = [...blank].sort((a, b) => (a < b ? -1 : 1));
        const lostGaps = await this.reallyLost(partition, gapsOf("lost", true, lost));
        findings.empty += empty.length;
        findings.lost += lostGaps.reduce((sum, { first, last }) => sum + Number(last - first) + 1, 0);
        findings.expired += gone.length;
        const gaps = [...gapsOf("empty", true, empty), ...lostGaps, ...gapsOf("expired", false, gone)];
        await this.ledger.record(gaps);
        for (const { first, last, kind } of gaps)
            this.log.warn({ ...partition, first: String(first), last: String(last), kind }, "offsets without a row");
        // With a full page of missing offsets there may be more behind it.
        return missing.length < messagesPerRound ? to : (missing.at(-1) ?? to - 1n) + 1n;
    }

    /** Of ranges that have just been read again, those that held an event which was not there. */
    private async reallyLost(partition: Partition, ranges: Gap[]): Promise<Gap[]> {
        const lost: Gap[] = [];
        for (const range of ranges) if ((await this.ledger.newlyStored(partition, range)) > 0) lost.push(range);
        return lost;
    }

    /** Brings messages with a bad value back with their bytes, so that each line is either a row or a dead letter. */
    private async recheckSuspects({ name: fact, topic }: Declaration, findings: Findings): Promise<void> {
        const found = await this.ledger.suspects(topic.name, messagesPerRound + this.settled.size);
        const open = found.filter(
            ({ partition, offset }) => !this.settled.has(`${key(topic.name, partition)}/${String(offset)}`),
        );
        if (open.length === 0) return;
        const lows = new Map((await this.admin.fetchTopicOffsets(topic.name)).map((p) => [p.partition, BigInt(p.low)]));
        const wanted: Wanted = new Map();
        for (const { partition, offset } of open)
            if (offset >= (lows.get(partition) ?? 0n)) offsetsOf(wanted, partition).push(offset);
        const stored = await this.fetch(topic.name, wanted);
        await this.ledger.land(
            fact,
            stored.map((message) => broken(message, topic.name, "a value was refused")),
        );
        findings.suspects += stored.length;
        for (const { partition, offset } of open) this.settled.add(`${key(topic.name, partition)}/${String(offset)}`);
    }

    private async fetch(topic: string, wanted: Wanted): Promise<Stored[]> {
        const some = [...wanted.values()].some((offsets) => offsets.length > 0);
        return some ? readMessages(this.kafka, topic, wanted) : [];
    }
}
