// Records that make one event only together, such as the reports of a trade's two sides: the first half waits here for the other.
import { type Tree } from "../record";

/** Halves that may wait at once; a feed whose halves never meet must not fill the memory. */
const maxHalves = 10_000;
/** How long a half waits. */
const patienceMs = 10 * 60_000;

/** Where a record came from. */
export interface Origin {
    /** Part of the input with an order of its own. */
    readonly partition: string;
    /** Where to read on, to get this record again. */
    readonly resume: string;
    /** For people: file and byte, or topic, partition and offset. */
    readonly at: string;
}

interface Half {
    readonly side: "maker" | "taker";
    readonly record: Tree;
    readonly origin: Origin;
    readonly since: number;
    /** Counts records over all rules: which half came first. */
    readonly ordinal: number;
}

/** Halves of one rule, by what both have in common. */
export class Pairs {
    private readonly halves = new Map<string, Half>();

    /** `now` in milliseconds, any origin. */
    constructor(private readonly now: () => number = performance.now.bind(performance)) {}

    get size(): number {
        return this.halves.size;
    }

    /** The pair a half completes; undefined while the other half has not come. The same half again replaces itself. */
    meet(key: string, side: Half["side"], record: Tree, origin: Origin, ordinal: number): Tree | undefined {
        const other = this.halves.get(key);
        if (other === undefined || other.side === side) {
            // A repeated half is the same one: its first place is where to read on.
            if (other === undefined) this.halves.set(key, { side, record, origin, since: this.now(), ordinal });
            return undefined;
        }
        this.halves.delete(key);
        return { [side]: record, [other.side]: other.record };
    }

    /** Gives up the halves that have waited too long, or are too many; `all` gives up every one. */
    expire(all = false): { key: string; origin: Origin }[] {
        const given: { key: string; origin: Origin }[] = [];
        for (const [key, { origin, since }] of this.halves) {
            if (!all && this.halves.size <= maxHalves && this.now() - since < patienceMs) break;
            this.halves.delete(key);
            given.push({ key, origin });
        }
        return given;
    }

    /** The waiting half of a partition that came first. */
    oldest(partition: string): { origin: Origin; ordinal: number } | undefined {
        for (const half of this.halves.values()) if (half.origin.partition === partition) return half;
        return undefined;
    }
}
