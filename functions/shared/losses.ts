// The ledger of what could not be delivered: per fact, key and run the range and the count, until it is written down as source_notices.
import { type Packet } from "./packing";

/** Why events did not get to Kafka: no room while it was away, or the broker refused them for good. */
export type LossKind = "dropped" | "rejected";

/** Events of one fact, key and run that are lost; times and sequence numbers as the events carry them. */
export interface Loss {
    readonly kind: LossKind;
    readonly fact: string;
    readonly key: string;
    readonly origin: string;
    readonly run: string | null;
    events: number;
    bytes: number;
    firstTime: string;
    lastTime: string;
    firstSeq: string | null;
    lastSeq: string | null;
    /** The refusal's words, or why there was no room. */
    reason: string;
}

/** Adds up losses; its size is bounded by the number of keys. */
export class LossLedger {
    private readonly losses = new Map<string, Loss>();

    get empty(): boolean {
        return this.losses.size === 0;
    }

    add(kind: LossKind, packet: Packet, reason: string): void {
        const { first, last, key, declaration } = packet;
        const slot = [kind, declaration.name, key, first.run ?? ""].join("\n");
        const known = this.losses.get(slot);
        if (known !== undefined) {
            known.events += packet.lines.length;
            known.bytes += packet.bytes;
            known.lastTime = last.time;
            known.lastSeq = last.seq;
            known.reason = reason;
            return;
        }
        this.losses.set(slot, {
            kind,
            fact: declaration.name,
            key,
            origin: first.origin,
            run: first.run,
            events: packet.lines.length,
            bytes: packet.bytes,
            firstTime: first.time,
            lastTime: last.time,
            firstSeq: first.seq,
            lastSeq: last.seq,
            reason,
        });
    }

    /** Takes all of it out, to be told. */
    take(): Loss[] {
        const losses = [...this.losses.values()];
        this.losses.clear();
        return losses;
    }
}
