// The packets that wait for Kafka, in order, with a way to make room: the oldest go first.
import { type Packet } from "./packing";

/** A first-in, first-out queue of packets that knows its size in bytes. */
export class PacketQueue {
    private packets: (Packet | undefined)[] = [];
    private head = 0;
    private size = 0;

    get bytes(): number {
        return this.size;
    }

    get length(): number {
        return this.packets.length - this.head;
    }

    push(packet: Packet): void {
        this.packets.push(packet);
        this.size += packet.bytes;
    }

    /** Takes packets from the front: as many as fit into `maxBytes`, at least one where there is one. */
    take(maxBytes: number): Packet[] {
        const taken: Packet[] = [];
        let bytes = 0;
        for (let next = this.packets[this.head]; next !== undefined; next = this.packets[this.head]) {
            if (taken.length > 0 && bytes + next.bytes > maxBytes) break;
            bytes += next.bytes;
            taken.push(next);
            this.packets[this.head] = undefined;
            this.head += 1;
        }
        this.size -= bytes;
        this.compact();
        return taken;
    }

    private compact(): void {
        if (this.head * 2 < this.packets.length) return;
        this.packets = this.packets.slice(this.head);
        this.head = 0;
    }
}
