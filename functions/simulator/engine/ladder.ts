// One side of a book: price levels, best first, each a queue in order of arrival.
import { type Order, type Side } from "./orders";

/** The orders at one price, oldest first. */
export interface Level<P> {
    readonly price: number;
    /** Open lots of all its orders. */
    quantity: number;
    oldest: Order<P> | undefined;
    newest: Order<P> | undefined;
}

/** Levels of one side. Changes happen near the best price, so the sorted prices have it at the end. */
export class Ladder<P> {
    private readonly levels = new Map<number, Level<P>>();
    private readonly prices: number[] = [];
    private readonly direction: 1 | -1;

    constructor(readonly side: Side) {
        this.direction = side === "buy" ? 1 : -1;
    }

    /** The best level; undefined when the side is empty. */
    get best(): Level<P> | undefined {
        const price = this.prices.at(-1);
        return price === undefined ? undefined : this.levels.get(price);
    }

    /** Levels from the best on. */
    *fromBest(): Generator<Level<P>> {
        for (let index = this.prices.length - 1; index >= 0; index--) {
            const level = this.levels.get(this.prices[index] ?? Number.NaN);
            if (level !== undefined) yield level;
        }
    }

    /** Puts an order at the end of the queue of its price. */
    append(order: Order<P>): void {
        const level = this.levels.get(order.price) ?? this.open(order.price);
        order.level = level;
        order.ahead = level.newest;
        if (level.newest === undefined) level.oldest = order;
        else level.newest.behind = order;
        level.newest = order;
        level.quantity += order.remaining;
    }

    /** Takes an order out of its queue. */
    remove(order: Order<P>): void {
        const { level, ahead, behind } = order;
        if (level === undefined) return;
        if (ahead === undefined) level.oldest = behind;
        else ahead.behind = behind;
        if (behind === undefined) level.newest = ahead;
        else behind.ahead = ahead;
        order.level = order.ahead = order.behind = undefined;
        level.quantity -= order.remaining;
        if (level.oldest === undefined) this.close(level.price);
    }

    private open(price: number): Level<P> {
        const level: Level<P> = { price, quantity: 0, oldest: undefined, newest: undefined };
        this.levels.set(price, level);
        this.prices.splice(this.position(price), 0, price);
        return level;
    }

    private close(price: number): void {
        this.levels.delete(price);
        this.prices.splice(this.position(price), 1);
    }

    /** Index of the price, or where it belongs. */
    private position(price: number): number {
        let low = 0;
        let high = this.prices.length;
        while (low < high) {
            const middle = (low + high) >>> 1;
            if ((this.prices[middle] ?? 0) * this.direction < price * this.direction) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
