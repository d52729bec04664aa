// The last stop of events inside a worker: packs them, holds them in bounded memory while Kafka is away, and says what it had to drop.
//
// Policy when the memory is full: the OLDEST market data goes, whole messages at a time. What is left is the most recent past, so that when
// Kafka returns, monitoring is at once about now, without a backlog to work off first; the dropped range is a row in source_notices, exact
// enough to be fetched again from the venue's history. Notices are kept longest. The batch being sent is never dropped: its fate is open.
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { type Declaration, sourceNotices } from "../../schema";
import { fullJitter, pause } from "./backoff";
import { type MessageSink, RefusedError } from "./kafka";
import { type Loss, type LossKind, LossLedger } from "./losses";
import { type Logger, sampler } from "./log";
import { lossNotice } from "./notices";
import { Packer, type Packet, packetValue } from "./packing";
import { type AnyEvent, type EventPublisher } from "./publisher";
import { PacketQueue } from "./queue";

/** Bytes in one send: one record batch per partition, well under any topic's limit of 6 MiB. */
const sendBytes = 1024 * 1024;
const retryBaseMs = 100;
const retryCapMs = 5_000;
/** Losses are told at most this often, or a slow broker would be sent a notice with every batch. */
const tellEveryMs = 5_000;
/** How long closing the connection may take at shutdown. */
const closeMs = 1_000;
/** How long Kafka may be away before the worker counts as unhealthy. */
const patienceMs = 15_000;

export interface OutboxOptions {
    sink: MessageSink;
    log: Logger;
    registry: Registry;
    /** Names the worker in its notices, e.g. market-data/binance. */
    sourceId: string;
    /** Events held at most, in bytes of JSON. */
    maxBytes: number;
    /** Told after losses were written down, so that a producer can repair what depends on the lost events. */
    onLosses?: (losses: readonly Loss[]) => void;
}

/** EventPublisher with bounded memory; metrics and a health check included. */
export class Outbox implements EventPublisher {
    private readonly packer = new Packer();
    private readonly market = new PacketQueue();
    private readonly notices = new PacketQueue();
    private readonly losses = new LossLedger();
    private readonly stopped = new AbortController();
    private readonly aborted = new Promise<void>((resolve) =>
        this.stopped.signal.addEventListener("abort", () => resolve()),
    );
    private readonly sampled = sampler(10_000);
    private sending: readonly Packet[] = [];
    private sendingBytes = 0;
    private pumping: Promise<void> | undefined;
    private linger: NodeJS.Timeout | undefined;
    private tell: NodeJS.Timeout | undefined;
    private toldAt = -Infinity;
    private failing: { since: number; why: string } | undefined;
    private readonly published: Counter;
    private readonly acknowledged: Counter;
    private readonly lost: Counter;
    private readonly failures: Counter;
    private readonly sendSeconds: Histogram;

    constructor(private readonly options: OutboxOptions) {
        const registers = [options.registry];
        const counter = (name: string, help: string, labelNames: string[]): Counter =>
            new Counter({ name, help, labelNames, registers });
        this.published = counter("outbox_events_total", "Events taken, by fact", ["fact"]);
        this.acknowledged = counter("outbox_acknowledged_events_total", "Events Kafka acknowledged, by fact", ["fact"]);
        this.lost = counter("outbox_lost_events_total", "Events dropped for want of room or refused by Kafka", [
            "fact",
            "kind",
        ]);
        this.failures = counter(
            "outbox_send_failures_total",
            "Failed attempts to send a batch; each is tried again",
            [],
        );
        const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
        const help = "Time until Kafka acknowledged a batch";
        this.sendSeconds = new Histogram({ name: "outbox_send_seconds", help, buckets, registers });
        const held = (): number => this.heldBytes;
        new Gauge({
            name: "outbox_held_bytes",
            help: "Bytes of events waiting for Kafka",
            registers,
            collect() {
                this.set(held());
            },
        });
    }

    /** Bytes of all events not yet acknowledged. */
    get heldBytes(): number {
        return this.packer.openBytes + this.market.bytes + this.notices.bytes + this.sendingBytes;
    }

    /** For the health page: Kafka away for longer than a restart takes. */
    readonly problem = (): string | undefined => {
        if (this.failing === undefined || Date.now() - this.failing.since < patienceMs) return undefined;
        const since = new Date(this.failing.since).toISOString();
        return `no acknowledgement since ${since}, ${this.failing.why}; ${this.heldBytes} bytes wait`;
    };

    publish(declaration: Declaration, event: AnyEvent): void {
        const line = JSON.stringify(event);
        this.published.inc({ fact: declaration.name });
        for (const packet of this.packer.add(declaration, event, line, Buffer.byteLength(line))) this.enqueue(packet);
        this.makeRoom();
        this.schedule();
    }

    /** Resolves when everything published so far is settled, or the outbox is stopped. */
    async flush(): Promise<void> {
        do {
            for (const packet of this.packer.takeDue(true)) this.enqueue(packet);
            this.pump();
            await Promise.race([this.pumping, this.aborted]);
        } while (this.heldBytes > 0 && !this.stopped.signal.aborted);
    }

    /** Sends what is left for at most `deadlineMs`, then gives up and logs what stays behind. Returns the number of events given up. */
    async close(deadlineMs: number): Promise<number> {
        const timer = setTimeout(() => this.stopped.abort(), deadlineMs);
        await this.flush();
        if (!this.stopped.signal.aborted) {
            this.toldAt = -Infinity;
            this.tellLosses();
            await this.flush();
        }
        this.stopped.abort();
        [timer, this.linger, this.tell].forEach((pending) => clearTimeout(pending));
        const left = this.leftBehind();
        await Promise.race([this.options.sink.close(), pause(closeMs)]);
        return left;
    }

    private enqueue(packet: Packet): void {
        (packet.declaration.name === sourceNotices.name ? this.notices : this.market).push(packet);
    }

    private schedule(): void {
        if (this.market.length + this.notices.length > 0) this.pump();
        if (this.linger !== undefined) return;
        const wait = this.packer.waitMs;
        if (wait === undefined) return;
        this.linger = setTimeout(() => {
            this.linger = undefined;
            for (const packet of this.packer.takeDue()) this.enqueue(packet);
            this.schedule();
        }, wait);
    }

    private makeRoom(): void {
        while (this.heldBytes > this.options.maxBytes) {
            const [oldest] = this.market.length > 0 ? this.market.take(0) : this.notices.take(0);
            if (oldest === undefined) {
                const open = this.packer.takeDue(true);
                if (open.length === 0) return;
                open.forEach((packet) => this.enqueue(packet));
                continue;
            }
            this.lose("dropped", oldest, `Kafka did not take them in time, ${this.options.maxBytes} bytes were held`);
        }
    }

    private lose(kind: LossKind, packet: Packet, reason: string): void {
        const fact = packet.declaration.name;
        const { log } = this.options;
        this.lost.inc({ fact, kind }, packet.lines.length);
        if (fact === sourceNotices.name) {
            // A notice about a lost notice could be lost for the same reason, and so on; the log has the last word.
            log.error({ notice: packet.lines[0], reason }, "outbox: notice not delivered");
            return;
        }
        this.losses.add(kind, packet, reason);
        this.sampled((held) => log.error({ fact, key: packet.key, kind, held }, `outbox: lost events, ${reason}`));
    }

    private pump(): void {
        this.pumping ??= this.drain();
    }

    private async drain(): Promise<void> {
        // Begins on a clean stack: publish() has returned before the first byte is sent.
        await Promise.resolve();
        while (!this.stopped.signal.aborted) {
            const batch = this.notices.length > 0 ? this.notices.take(sendBytes) : this.market.take(sendBytes);
            if (batch.length === 0) break;
            this.nowSending(batch);
            if (!(await this.deliver(batch))) break;
            this.nowSending([]);
            this.tellLosses();
        }
        // In the same breath as the look at the empty queues: an event that comes after it starts a new drain.
        this.pumping = undefined;
    }

    private nowSending(batch: readonly Packet[]): void {
        this.sending = batch;
        this.sendingBytes = batch.reduce((sum, packet) => sum + packet.bytes, 0);
    }

    /** Sends until acknowledged or refused; false when stopped before. */
    private async deliver(batch: readonly Packet[]): Promise<boolean> {
        for (let attempt = 0; !this.stopped.signal.aborted; attempt += 1) {
            try {
                await this.send(batch);
                return true;
            } catch (error) {
                if (error instanceof RefusedError) return this.deliverSingly(batch, error);
                this.noteFailure(error);
                await pause(fullJitter(attempt, retryBaseMs, retryCapMs), this.stopped.signal);
            }
        }
        return false;
    }

    /** One of the batch is refused: alone, each message shows whether it is the one. */
    private async deliverSingly(batch: readonly Packet[], refusal: RefusedError): Promise<boolean> {
        const [only, ...others] = batch;
        if (only !== undefined && others.length === 0) {
            this.lose("rejected", only, refusal.message);
            return true;
        }
        for (const packet of batch) {
            if (!(await this.deliver([packet]))) return false;
        }
        return true;
    }

    private async send(batch: readonly Packet[]): Promise<void> {
        const done = this.sendSeconds.startTimer();
        await this.options.sink.send(
            batch.map((packet) => ({
                topic: packet.declaration.topic.name,
                key: packet.key,
                value: packetValue(packet),
            })),
        );
        done();
        for (const packet of batch) this.acknowledged.inc({ fact: packet.declaration.name }, packet.lines.length);
        if (this.failing !== undefined)
            this.options.log.info({ since: new Date(this.failing.since) }, "outbox: Kafka is back");
        this.failing = undefined;
    }

    private noteFailure(error: unknown): void {
        const why = error instanceof Error ? error.message : String(error);
        this.failures.inc();
        if (this.failing === undefined) this.options.log.warn({ why }, "outbox: Kafka does not answer, holding events");
        this.failing = { since: this.failing?.since ?? Date.now(), why };
    }

    private tellLosses(): void {
        if (this.losses.empty) return;
        const wait = this.toldAt + tellEveryMs - Date.now();
        if (wait > 0 && this.tell === undefined) {
            this.tell = setTimeout(() => {
                this.tell = undefined;
                this.tellLosses();
            }, wait);
        }
        if (wait > 0) return;
        this.toldAt = Date.now();
        const losses = this.losses.take();
        for (const loss of losses) this.publish(sourceNotices, lossNotice(loss, this.options.sourceId, new Date()));
        this.options.onLosses?.(losses);
    }

    private leftBehind(): number {
        const { log } = this.options;
        const open = this.packer.takeDue(true);
        const packets = [...this.sending, ...open, ...this.market.take(Infinity), ...this.notices.take(Infinity)];
        this.nowSending([]);
        for (const packet of packets) {
            this.lose("dropped", packet, "the worker stopped while Kafka was away");
        }
        const losses = this.losses.take();
        for (const loss of losses) log.error({ loss }, "outbox: events lost at shutdown");
        return losses.reduce((sum, loss) => sum + loss.events, 0);
    }
}
