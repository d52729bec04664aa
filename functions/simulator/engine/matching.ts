// The reference matching engine of one instrument: price-time priority, whole numbers, no clock and no chance of its own.
import { Ladder, type Level } from "./ladder";
import { type EngineListener, type Order, type Side } from "./orders";

/** Price times quantity must stay exact, so neither it nor its parts may leave the safe integers. */
const sound = ({ price, quantity }: { price: number; quantity: number }): boolean =>
    Number.isSafeInteger(price) &&
    Number.isSafeInteger(quantity) &&
    price > 0 &&
    quantity > 0 &&
    Number.isSafeInteger(price * quantity);

/**
 * Limit, market and post-only orders; good till cancelled, immediate or cancel, fill or kill; cancel and amend; self-trade prevention.
 * A fill is at the price of the order that rests. Everything that happens is told to the listener.
 */
export class MatchingEngine<P> {
    private readonly bids = new Ladder<P>("buy");
    private readonly asks = new Ladder<P>("sell");

    constructor(private readonly listener: EngineListener<P>) {}

    /** Best bid in ticks. */
    get bestBid(): number | undefined {
        return this.bids.best?.price;
    }

    /** Best ask in ticks. */
    get bestAsk(): number | undefined {
        return this.asks.best?.price;
    }

    /** Levels of a side from the best on. */
    levels(side: Side): Generator<Level<P>> {
        return this.ladder(side).fromBest();
    }

    /** Takes a new order in: matches it, and lets the rest of a good-till-cancelled one wait in the book. */
    submit(order: Order<P>): void {
        if (!sound(order)) {
            this.listener.rejected(order, "invalid");
        } else if (order.request.type === "post_only" && this.crosses(order, order.price)) {
            this.listener.rejected(order, "would_take");
        } else {
            this.listener.accepted(order);
            this.execute(order);
        }
    }

    /** Takes a resting order out. False when it rests no longer. */
    cancel(order: Order<P>): boolean {
        if (order.level === undefined) return false;
        this.leave(order);
        this.listener.ended(order, "user");
        return true;
    }

    /**
     * Changes price and total quantity (filled lots included) of a resting order. Less quantity at the same price keeps the place in the
     * queue; anything else goes to the end of it, and trades first where the new price crosses.
     * False, and nothing changed, when the order rests no longer, nothing would stay open, or a post-only order would take.
     */
    amend(order: Order<P>, price: number, quantity: number): boolean {
        if (order.level === undefined || !sound({ price, quantity }) || quantity <= order.filled) return false;
        if (order.request.type === "post_only" && this.crosses(order, price)) return false;
        if (price === order.price && quantity <= order.quantity) {
            this.shrink(order, order.quantity - quantity);
            this.listener.amended(order, "user");
            return true;
        }
        this.leave(order);
        order.price = price;
        order.quantity = quantity;
        this.listener.amended(order, "user");
        this.execute(order);
        return true;
    }

    private ladder(side: Side): Ladder<P> {
        return side === "buy" ? this.bids : this.asks;
    }

    private opposite(order: Order<P>): Ladder<P> {
        return order.request.side === "buy" ? this.asks : this.bids;
    }

    private crosses(order: Order<P>, price: number): boolean {
        const best = this.opposite(order).best?.price;
        if (best === undefined) return false;
        return order.request.side === "buy" ? best <= price : best >= price;
    }

    private execute(order: Order<P>): void {
        const { timeInForce, type } = order.request;
        const killed = timeInForce === "fok" && !this.fillable(order);
        if (!killed && !this.match(order)) return;
        if (order.remaining === 0) return;
        if (type === "market" || timeInForce !== "gtc") {
            this.listener.ended(order, "expiry");
            return;
        }
        const ladder = this.ladder(order.request.side);
        ladder.append(order);
        this.tellLevel(ladder.side, order.price, order.level);
    }

    /** Trades while the other side's best price is good enough. False when prevention ended the order. */
    private match(taker: Order<P>): boolean {
        while (taker.remaining > 0 && this.crosses(taker, taker.price)) {
            const maker = this.opposite(taker).best?.oldest;
            if (maker === undefined) break;
            if (this.ownHand(maker, taker)) {
                if (!this.prevent(maker, taker)) return false;
                continue;
            }
            this.fill(maker, taker, Math.min(maker.remaining, taker.remaining));
        }
        return true;
    }

    private fill(maker: Order<P>, taker: Order<P>, quantity: number): void {
        const { level, price } = maker;
        const { side } = maker.request;
        maker.filled += quantity;
        taker.filled += quantity;
        if (level !== undefined) level.quantity -= quantity;
        if (maker.remaining === 0) this.ladder(side).remove(maker);
        this.listener.traded(maker, taker, price, quantity);
        this.tellLevel(side, price, level);
    }

    private ownHand(maker: Order<P>, taker: Order<P>): boolean {
        return taker.request.prevention !== "none" && maker.request.group === taker.request.group;
    }

    /** Keeps two orders of one group from trading, by the taker's mode. False when the taker is gone. */
    private prevent(maker: Order<P>, taker: Order<P>): boolean {
        const mode = taker.request.prevention;
        const quantity = Math.min(maker.remaining, taker.remaining);
        this.listener.prevented(maker, taker, quantity);
        if (mode === "decrement") {
            this.decrement(maker, quantity);
            return this.decrement(taker, quantity);
        }
        if (mode !== "cancel_newest") {
            this.leave(maker);
            this.listener.ended(maker, "self_trade_prevention");
        }
        if (mode === "cancel_oldest") return true;
        this.listener.ended(taker, "self_trade_prevention");
        return false;
    }

    /** Takes lots off an order; false when nothing is left of it. */
    private decrement(order: Order<P>, lots: number): boolean {
        if (order.remaining === lots) {
            if (order.level !== undefined) this.leave(order);
            this.listener.ended(order, "self_trade_prevention");
            return false;
        }
        this.shrink(order, lots);
        this.listener.amended(order, "self_trade_prevention");
        return true;
    }

    /** Whether an order can be filled whole at once, by others than its own group. */
    private fillable(order: Order<P>): boolean {
        const { side, prevention } = order.request;
        let wanted = order.remaining;
        for (const level of this.opposite(order).fromBest()) {
            if (side === "buy" ? level.price > order.price : level.price < order.price) return false;
            for (let maker = level.oldest; maker !== undefined; maker = maker.behind) {
                if (!this.ownHand(maker, order)) wanted -= maker.remaining;
                else if (prevention !== "cancel_oldest") return false;
                if (wanted <= 0) return true;
            }
        }
        return false;
    }

    private shrink(order: Order<P>, lots: number): void {
        order.quantity -= lots;
        if (order.level === undefined || lots === 0) return;
        order.level.quantity -= lots;
        this.tellLevel(order.request.side, order.price, order.level);
    }

    private leave(order: Order<P>): void {
        const { level, price } = order;
        this.ladder(order.request.side).remove(order);
        this.tellLevel(order.request.side, price, level);
    }

    private tellLevel(side: Side, price: number, level: Level<P> | undefined): void {
        this.listener.levelChanged(side, price, level?.quantity ?? 0);
    }
}
