// The venue's public book: changes of a tenth of a second in one delta, as venues publish it, and the whole book from time to time.
import { type Level } from "../../../schema";
import { bookTickers } from "../../../schema/facts/bookTickers";
import { orderBookTicks } from "../../../schema/facts/orderBookTicks";
import { fixed } from "../core/decimals";
import { type Journal } from "../core/journal";
import { type Play, type Schedule } from "../core/schedule";
import { millisecond, minute } from "../core/time";
import { type Side } from "../engine/orders";
import { type Desk, type MarketObserver } from "./desk";
import { venueName } from "./instruments";

/** Changes are gathered for this long, as in Binance's depth@100ms. */
const conflation = 100 * millisecond;
/** A reader that starts in the middle waits this long at most. */
const snapshotEvery = minute;

/** Publishes the book and the best prices of one desk. Update ids count changed levels. */
export class BookFeed implements MarketObserver {
    private readonly changed = { buy: new Map<number, number>(), sell: new Map<number, number>() };
    private updates = 0;
    private published = 0;
    private waiting = false;
    private lastBest = "";

    constructor(
        private readonly desk: Desk,
        private readonly schedule: Schedule,
        private readonly journal: Journal,
    ) {}

    levelChanged(side: Side, price: number, lots: number): void {
        this.changed[side].set(price, lots);
        this.updates++;
        if (this.waiting) return;
        this.waiting = true;
        this.schedule.after(conflation - (this.schedule.now % conflation), () => this.publish());
    }

    traded(): void {
        // Trades change the book through its levels.
    }

    /** Publishes the whole book, again and again. */
    *snapshots(): Play {
        for (;;) {
            this.publish();
            const { symbol } = this.desk.instrument;
            const id = String(this.published);
            const bids = [...this.desk.levels("buy")].map((level) => this.level(level));
            const asks = [...this.desk.levels("sell")].map((level) => this.level(level));
            const ids = { first_update_id: id, final_update_id: id };
            this.journal.add(orderBookTicks, { venue: venueName, symbol, kind: "snapshot", ...ids, bids, asks });
            yield snapshotEvery;
        }
    }

    private publish(): void {
        this.waiting = false;
        if (this.updates === this.published) return;
        const levels = (side: Side): Level[] => [...this.changed[side]].map((level) => this.level(level));
        this.journal.add(orderBookTicks, {
            venue: venueName,
            symbol: this.desk.instrument.symbol,
            kind: "delta",
            first_update_id: String(this.published + 1),
            final_update_id: String(this.updates),
            bids: levels("buy"),
            asks: levels("sell"),
        });
        this.published = this.updates;
        this.changed.buy.clear();
        this.changed.sell.clear();
        this.publishBest();
    }

    /** The best prices, when they are others than last time. */
    private publishBest(): void {
        const [bid] = this.desk.levels("buy");
        const [ask] = this.desk.levels("sell");
        const now = `${String(bid)} ${String(ask)}`;
        if (bid === undefined || ask === undefined || now === this.lastBest) return;
        this.lastBest = now;
        const [bid_price, bid_quantity] = this.level(bid);
        const [ask_price, ask_quantity] = this.level(ask);
        const prices = { bid_price, bid_quantity, ask_price, ask_quantity };
        const { symbol } = this.desk.instrument;
        this.journal.add(bookTickers, { venue: venueName, symbol, update_id: String(this.updates), ...prices });
    }

    private level([price, lots]: readonly [number, number]): Level {
        const { tickDecimals, lotDecimals } = this.desk.instrument;
        return [fixed(price, tickDecimals), fixed(lots, lotDecimals)];
    }
}
