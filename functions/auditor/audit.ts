// One round of the auditor: every committed offset has a row, or is looked at again.
import { type Admin, type Kafka } from "kafkajs";
import { catalogue, type Declaration } from "../../schema";
import { type Position } from "../../schema/positions";
import { feedPositions } from "../shared/kafkajs";
import { type Logger } from "../shared/log";
import { type Gap, type Ledger, type Partition, type Reached } from "./ledger";
import { toRanges } from "./ranges";
import { type Brought, bringBack, byPartition } from "./rereading";

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
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** Offsets of one partition as findings of one kind. */
const gapsOf = (partition: Partition, kind: Gap["kind"], offsets: readonly bigint[]): Gap[] =>
    toRanges(offsets).map((range) => ({ ...partition, ...range, kind, repaired: kind !== "expired" }));

/** The gap from the first to the last of `offsets` in it: what stands before and after was stored by another message, and is not lost. */
function trimmed(gap: Gap, offsets: readonly bigint[]): Gap[] {
    const within = offsets
        .filter((offset) => offset >= gap.first && offset <= gap.last)
        .sort((a, b) => (a < b ? -1 : 1));
    const [first, last] = [within.at(0), within.at(-1)];
    return first === undefined || last === undefined ? [] : [{ ...gap, first, last }];
}

/** What a round works with; `admin` must be connected. */
export interface Services {
    kafka: Kafka;
    admin: Admin;
    ledger: Ledger;
    log: Logger;
}

/** Keeps what it has done between rounds; all that must survive is in ClickHouse. */
export class Auditor {
    private watermarks = new Map<string, bigint>();
    private serverStarted = 0;
    private sweptAt = 0;
    /** Where each topic's consumers were when everything they had committed was accounted for. */
    private readonly readTo = new Map<string, string>();

    constructor(private readonly services: Services) {}

    /**
     * One round: over the topics that were read from since the last one, and once a minute over all, since a feed that is stuck reads
     * nothing. Throws when Kafka or ClickHouse is away; the next round does what this one did not.
     */
    async round(): Promise<Findings> {
        const findings: Findings = { empty: 0, lost: 0, expired: 0, suspects: 0, lag: new Map(), moved: false };
        const { started, suspectTopics, read } = await this.services.ledger.state();
        await this.noticeRestart(started);
        const sweep = Date.now() - this.sweptAt > sweepMs;
        const reached: Reached[] = [];
        for (const declaration of catalogue) {
            const topic = declaration.topic.name;
            const position = read.get(topic) ?? "";
            if (sweep || this.readTo.get(topic) !== position) {
                const complete = await this.audit(declaration, findings, reached);
                if (complete) this.readTo.set(topic, position);
            }
            if (suspectTopics.includes(topic)) await this.recheckSuspects(declaration, findings);
        }
        await this.services.ledger.advance(reached);
        if (sweep) this.sweptAt = Date.now();
        return findings;
    }

    /** After a start of ClickHouse the offsets of the last hour count as unproven: a power loss may have taken their parts. */
    private async noticeRestart(started: number): Promise<void> {
        // now() - uptime() may differ by a second between two calls.
        if (Math.abs(started - this.serverStarted) <= 2) return;
        const { ledger, log } = this.services;
        this.serverStarted = started;
        this.sweptAt = 0;
        const [now, earlier] = await Promise.all([ledger.watermarks(), ledger.watermarks(recheckSeconds)]);
        this.watermarks = new Map([...now.keys()].map((partition) => [partition, earlier.get(partition) ?? 0n]));
        log.info({ partitions: now.size }, "auditing the last hour again, since ClickHouse was started");
    }

    private watermark(topic: string, partition: number): bigint {
        return this.watermarks.get(key(topic, partition)) ?? 0n;
    }

    /** Audits a topic and notes how far it came; true when all that was read is committed and accounted for. */
    private async audit(declaration: Declaration, findings: Findings, reached: Reached[]): Promise<boolean> {
        const { name: fact, topic, group } = declaration;
        const all = await feedPositions(this.services.admin, topic.name, group);
        for (const { partition, committed } of all) {
            const from = this.watermark(topic.name, partition);
            const to = least(committed, from + offsetsPerRound);
            if (to <= from) continue;
            const next = await this.prove(declaration, { fact, topic: topic.name, partition }, from, to, findings);
            reached.push({ topic: topic.name, partition, next });
            this.watermarks.set(key(topic.name, partition), next);
            findings.moved = true;
        }
        const behind = all.map(({ high, committed }: Position) => Number(high - committed));
        findings.lag.set(fact, Math.max(0, ...behind));
        return all.every(({ partition, high }) => this.watermark(topic.name, partition) >= high);
    }

    /** Accounts for the offsets in [from, to); returns how far it came. */
    private async prove(
        declaration: Declaration,
        partition: Partition,
        from: bigint,
        to: bigint,
        findings: Findings,
    ): Promise<bigint> {
        const missing = await this.services.ledger.missing(partition, from, to, messagesPerRound);
        if (missing.length === 0) return to;
        const wanted = new Map([[partition.partition, missing]]);
        const brought = await bringBack(this.services, declaration, wanted, "rows were missing");
        await this.note(await this.explain(declaration, partition, missing, brought), findings);
        // With a full page of missing offsets there may be more behind it.
        return missing.length < messagesPerRound ? to : (missing.at(-1) ?? to - 1n) + 1n;
    }

    /** Why each of the missing offsets had no row, now that what Kafka had of them has landed; a resend needs no reason. */
    private async explain(
        { topic }: Declaration,
        partition: Partition,
        missing: readonly bigint[],
        brought: readonly Brought[],
    ): Promise<Gap[]> {
        const blank = new Map(brought.map((message) => [message.offset, message.blank]));
        const empty = missing.filter((offset) => blank.get(offset) === true);
        const content = missing.filter((offset) => blank.get(offset) === false);
        // A compacted topic leaves out what was superseded.
        const gone = topic.compacted ? [] : missing.filter((offset) => !blank.has(offset));
        const lost = await this.services.ledger.newlyStored(partition, content);
        return [
            ...gapsOf(partition, "empty", empty),
            ...gapsOf(partition, "lost", content).flatMap((gap) => trimmed(gap, lost)),
            ...gapsOf(partition, "expired", gone),
        ];
    }

    private async note(gaps: readonly Gap[], findings: Findings): Promise<void> {
        await this.services.ledger.record(gaps);
        for (const { first, last, kind, repaired, ...partition } of gaps) {
            findings[kind] += Number(last - first) + 1;
            const range = { first: String(first), last: String(last) };
            this.services.log.warn({ ...partition, ...range, kind, repaired }, "offsets without a row");
        }
    }

    /** Brings messages with a bad value back with their bytes, so that each line is either a row or a dead letter. */
    private async recheckSuspects(declaration: Declaration, findings: Findings): Promise<void> {
        const { name: fact, topic } = declaration;
        const { ledger } = this.services;
        const open = await ledger.suspects(topic.name, messagesPerRound);
        const wanted = byPartition(open.filter(({ answered }) => !answered));
        const brought = await bringBack(this.services, declaration, wanted, "a value was refused");
        findings.suspects += brought.length;
        const back = byPartition(brought);
        for (const [partition, offsets] of topic.compacted ? [] : wanted) {
            const found = new Set(back.get(partition));
            const gone = offsets.filter((offset) => !found.has(offset));
            await this.note(gapsOf({ fact, topic: topic.name, partition }, "expired", gone), findings);
        }
        await ledger.settle(open);
    }
}
