// What the collector remembers per symbol to see gaps: the last trade id, the last best-price update, and the order book.
import { BookSync } from "./book";

/** Missing numbers, both ends included. */
export interface Gap {
    readonly from: number;
    readonly to: number;
}

/** The position of one symbol in the venue's streams, within one run (undefined: live). */
export class SymbolState {
    /** Watches the sequence only: whoever needs the levels rebuilds them from the facts. */
    readonly book = new BookSync();
    /** Since when the book has been out of step; undefined while it is right. */
    bookLostSince: number | undefined = Date.now();
    private lastTradeId: number | undefined;
    private lastBookUpdate = -1;

    constructor(readonly run: string | null) {}

    /** Takes a trade id; returns the ids that were skipped, if any. Lower ids come when connections overlap. */
    trade(id: number): Gap | undefined {
        const last = this.lastTradeId;
        if (last !== undefined && id <= last) return undefined;
        this.lastTradeId = id;
        return last === undefined || id === last + 1 ? undefined : { from: last + 1, to: id - 1 };
    }

    /** Whether a best-price update is news. Its time is that of its first receipt, so a second one would be another event. */
    isNewBookTicker(updateId: number): boolean {
        if (updateId <= this.lastBookUpdate) return false;
        this.lastBookUpdate = updateId;
        return true;
    }
}
