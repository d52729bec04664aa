// One source from its records to Kafka: read, map, deliver, and only then let the input move on.
import { type Logger } from "../shared/log";
import { type Delivery, type Outgoing } from "../shared/delivery";
import { pause } from "../shared/backoff";
import { notice } from "../shared/notices";
import { sourceNotices } from "../../schema";
import { Findings } from "./findings";
import { type Reading } from "./formats/reading";
import { type Reader } from "./formats/reader";
import { UnreadableError } from "./formats/json";
import { RegistryAwayError } from "./formats/registry";
import { type Batch, type RawRecord } from "./inputs/input";
import { type Mapping } from "./mapping/load";
import { type LonelyHalf, Mapper } from "./mapping/mapper";
import { type FeedMetrics } from "./metrics";
import { type Scope } from "./record";
import { SequenceWatch, type Sighting } from "./sequence";

/** Pause before a schema registry that is away is asked again. */
const registryRetryMs = 2_000;

export interface PipelineOptions {
    readonly mapping: Mapping;
    readonly reader: Reader;
    readonly delivery: Delivery;
    readonly metrics: FeedMetrics;
    readonly log: Logger;
    /** Aborts what waits for Kafka or the registry; the batch is then read again after the restart. */
    readonly signal: AbortSignal;
}

/** The work on one mapping. */
export class Pipeline {
    private readonly mapper: Mapper;
    private readonly sequence: SequenceWatch;
    private readonly sourceId: string;
    /** What a notice is about that is about all of the mapping. */
    private readonly facts: string;

    constructor(private readonly options: PipelineOptions) {
        const { mapping, metrics } = options;
        this.mapper = new Mapper(mapping);
        this.sequence = new SequenceWatch(mapping.sequence);
        this.sourceId = mapping.source.id;
        this.facts = [...new Set(mapping.rules.map(({ declaration }) => declaration.name))].join(",");
        metrics.countWaiting(this.sourceId, () => this.mapper.waiting);
    }

    /**
     * Takes a batch; resolves with the place to read on from after a restart, once Kafka has acknowledged all that came of it.
     * @throws StoppedError when the signal aborts before
     */
    readonly handle = async ({ partition, records, end, last }: Batch): Promise<string> => {
        const findings = new Findings(this.facts);
        const events: Outgoing[] = [];
        for (const record of records) {
            const reading = await this.read(record, findings);
            if (reading !== undefined) this.map(reading, record, events, findings);
        }
        this.giveUp(this.mapper.expire(last), findings);
        await this.send(events, findings);
        return this.mapper.held(partition)?.resume ?? end;
    };

    /** Tells that records were gone before they could be read. */
    readonly lost = async (detail: string, first?: string, last?: string): Promise<void> => {
        this.options.log.warn({ source: this.sourceId, detail }, "records are lost");
        const range = { ...(first === undefined ? {} : { first }), ...(last === undefined ? {} : { last }) };
        const event = notice(this.sourceId, new Date(), { fact: this.facts, kind: "gap", detail, ...range });
        await this.options.delivery.deliver([{ declaration: sourceNotices, event }], this.options.signal);
    };

    /** The record as its format reads it; what cannot be read is counted and told. */
    private async read(record: RawRecord, findings: Findings): Promise<Reading | undefined> {
        const { reader, metrics } = this.options;
        try {
            if (record.unreadable !== undefined) throw new UnreadableError(record.unreadable);
            const reading = await this.patiently(() => reader(record.value));
            if (reading === undefined) metrics.record(this.sourceId, "ignored");
            return reading;
        } catch (error) {
            if (!(error instanceof UnreadableError)) throw error;
            metrics.record(this.sourceId, "malformed");
            findings.add("malformed", undefined, record.origin.at, error.message);
            return undefined;
        }
    }

    /** Waits for a schema registry that is away: its messages are sound, only not yet readable. */
    private async patiently<T>(read: () => T | Promise<T>): Promise<T> {
        for (;;) {
            try {
                return await read();
            } catch (error) {
                const { signal, log } = this.options;
                if (!(error instanceof RegistryAwayError) || signal.aborted) throw error;
                log.warn({ source: this.sourceId, why: error.message }, "waiting for the schema registry");
                await pause(registryRetryMs, signal);
            }
        }
    }

    private map({ record, housekeeping }: Reading, raw: RawRecord, events: Outgoing[], findings: Findings): void {
        const { metrics } = this.options;
        const scope: Scope = { root: record, item: record, ...(raw.kafka === undefined ? {} : { kafka: raw.kafka }) };
        this.sight(this.sequence.see(scope), findings);
        if (housekeeping) {
            metrics.record(this.sourceId, "ignored");
            return;
        }
        const mapped = this.mapper.map(record, raw.origin, raw.kafka);
        metrics.record(this.sourceId, mapped.outcome);
        for (const { fact, reason } of mapped.problems) findings.add("rejected", fact, raw.origin.at, reason);
        events.push(...mapped.events);
    }

    private sight(seen: Sighting | undefined, findings: Findings): void {
        const { metrics } = this.options;
        if (seen === undefined || seen.is === "next") return;
        const counter = seen.within === "" ? "the source's counter" : `the source's counter of ${seen.within}`;
        if (seen.is === "repeated") metrics.repeated.inc({ source: this.sourceId });
        if (seen.is === "restart")
            findings.range("resync", 0n, seen.before, `${counter} began anew after ${String(seen.before)}`);
        if (seen.is !== "gap") return;
        const { first, last } = seen;
        metrics.missing.inc({ source: this.sourceId }, Number(last - first + 1n));
        findings.range("gap", first, last, `${counter} went from ${String(first - 1n)} to ${String(last + 1n)}`);
    }

    private giveUp(halves: readonly LonelyHalf[], findings: Findings): void {
        for (const { fact, key, origin } of halves)
            findings.add("rejected", fact, origin.at, `pair ${key}: the other half did not come`);
    }

    /** Delivers events and notices; what the broker refuses becomes a notice in turn. */
    private async send(events: readonly Outgoing[], findings: Findings): Promise<void> {
        const { delivery, metrics, log, signal } = this.options;
        const refusals = await delivery.deliver(events, signal);
        for (const { packet, reason } of refusals)
            findings.add(
                "rejected",
                packet.declaration.name,
                packet.first.seq ?? packet.first.time,
                `Kafka refuses it: ${reason}`,
            );
        const notices = findings.notices(this.sourceId, new Date());
        await delivery.deliver(
            notices.map((event) => ({ declaration: sourceNotices, event })),
            signal,
        );
        for (const { kind, fact, detail } of notices) log.warn({ source: this.sourceId, kind, fact, detail }, "notice");
        for (const { declaration } of events) metrics.events.inc({ source: this.sourceId, fact: declaration.name });
    }
}
