// For tests of the matching engine: random streams of commands, an engine that writes down all it does, and a plain model of the rules.
import fc from "fast-check";
import { MatchingEngine } from "../../../functions/simulator/engine/matching";
import {
    type EngineListener,
    Order,
    type OrderRequest,
    type SelfTradePrevention,
    type Side,
} from "../../../functions/simulator/engine/orders";

export type Command =
    | { do: "submit"; request: Omit<OrderRequest, "id"> }
    | { do: "cancel"; pick: number }
    | { do: "amend"; pick: number; price: number; quantity: number };

/** What an engine did, in order, in words that can be compared. */
export type Report =
    | { what: "traded"; maker: string; taker: string; price: number; quantity: number }
    | { what: "prevented"; maker: string; taker: string; quantity: number }
    | { what: "accepted" | "rejected" | "amended" | "ended"; order: string; why?: string };

const price = fc.integer({ min: 95, max: 106 });
const quantity = fc.integer({ min: 1, max: 20 });
const modes: SelfTradePrevention[] = ["none", "cancel_newest", "cancel_oldest", "cancel_both", "decrement"];

const kind = fc.oneof(
    { weight: 6, arbitrary: fc.constant({ type: "limit", timeInForce: "gtc" } as const) },
    { weight: 1, arbitrary: fc.constant({ type: "limit", timeInForce: "ioc" } as const) },
    { weight: 1, arbitrary: fc.constant({ type: "limit", timeInForce: "fok" } as const) },
    { weight: 1, arbitrary: fc.constant({ type: "market", timeInForce: "ioc" } as const) },
    { weight: 1, arbitrary: fc.constant({ type: "market", timeInForce: "fok" } as const) },
    { weight: 1, arbitrary: fc.constant({ type: "post_only", timeInForce: "gtc" } as const) },
);

const submit = fc
    .tuple(
        kind,
        fc.constantFrom<Side>("buy", "sell"),
        price,
        quantity,
        fc.integer({ min: 0, max: 3 }),
        fc.constantFrom(...modes),
    )
    .map(([kind, side, price, quantity, group, prevention]): Command => ({
        do: "submit",
        request: { ...kind, side, price, quantity, group, prevention },
    }));
const pick = fc.nat({ max: 1_000 });

/** Streams of commands around one price, so that nearly all of them meet. */
export const commands = fc.array(
    fc.oneof(
        { weight: 6, arbitrary: submit },
        { weight: 1, arbitrary: pick.map((pick): Command => ({ do: "cancel", pick })) },
        {
            weight: 2,
            arbitrary: fc
                .tuple(pick, price, quantity)
                .map(([pick, price, quantity]): Command => ({ do: "amend", pick, price, quantity })),
        },
    ),
    { maxLength: 120, size: "max" },
);

/** An engine with its reports, its orders, and the levels it told of. */
export class Recorder implements EngineListener<undefined> {
    readonly reports: Report[] = [];
    readonly orders: Order<undefined>[] = [];
    /** Lots by `side@price`, as last told. */
    readonly levels = new Map<string, number>();
    readonly engine = new MatchingEngine<undefined>(this);

    run(command: Command): void {
        if (command.do === "submit") {
            const id = `o${String(this.orders.length)}`;
            const order = new Order({ id, ...command.request }, undefined);
            this.orders.push(order);
            this.engine.submit(order);
            return;
        }
        const order = this.orders[command.pick % Math.max(1, this.orders.length)];
        if (order === undefined) return;
        if (command.do === "cancel") this.engine.cancel(order);
        else this.engine.amend(order, command.price, command.quantity);
    }

    accepted(order: Order<undefined>): void {
        this.reports.push({ what: "accepted", order: order.request.id });
    }

    rejected(order: Order<undefined>, why: string): void {
        this.reports.push({ what: "rejected", order: order.request.id, why });
    }

    traded(maker: Order<undefined>, taker: Order<undefined>, price: number, quantity: number): void {
        this.reports.push({ what: "traded", maker: maker.request.id, taker: taker.request.id, price, quantity });
    }

    prevented(maker: Order<undefined>, taker: Order<undefined>, quantity: number): void {
        this.reports.push({ what: "prevented", maker: maker.request.id, taker: taker.request.id, quantity });
    }

    amended(order: Order<undefined>, why: string): void {
        this.reports.push({ what: "amended", order: order.request.id, why });
    }

    ended(order: Order<undefined>, why: string): void {
        this.reports.push({ what: "ended", order: order.request.id, why });
    }

    levelChanged(side: Side, price: number, quantity: number): void {
        if (quantity === 0) this.levels.delete(`${side}@${String(price)}`);
        else this.levels.set(`${side}@${String(price)}`, quantity);
    }
}

interface Plain extends Omit<OrderRequest, "id"> {
    id: string;
    price: number;
    open: number;
    filled: number;
    /** Position in time; a new one when priority is lost. */
    since: number;
    resting: boolean;
}

/** The rules written down a second time, without any structure: every look goes over all orders there ever were. */
export class PlainVenue {
    readonly orders: Plain[] = [];
    readonly reports: Report[] = [];
    private clock = 0;

    run(command: Command): void {
        if (command.do === "submit") {
            this.submit(command.request);
            return;
        }
        const order = this.orders[command.pick % Math.max(1, this.orders.length)];
        if (order?.resting !== true) return;
        if (command.do === "cancel") {
            this.end(order, "user");
            return;
        }
        this.amend(order, command.price, command.quantity);
    }

    private submit(request: Omit<OrderRequest, "id">): void {
        const id = `o${String(this.orders.length)}`;
        const order: Plain = { ...request, id, open: request.quantity, filled: 0, since: this.clock++, resting: false };
        this.orders.push(order);
        if (order.type === "post_only" && this.others(order, order.price).length > 0) {
            this.reports.push({ what: "rejected", order: id, why: "would_take" });
            return;
        }
        this.reports.push({ what: "accepted", order: id });
        this.execute(order);
    }

    private amend(order: Plain, price: number, quantity: number): void {
        const open = quantity - order.filled;
        if (open <= 0) return;
        if (order.type === "post_only" && this.others(order, price).length > 0) return;
        const keeps = price === order.price && open <= order.open;
        Object.assign(order, { price, open });
        this.reports.push({ what: "amended", order: order.id, why: "user" });
        if (keeps) return;
        Object.assign(order, { resting: false, since: this.clock++ });
        this.execute(order);
    }

    /** Resting orders of the other side that a price reaches, best price first, then oldest first. */
    private others(order: Plain, price: number): Plain[] {
        const sign = order.side === "buy" ? 1 : -1;
        return this.orders
            .filter((other) => other.resting && other.side !== order.side && other.price * sign <= price * sign)
            .sort((a, b) => (a.price - b.price) * sign || a.since - b.since);
    }

    private execute(order: Plain): void {
        if (order.timeInForce === "fok" && !this.fills(order)) {
            this.end(order, "expiry");
            return;
        }
        while (order.open > 0) {
            const maker = this.others(order, order.price)[0];
            if (maker === undefined) break;
            if (order.prevention !== "none" && maker.group === order.group) {
                if (this.prevent(maker, order)) continue;
                return;
            }
            this.trade(maker, order);
        }
        if (order.open === 0) return;
        if (order.timeInForce === "gtc" && order.type !== "market") order.resting = true;
        else this.end(order, "expiry");
    }

    private trade(maker: Plain, taker: Plain): void {
        const quantity = Math.min(maker.open, taker.open);
        for (const order of [maker, taker]) {
            order.open -= quantity;
            order.filled += quantity;
        }
        if (maker.open === 0) maker.resting = false;
        this.reports.push({ what: "traded", maker: maker.id, taker: taker.id, price: maker.price, quantity });
    }

    private prevent(maker: Plain, taker: Plain): boolean {
        const quantity = Math.min(maker.open, taker.open);
        this.reports.push({ what: "prevented", maker: maker.id, taker: taker.id, quantity });
        if (taker.prevention === "decrement") {
            for (const order of [maker, taker]) {
                if (order.open === quantity) this.end(order, "self_trade_prevention");
                else {
                    order.open -= quantity;
                    this.reports.push({ what: "amended", order: order.id, why: "self_trade_prevention" });
                }
            }
            return taker.open > 0;
        }
        if (taker.prevention !== "cancel_newest") this.end(maker, "self_trade_prevention");
        if (taker.prevention !== "cancel_oldest") this.end(taker, "self_trade_prevention");
        return taker.open > 0;
    }

    private fills(order: Plain): boolean {
        let wanted = order.open;
        for (const other of this.others(order, order.price)) {
            const own = order.prevention !== "none" && other.group === order.group;
            if (own && order.prevention !== "cancel_oldest") return false;
            if (!own) wanted -= other.open;
            if (wanted <= 0) return true;
        }
        return false;
    }

    private end(order: Plain, why: string): void {
        Object.assign(order, { open: 0, resting: false });
        this.reports.push({ what: "ended", order: order.id, why });
    }
}
