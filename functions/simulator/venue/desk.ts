// Trading in one instrument: takes orders of accounts, has the matching engine match them, moves the money, and writes the facts.
import { userOrders } from "../../../schema/facts/userOrders";
import { userTrades } from "../../../schema/facts/userTrades";
import { fixed, partsPerMillion } from "../core/decimals";
import { type Body, type Journal } from "../core/journal";
import { type Schedule } from "../core/schedule";
import { iso } from "../core/time";
import { MatchingEngine } from "../engine/matching";
import {
    type EndReason,
    type EngineListener,
    Order,
    type OrderRequest,
    type Refusal,
    type SelfTradePrevention,
    type Side,
} from "../engine/orders";
import { type Account, available, credit, hold, quoteIndex } from "./accounts";
import { feeTiers } from "./fees";
import { type Instrument, quoteAsset, quoteDecimals, venueName } from "./instruments";

/** How far from the best price a market order may trade, parts per million; beyond it the rest expires. */
const marketCollar = 100_000;
/** Digits after the point of an average price beyond those of a tick. */
const averageDecimals = 6;

/** How an order came in. */
export interface Via {
    readonly session?: string;
    readonly apiKey?: string;
    /** The order this one replaces. */
    readonly replaces?: string;
}

/** What an account sends; a limit price in ticks is needed by all but market orders. */
export interface OrderForm {
    readonly side: Side;
    readonly type: OrderRequest["type"];
    readonly timeInForce: OrderRequest["timeInForce"];
    readonly price?: number;
    /** Lots. */
    readonly quantity: number;
    /** Instead of the account's own mode. */
    readonly prevention?: SelfTradePrevention;
}

/** What the venue keeps of an order beside what the engine does. */
export interface Ticket {
    readonly account: Account;
    readonly via: Via;
    readonly bestBid: string | null;
    readonly bestAsk: string | null;
    acceptedAt: string | null;
    revision: number;
    /** Of the account's assets, what this order may still need. */
    held: number;
    /** Sum of price times quantity of its fills, in ticks times lots. */
    notional: number;
}

/** An order of the venue. */
export type VenueOrder = Order<Ticket>;

/** Follows the market of an instrument. */
export interface MarketObserver {
    levelChanged(side: Side, price: number, lots: number): void;
    traded(id: string, price: number, lots: number, takerSide: Side): void;
}

/** Numbers that are unique over the whole venue. */
export interface Counters {
    order: number;
    trade: number;
}

type State = Body<typeof userOrders>["state"];
type Reason = NonNullable<Body<typeof userOrders>["reason"]>;

/** The desk of one instrument. */
export class Desk implements EngineListener<Ticket> {
    private readonly engine = new MatchingEngine<Ticket>(this);
    private readonly observers: MarketObserver[] = [];
    private lastPrice: number;

    constructor(
        readonly instrument: Instrument,
        private readonly counters: Counters,
        private readonly schedule: Schedule,
        private readonly journal: Journal,
    ) {
        this.lastPrice = instrument.openingPrice;
    }

    /** Has somebody follow the market. */
    follow(observer: MarketObserver): void {
        this.observers.push(observer);
    }

    /** Best bid in ticks. */
    get bestBid(): number | undefined {
        return this.engine.bestBid;
    }

    /** Best ask in ticks. */
    get bestAsk(): number | undefined {
        return this.engine.bestAsk;
    }

    /** Levels of a side from the best on, price and lots. */
    *levels(side: Side): Generator<readonly [price: number, lots: number]> {
        for (const { price, quantity } of this.engine.levels(side)) yield [price, quantity];
    }

    /** Sends an order for an account; one that the account cannot cover is rejected. */
    submit(account: Account, form: OrderForm, via: Via = {}): VenueOrder {
        const { side, type, timeInForce, quantity, prevention = account.prevention } = form;
        const price = form.price ?? this.collar(side);
        const id = String(++this.counters.order);
        const request = { id, side, type, timeInForce, price, quantity, group: account.group, prevention };
        const ticket: Ticket = {
            account,
            via,
            bestBid: this.price(this.bestBid),
            bestAsk: this.price(this.bestAsk),
            acceptedAt: null,
            revision: 0,
            held: 0,
            notional: 0,
        };
        const order = new Order(request, ticket);
        if (this.need(order) > available(account, this.spends(order)))
            this.write(order, "rejected", "insufficient_balance");
        else this.engine.submit(order);
        return order;
    }

    /** Takes an order out of the book; false when it is out already. */
    cancel(order: VenueOrder): boolean {
        return this.engine.cancel(order);
    }

    /** Changes price (ticks) and total quantity (lots); false when the engine or the account's balance does not allow it. */
    amend(order: VenueOrder, price: number, quantity: number): boolean {
        const { request, party } = order;
        const more = this.need({ request, party, price, remaining: quantity - order.filled }) - party.held;
        if (more > available(party.account, this.spends(order))) return false;
        return this.engine.amend(order, price, quantity);
    }

    accepted(order: VenueOrder): void {
        order.party.acceptedAt = iso(this.schedule.now);
        this.reserve(order, this.need(order));
        this.write(order, "new", null);
    }

    rejected(order: VenueOrder, why: Refusal): void {
        this.write(order, "rejected", why === "invalid" ? "risk_limit" : "other");
    }

    amended(order: VenueOrder, why: Exclude<EndReason, "expiry">): void {
        this.reserve(order, this.need(order));
        this.write(order, "amended", why === "user" ? null : why);
    }

    ended(order: VenueOrder, why: EndReason): void {
        this.reserve(order, 0);
        this.write(order, why === "expiry" ? "expired" : "cancelled", why);
    }

    prevented(): void {
        // Both orders' fates follow as events of their own, with self_trade_prevention as the reason.
    }

    levelChanged(side: Side, price: number, lots: number): void {
        for (const observer of this.observers) observer.levelChanged(side, price, lots);
    }

    traded(maker: VenueOrder, taker: VenueOrder, price: number, lots: number): void {
        const quote = price * lots * this.instrument.unit;
        const fees = {
            maker: this.settle(maker, lots, quote, feeTiers[maker.party.account.feeTier].maker),
            taker: this.settle(taker, lots, quote, feeTiers[taker.party.account.feeTier].taker),
        };
        for (const order of [maker, taker]) {
            order.party.notional += price * lots;
            this.reserve(order, this.need(order));
            this.write(order, order.remaining === 0 ? "filled" : "partially_filled", null);
        }
        this.lastPrice = price;
        const id = String(++this.counters.trade);
        this.writeTrade(id, { maker, taker }, price, lots, fees);
        for (const observer of this.observers) observer.traded(id, price, lots, taker.request.side);
    }

    /** Moves what a fill moves; returns the fee in quote millionths, negative for a rebate. */
    private settle({ party, request }: VenueOrder, lots: number, quote: number, rate: number): number {
        const fee = partsPerMillion(quote, rate);
        const sign = request.side === "buy" ? 1 : -1;
        credit(party.account, this.instrument.index, sign * lots);
        credit(party.account, quoteIndex, -sign * quote - fee);
        return fee;
    }

    private spends({ request }: VenueOrder): number {
        return request.side === "buy" ? quoteIndex : this.instrument.index;
    }

    /** What the open part of an order may cost at worst, in the asset it spends; of a sale the fee is taken from its proceeds. */
    private need(order: Pick<VenueOrder, "request" | "party" | "price" | "remaining">): number {
        if (order.request.side === "sell") return order.remaining;
        const quote = order.price * order.remaining * this.instrument.unit;
        const { maker, taker } = feeTiers[order.party.account.feeTier];
        // Fees are rounded down, so those of its fills never add up to more than that of the whole.
        return quote + partsPerMillion(quote, Math.max(maker, taker));
    }

    private reserve(order: VenueOrder, amount: number): void {
        hold(order.party.account, this.spends(order), amount - order.party.held);
        order.party.held = amount;
    }

    private collar(side: Side): number {
        const best = (side === "buy" ? this.bestAsk : this.bestBid) ?? this.lastPrice;
        const width = Math.max(1, partsPerMillion(best, marketCollar));
        return Math.max(1, side === "buy" ? best + width : best - width);
    }

    private price(ticks: number | undefined): string | null {
        return ticks === undefined ? null : fixed(ticks, this.instrument.tickDecimals);
    }

    private average({ filled, party }: VenueOrder): string | null {
        if (filled === 0) return null;
        const precise = (BigInt(party.notional) * 10n ** BigInt(averageDecimals)) / BigInt(filled);
        return fixed(precise, this.instrument.tickDecimals + averageDecimals);
    }

    private write(order: VenueOrder, state: State, reason: Reason | null): void {
        const { request, party } = order;
        const { lotDecimals, symbol } = this.instrument;
        this.journal.add(userOrders, {
            venue: venueName,
            symbol,
            order_id: request.id,
            client_order_id: party.via.apiKey === undefined ? null : `c${request.id}`,
            revision: String(++party.revision),
            state,
            reason,
            replaced_order_id: party.via.replaces ?? null,
            user_id: party.account.userId,
            account_id: party.account.id,
            sub_account_id: null,
            api_key_id: party.via.apiKey ?? null,
            session_id: party.via.session ?? null,
            side: request.side,
            type: request.type,
            time_in_force: request.timeInForce,
            price: request.type === "market" ? null : this.price(order.price),
            stop_price: null,
            quantity: fixed(order.quantity, lotDecimals),
            filled_quantity: fixed(order.filled, lotDecimals),
            average_price: this.average(order),
            best_bid: party.bestBid,
            best_ask: party.bestAsk,
            accepted_at: party.acceptedAt,
        });
    }

    private writeTrade(
        id: string,
        { maker, taker }: { maker: VenueOrder; taker: VenueOrder },
        price: number,
        lots: number,
        fees: { maker: number; taker: number },
    ): void {
        const { symbol, tickDecimals, lotDecimals } = this.instrument;
        this.journal.add(userTrades, {
            venue: venueName,
            symbol,
            trade_id: id,
            trade_version: "1",
            status: "executed",
            price: fixed(price, tickDecimals),
            quantity: fixed(lots, lotDecimals),
            taker_side: taker.request.side,
            maker_user_id: maker.party.account.userId,
            maker_account_id: maker.party.account.id,
            maker_order_id: maker.request.id,
            maker_fee: fixed(fees.maker, quoteDecimals),
            maker_fee_asset: quoteAsset,
            taker_user_id: taker.party.account.userId,
            taker_account_id: taker.party.account.id,
            taker_order_id: taker.request.id,
            taker_fee: fixed(fees.taker, quoteDecimals),
            taker_fee_asset: quoteAsset,
        });
    }
}
