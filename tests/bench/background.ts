// A venue's traffic at a steady rate, straight into Kafka as producers send it: orders, trades, market data and logins, with nothing suspicious in it.
import { setTimeout as pause } from "node:timers/promises";
import { catalogue, type Declaration } from "../../schema";
import { Delivery, type Outgoing } from "../../functions/shared/delivery";
import { KafkaSink } from "../../functions/shared/kafka";
import { createLog } from "../../functions/shared/log";
import { seeded } from "./samples";

const batchMs = 100;
/** Users with an account each, and instruments, all as likely. */
const users = 20_000;
const instruments = 40;
/** One act is a trade with what belongs to it; every so many acts somebody logs in. */
const actsPerLogin = 20;

/** A declaration by its name. Throws where there is none. */
export function declarationOf(name: string): Declaration {
    const found = catalogue.find((declaration) => declaration.name === name);
    if (found === undefined) throw new Error(`there is no fact ${name}`);
    return found;
}

/** A live event with its identity, ready to be delivered. */
export function outgoing(declaration: Declaration, own: Readonly<Record<string, unknown>>): Outgoing {
    const event = { source_id: "bench", origin: "live", ...own };
    return { declaration, event: { ...event, event_id: declaration.eventId(event) } as unknown as Outgoing["event"] };
}

const [orders, trades, actions] = ["user_orders", "user_trades", "user_actions"].map(declarationOf) as [
    Declaration,
    Declaration,
    Declaration,
];
const [tape, tickers] = ["market_trades", "book_tickers"].map(declarationOf) as [Declaration, Declaration];

/** Sends traffic at a rate until stopped; only acknowledged events count. */
export class Background {
    /** Events Kafka has acknowledged. */
    acknowledged = 0;
    private stopping = false;
    private running: Promise<void> = Promise.resolve();
    private acts = 0;
    private readonly random = seeded(11);
    private readonly began = Date.now();
    private readonly sink: KafkaSink;
    private readonly delivery: Delivery;
    private waiting: Outgoing[] = [];

    constructor(
        brokers: string,
        /** Events per second it aims at. */
        private readonly perSecond: number,
    ) {
        const log = createLog("bench", "warn");
        this.sink = new KafkaSink("bench", [brokers], log);
        this.delivery = new Delivery(this.sink, log);
    }

    start(): void {
        this.running = this.run();
        // Whoever stops it hears of a failure; until then it is not an unhandled one.
        this.running.catch(() => undefined);
    }

    /** Ends the stream and closes its producer. Rejects with what ended it before. */
    async stop(): Promise<void> {
        this.stopping = true;
        try {
            await this.running;
        } finally {
            await this.sink.close();
        }
    }

    /** Resolves after some seconds with the rate that was acknowledged in them, events per second. */
    async rateOver(seconds: number): Promise<number> {
        const [began, before] = [performance.now(), this.acknowledged];
        await pause(seconds * 1_000);
        return (this.acknowledged - before) / ((performance.now() - began) / 1_000);
    }

    private async run(): Promise<void> {
        const never = new AbortController().signal;
        let [began, base] = [performance.now(), 0];
        while (!this.stopping) {
            const behind =
                Math.floor(((performance.now() - began) / 1_000) * this.perSecond) + base - this.acknowledged;
            // Up to a second is made up for; beyond it the rate is not reached, and the rate that is told shows it.
            if (behind > this.perSecond) [began, base] = [performance.now(), this.acknowledged];
            const due = Math.min(behind, this.perSecond);
            if (due > 0) {
                await this.delivery.deliver(this.take(due), never);
                this.acknowledged += due;
            }
            await pause(batchMs);
        }
    }

    private take(count: number): Outgoing[] {
        while (this.waiting.length < count) this.waiting.push(...this.act());
        return this.waiting.splice(0, count);
    }

    /** Ten events: two orders that trade with each other, one that is put up and taken out, and what the market sees of it; now and then a login. */
    private act(): Outgoing[] {
        const n = (this.acts += 1);
        const id = `${String(this.began)}-${String(n)}`;
        const pick = (): string => `b${String(Math.floor(this.random() * users))}`;
        const [maker, taker, quoter] = [pick(), pick(), pick()];
        const price = (95 + Math.floor(this.random() * 1_000) / 100).toFixed(2);
        const quantity = String(1 + Math.floor(this.random() * 9));
        const event_time = new Date().toISOString();
        const market = { event_time, venue: "bench", symbol: `B${String(n % instruments)}USDT` };
        const login = n % actsPerLogin === 0 ? [loginOf(event_time, id, taker)] : [];
        return [
            ...orderOf(market, `${id}-m`, maker, { side: "sell", price, quantity, end: "filled" }),
            ...orderOf(market, `${id}-t`, taker, { side: "buy", price, quantity, end: "filled" }),
            ...orderOf(market, `${id}-q`, quoter, { side: "buy", price, quantity, end: "cancelled" }),
            outgoing(trades, {
                ...{
                    ...market,
                    trade_id: id,
                    trade_version: "1",
                    status: "executed",
                    price,
                    quantity,
                    taker_side: "buy",
                },
                ...{ maker_user_id: maker, maker_account_id: `a-${maker}`, maker_order_id: `${id}-m`, maker_fee: "0" },
                ...{ taker_user_id: taker, taker_account_id: `a-${taker}`, taker_order_id: `${id}-t`, taker_fee: "0" },
                ...{ maker_fee_asset: "USDT", taker_fee_asset: "USDT" },
            }),
            outgoing(tape, { ...market, trade_id: id, price, quantity, taker_side: "buy" }),
            ...[1, 2].map((update) => tickerOf(market, String(this.began * 1_000 + n * 2 + update), price)),
            ...login,
        ];
    }
}

interface Market {
    readonly event_time: string;
    readonly venue: string;
    readonly symbol: string;
}

/** An order as it is accepted and as it ends. */
function orderOf(
    market: Market,
    order_id: string,
    user: string,
    { end, ...terms }: { side: "buy" | "sell"; price: string; quantity: string; end: "filled" | "cancelled" },
): Outgoing[] {
    const order = { ...market, order_id, user_id: user, account_id: `a-${user}`, type: "limit", time_in_force: "gtc" };
    const filled = end === "filled" ? terms.quantity : "0";
    return [
        outgoing(orders, { ...order, ...terms, revision: "1", state: "new", filled_quantity: "0" }),
        outgoing(orders, { ...order, ...terms, revision: "2", state: end, filled_quantity: filled }),
    ];
}

const tickerOf = (market: Market, update_id: string, price: string): Outgoing =>
    outgoing(tickers, {
        ...{ ...market, update_id, bid_price: price, bid_quantity: "5" },
        ...{ ask_price: (Number(price) + 0.01).toFixed(2), ask_quantity: "5" },
    });

const loginOf = (event_time: string, action_id: string, user: string): Outgoing =>
    outgoing(actions, {
        ...{ event_time, action_id, action: "login_succeeded", channel: "browser", user_id: user },
        ...{ account_id: `a-${user}`, session_id: action_id, ip: "192.0.2.10", device_id: `d-${user}`, country: "DE" },
        ...{ city: "Berlin", latitude: "52.520000", longitude: "13.405000", asn: "64500", asn_class: "isp" },
    });
