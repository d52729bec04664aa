// Alerts of one entity that come shortly one after the other, held back until they can be told in one message.
import { keyOf, type Waiting, wayOf } from "./model";

interface Group {
    /** When it is told; the first alert sets it. */
    readonly ripeAt: number;
    readonly items: Waiting[];
}

/** Groups of one target. */
export class Groups {
    private readonly groups = new Map<string, Group>();
    private readonly keys = new Set<string>();

    /** @param limit alerts held at most */
    constructor(private readonly limit: number) {}

    get length(): number {
        return this.keys.size;
    }

    /** When the next group is to be told; Infinity: there is none. */
    get nextAt(): number {
        let soonest = Infinity;
        for (const { ripeAt } of this.groups.values()) soonest = Math.min(soonest, ripeAt);
        return soonest;
    }

    /** Holds an alert until its group is told, at `ripeAt` where it is the first one (ms). False where there is no room: then it is not held. */
    hold(item: Waiting, ripeAt: number): boolean {
        const key = keyOf(item);
        if (this.keys.has(key)) return true;
        if (this.keys.size >= this.limit) return false;
        const way = wayOf(item);
        const group = this.groups.get(way) ?? { ripeAt, items: [] };
        this.groups.set(way, group);
        group.items.push(item);
        this.keys.add(key);
        return true;
    }

    /** Hands out the groups whose time has come. */
    take(now: number): Waiting[] {
        const taken: Waiting[] = [];
        for (const [way, { ripeAt, items }] of this.groups) {
            if (ripeAt > now) continue;
            this.groups.delete(way);
            for (const item of items) this.keys.delete(keyOf(item));
            taken.push(...items);
        }
        return taken;
    }
}
