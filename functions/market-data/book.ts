// Order books: a book that applies updates, and the venue's documented rules for keeping one in step with snapshot and stream.
import { type Level } from "../../schema";

/** A change of a book; ids are consecutive over the updates of a symbol: the next `first` is this `final` + 1. */
export interface DepthUpdate {
    readonly first: number;
    readonly final: number;
    readonly bids: readonly Level[];
    readonly asks: readonly Level[];
}

/** A whole book after update `lastUpdateId`. */
export interface DepthSnapshot {
    readonly lastUpdateId: number;
    readonly bids: readonly Level[];
    readonly asks: readonly Level[];
}

/** Non-negative decimals without trailing zeros: `1.9500` and `1.95` are one price. */
function canonical(decimal: string): string {
    return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}

/** Orders canonical non-negative decimals by value, without going through a JS number. */
export function compareDecimals(a: string, b: string): number {
    const [wholeA = "", fractionA = ""] = a.split(".");
    const [wholeB = "", fractionB = ""] = b.split(".");
    if (wholeA.length !== wholeB.length) return wholeA.length - wholeB.length;
    const [left, right] = wholeA === wholeB ? [fractionA, fractionB] : [wholeA, wholeB];
    return left < right ? -1 : left > right ? 1 : 0;
}

/** Levels by the value of their price, with the digits they came with. */
type Side = Map<string, Level>;

function change(side: Side, levels: readonly Level[]): void {
    for (const level of levels) {
        const [price, quantity] = level;
        if (canonical(quantity) === "0") side.delete(canonical(price));
        else side.set(canonical(price), level);
    }
}

/** The levels of a side, sorted by price; `direction` 1 is cheapest first. */
function sorted(side: Side, direction: 1 | -1): Level[] {
    return [...side].sort(([a], [b]) => direction * compareDecimals(a, b)).map(([, level]) => level);
}

/** Bids and asks by price. */
export class OrderBook {
    private bids: Side = new Map();
    private asks: Side = new Map();

    /** Number of price levels on both sides. */
    get depth(): number {
        return this.bids.size + this.asks.size;
    }

    reset(snapshot: Pick<DepthSnapshot, "bids" | "asks">): void {
        this.bids = new Map();
        this.asks = new Map();
        this.apply(snapshot);
    }

    /** Sets quantities; 0 removes the level, also one that is not there. */
    apply(update: Pick<DepthUpdate, "bids" | "asks">): void {
        change(this.bids, update.bids);
        change(this.asks, update.asks);
    }

    /** The best `limit` levels of each side, best first. */
    top(limit = Infinity): { bids: Level[]; asks: Level[] } {
        return { bids: sorted(this.bids, -1).slice(0, limit), asks: sorted(this.asks, 1).slice(0, limit) };
    }
}

/**
 * What an update or snapshot led to.
 * - buffered: no snapshot yet, kept for it; applied; ignored: its changes are in the book already
 * - synced: the snapshot fits, the book is right from here on
 * - stale: the snapshot is older than the buffered updates, another one is needed
 * - gap: updates from..to are missing; the book is void until the next snapshot
 */
export type Outcome =
    | { readonly is: "buffered" | "applied" | "ignored" | "synced" | "stale" }
    | { readonly is: "gap"; readonly from: number; readonly to: number };

/** Updates kept for a snapshot that does not come; 15 minutes at the venue's fastest pace. */
const maxBuffered = 10_000;

/**
 * Keeps one symbol's book by the venue's rules: buffer updates, take a snapshot, drop what is in it, and from then on every update must
 * continue where the last one ended. Updates may arrive twice (two connections overlap while one replaces the other).
 */
export class BookSync {
    private buffer: DepthUpdate[] = [];
    private last: number | undefined;

    /** `book` is what the updates are applied to; without one only their sequence is watched, at no memory for levels. */
    constructor(private readonly book?: OrderBook) {}

    /** The last update id in the book; undefined while it waits for a snapshot. */
    get lastUpdateId(): number | undefined {
        return this.last;
    }

    onUpdate(update: DepthUpdate): Outcome {
        if (this.last !== undefined) return this.advance(update, this.last);
        this.buffer.push(update);
        // Without the oldest, an older snapshot no longer fits and a younger one is asked for: nothing wrong can come of it.
        if (this.buffer.length > maxBuffered) this.buffer.shift();
        return { is: "buffered" };
    }

    onSnapshot(snapshot: DepthSnapshot): Outcome {
        if (this.last !== undefined && snapshot.lastUpdateId <= this.last) return { is: "ignored" };
        const first = this.buffer[0];
        if (first !== undefined && first.first > snapshot.lastUpdateId + 1) return { is: "stale" };
        const waiting = this.buffer;
        this.buffer = [];
        this.book?.reset(snapshot);
        this.last = snapshot.lastUpdateId;
        for (const [index, update] of waiting.entries()) {
            const outcome = this.advance(update, this.last);
            if (outcome.is !== "gap") continue;
            this.buffer = waiting.slice(index);
            return outcome;
        }
        return { is: "synced" };
    }

    private advance(update: DepthUpdate, last: number): Outcome {
        if (update.final <= last) return { is: "ignored" };
        if (update.first > last + 1) {
            this.last = undefined;
            this.buffer = [update];
            return { is: "gap", from: last + 1, to: update.first - 1 };
        }
        this.book?.apply(update);
        this.last = update.final;
        return { is: "applied" };
    }
}
