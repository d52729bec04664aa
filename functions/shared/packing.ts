// Between events and Kafka messages: several events of one key share a message, as the fact's declaration says, and keep their order.
import { type Declaration } from "../../schema";
import { type AnyEvent } from "./publisher";

/** A Kafka message on its way: one or more events of one key, as newline-separated JSON. */
export interface Packet {
    readonly declaration: Declaration;
    readonly key: string;
    readonly lines: string[];
    /** Size of the message value in bytes. */
    bytes: number;
    /** First and last event, to say what is lost if the packet is. */
    readonly first: Mark;
    last: Mark;
}

/** What is remembered of an event beside its JSON. */
export interface Mark {
    readonly time: string;
    readonly seq: string | null;
    readonly origin: string;
    readonly run: string | null;
}

interface Open {
    packet: Packet;
    /** When it is to be sent, full or not, on the clock given to the packer. */
    due: number;
}

const mark = (event: AnyEvent): Mark => ({
    time: event.event_time,
    seq: event.source_seq ?? null,
    origin: event.origin,
    run: event.run_id ?? null,
});

/** The value of a packet's Kafka message. */
export const packetValue = (packet: Packet): string => packet.lines.join("\n");

/**
 * Collects events into packets. A packet is complete when it holds `maxEvents`, when the next event would take it over `maxBytes`,
 * or `lingerMs` after its first event. An event larger than `maxBytes` is a message of its own. A fact without packing gets one message per event.
 */
export class Packer {
    private readonly open = new Map<string, Open>();
    private bytes = 0;

    /** `now` in milliseconds, any origin. */
    constructor(private readonly now: () => number = performance.now.bind(performance)) {}

    /** Bytes in packets that are not complete yet. */
    get openBytes(): number {
        return this.bytes;
    }

    /** Takes an event (and its JSON with the JSON's size); returns the packets it completed, in order. */
    add(declaration: Declaration, event: AnyEvent, line: string, bytes: number): Packet[] {
        const { packing } = declaration;
        const key = declaration.kafkaKey(event);
        const last = mark(event);
        const fresh: Packet = { declaration, key, lines: [line], bytes, first: last, last };
        if (packing === undefined) return [fresh];
        const slot = `${declaration.name}\n${key}`;
        const completed: Packet[] = [];
        let packet = this.open.get(slot)?.packet;
        if (packet !== undefined && packet.bytes + 1 + bytes > packing.maxBytes) {
            completed.push(this.take(slot, packet));
            packet = undefined;
        }
        if (packet === undefined) {
            packet = fresh;
            this.open.set(slot, { packet, due: this.now() + packing.lingerMs });
            this.bytes += bytes;
        } else {
            packet.lines.push(line);
            packet.bytes += 1 + bytes;
            packet.last = last;
            this.bytes += 1 + bytes;
        }
        if (packet.lines.length >= packing.maxEvents || packet.bytes >= packing.maxBytes) {
            completed.push(this.take(slot, packet));
        }
        return completed;
    }

    /** Milliseconds until the next packet is due; undefined when none is open. */
    get waitMs(): number | undefined {
        let next: number | undefined;
        for (const { due } of this.open.values()) next = next === undefined ? due : Math.min(next, due);
        return next === undefined ? undefined : Math.max(0, next - this.now());
    }

    /** Takes out the packets whose time has come; `everything` takes out all. */
    takeDue(everything = false): Packet[] {
        const now = this.now();
        const due: Packet[] = [];
        for (const [slot, { packet, due: at }] of this.open) {
            if (!everything && at > now) continue;
            due.push(this.take(slot, packet));
        }
        return due;
    }

    private take(slot: string, packet: Packet): Packet {
        this.open.delete(slot);
        this.bytes -= packet.bytes;
        return packet;
    }
}
