// Orders as the matching engine knows them: whole numbers of ticks and lots, never fractions.
import { type Level } from "./ladder";

export type Side = "buy" | "sell";

/**
 * What happens when an order would trade with one of its own group; the mode of the order that arrives decides, as on Binance
 * (docs: self trade prevention FAQ). decrement takes the smaller quantity off both.
 */
export type SelfTradePrevention = "none" | "cancel_newest" | "cancel_oldest" | "cancel_both" | "decrement";

/** What somebody sends. */
export interface OrderRequest {
    readonly id: string;
    readonly side: Side;
    readonly type: "limit" | "market" | "post_only";
    readonly timeInForce: "gtc" | "ioc" | "fok";
    /** Limit in ticks; of a market order the worst price it may take. */
    readonly price: number;
    /** Lots. */
    readonly quantity: number;
    /** Orders of one group are one hand: prevention looks at it. */
    readonly group: number;
    readonly prevention: SelfTradePrevention;
}

/** An order and how far it has come; `party` is whatever the caller wants to find again on it. */
export class Order<P = unknown> {
    /** Limit in ticks, as last amended. */
    price: number;
    /** Lots ordered, as last amended or decremented. */
    quantity: number;
    /** Lots filled so far. */
    filled = 0;
    /** Where it rests, and its neighbours in the queue there; the ladder keeps them. */
    level: Level<P> | undefined;
    ahead: Order<P> | undefined;
    behind: Order<P> | undefined;

    constructor(
        readonly request: OrderRequest,
        readonly party: P,
    ) {
        this.price = request.price;
        this.quantity = request.quantity;
    }

    /** Lots still open. */
    get remaining(): number {
        return this.quantity - this.filled;
    }
}

/** Why an order is in the book no longer, or never got there. */
export type EndReason = "user" | "self_trade_prevention" | "expiry";

/** Why an order was refused. */
export type Refusal = "invalid" | "would_take";

/** Told of everything the engine does, in the order it does it, after the orders concerned have their new state. */
export interface EngineListener<P> {
    accepted(order: Order<P>): void;
    rejected(order: Order<P>, why: Refusal): void;
    /** A fill at the maker's price. */
    traded(maker: Order<P>, taker: Order<P>, price: number, quantity: number): void;
    /** Two orders of one group met; `quantity` lots did not trade. What becomes of the orders follows. */
    prevented(maker: Order<P>, taker: Order<P>, quantity: number): void;
    /** Price or quantity changed, on request or by decrement. */
    amended(order: Order<P>, why: Exclude<EndReason, "expiry">): void;
    /** Open lots are gone without a fill. A filled order ends by its last trade, without this call. */
    ended(order: Order<P>, why: EndReason): void;
    /** Lots now resting at a price; 0: the level is gone. */
    levelChanged(side: Side, price: number, quantity: number): void;
}
