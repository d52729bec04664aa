// The way out for sources that can be read again: nothing is held back or dropped, a batch is over when Kafka has acknowledged it.
//
// The other way is the outbox, for sources that do not wait: it takes events at once and drops the oldest when its memory is full.
import { type Declaration } from "../../schema";
import { fullJitter, pause } from "./backoff";
import { type MessageSink, RefusedError } from "./kafka";
import { type Logger } from "./log";
import { Packer, type Packet, packetValue } from "./packing";
import { type AnyEvent } from "./publisher";

/** Bytes in one send: one record batch per partition, well under any topic's limit of 6 MiB. */
const sendBytes = 1024 * 1024;
const retryBaseMs = 100;
const retryCapMs = 5_000;
/** How long Kafka may be away before the worker counts as unhealthy. */
const patienceMs = 15_000;

/** An event with its fact. */
export interface Outgoing {
    readonly declaration: Declaration;
    readonly event: AnyEvent;
}

/** A message the broker refuses for good. */
export interface Refusal {
    readonly packet: Packet;
    readonly reason: string;
}

/** The worker stops before Kafka has acknowledged: the batch is to be read and sent again. */
export class StoppedError extends Error {
    override readonly name = "StoppedError";
}

/** Cuts packets into sends. */
function* sends(packets: readonly Packet[]): Generator<Packet[]> {
    let batch: Packet[] = [];
    let bytes = 0;
    for (const packet of packets) {
        if (batch.length > 0 && bytes + packet.bytes > sendBytes) {
            yield batch;
            batch = [];
            bytes = 0;
        }
        batch.push(packet);
        bytes += packet.bytes;
    }
    if (batch.length > 0) yield batch;
}

/** Delivers one batch after the other; a second one may start when the first is over. */
export class Delivery {
    private failing: { since: number; why: string } | undefined;

    constructor(
        private readonly sink: MessageSink,
        private readonly log: Logger,
    ) {}

    /** For the health page: Kafka away for longer than a restart takes. */
    readonly problem = (): string | undefined => {
        if (this.failing === undefined || Date.now() - this.failing.since < patienceMs) return undefined;
        return `no acknowledgement since ${new Date(this.failing.since).toISOString()}, ${this.failing.why}`;
    };

    /**
     * Resolves when Kafka has acknowledged every event, with those it refuses for what they are; tries for as long as it takes.
     * @throws StoppedError when `signal` aborts before
     */
    async deliver(events: readonly Outgoing[], signal: AbortSignal): Promise<Refusal[]> {
        const packer = new Packer();
        const packets = events.flatMap(({ declaration, event }) => {
            const line = JSON.stringify(event);
            return packer.add(declaration, event, line, Buffer.byteLength(line));
        });
        packets.push(...packer.takeDue(true));
        const refusals: Refusal[] = [];
        for (const batch of sends(packets)) refusals.push(...(await this.send(batch, signal)));
        return refusals;
    }

    /** Sends until acknowledged or refused. */
    private async send(batch: readonly Packet[], signal: AbortSignal): Promise<Refusal[]> {
        for (let attempt = 0; !signal.aborted; attempt += 1) {
            try {
                await this.sink.send(
                    batch.map((packet) => ({
                        topic: packet.declaration.topic.name,
                        key: packet.key,
                        value: packetValue(packet),
                    })),
                );
                this.noteSuccess();
                return [];
            } catch (error) {
                if (error instanceof RefusedError) return await this.sendApart(batch, error, signal);
                this.noteFailure(error);
                await pause(fullJitter(attempt, retryBaseMs, retryCapMs), signal);
            }
        }
        throw new StoppedError("stopped before Kafka acknowledged");
    }

    /** One of the batch is refused: halves of it, down to a single message, show which. */
    private async sendApart(batch: readonly Packet[], refusal: RefusedError, signal: AbortSignal): Promise<Refusal[]> {
        const [only, ...others] = batch;
        if (only !== undefined && others.length === 0) return [{ packet: only, reason: refusal.message }];
        const middle = batch.length >> 1;
        const first = await this.send(batch.slice(0, middle), signal);
        return [...first, ...(await this.send(batch.slice(middle), signal))];
    }

    private noteSuccess(): void {
        if (this.failing !== undefined)
            this.log.info({ since: new Date(this.failing.since) }, "delivery: Kafka is back");
        this.failing = undefined;
    }

    private noteFailure(error: unknown): void {
        const why = error instanceof Error ? error.message : String(error);
        if (this.failing === undefined) this.log.warn({ why }, "delivery: Kafka does not answer, waiting for it");
        this.failing = { since: this.failing?.since ?? Date.now(), why };
    }
}
