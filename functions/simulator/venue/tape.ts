// Public trades of the venue, and the rolling day in tickers: of the venue, and of the one whose prices it follows.
import { marketTickers } from "../../../schema/facts/marketTickers";
import { marketTrades } from "../../../schema/facts/marketTrades";
import { fixed } from "../core/decimals";
import { type Journal } from "../core/journal";
import { type Play, type Schedule } from "../core/schedule";
import { minute, second } from "../core/time";
import { type Side } from "../engine/orders";
import { type MarketObserver } from "./desk";
import { type Instrument, quoteDecimals, venueName } from "./instruments";

const tickerEvery = 5 * second;
const dayMinutes = 1_440;

interface MinuteBar {
    minute: number;
    open: number;
    high: number;
    low: number;
    lots: bigint;
    quote: bigint;
}

/** The last 24 hours of an instrument, by minutes: the oldest minute leaves as a whole. */
class RollingDay {
    private readonly bars: MinuteBar[] = [];
    private last = 0;
    private lots = 0n;
    private quote = 0n;

    add(now: number, price: number, lots: number, quote: number): void {
        const at = Math.floor(now / minute);
        let bar = this.bars.at(-1);
        if (bar?.minute !== at) {
            bar = { minute: at, open: price, high: price, low: price, lots: 0n, quote: 0n };
            this.bars.push(bar);
        }
        bar.high = Math.max(bar.high, price);
        bar.low = Math.min(bar.low, price);
        bar.lots += BigInt(lots);
        bar.quote += BigInt(quote);
        this.lots += BigInt(lots);
        this.quote += BigInt(quote);
        this.last = price;
    }

    /** Undefined before the first trade and after a day without one. */
    summary(now: number): (Omit<MinuteBar, "minute"> & { last: number }) | undefined {
        const oldest = Math.floor(now / minute) - dayMinutes;
        while ((this.bars[0]?.minute ?? Infinity) <= oldest) this.drop();
        const [first] = this.bars;
        if (first === undefined) return undefined;
        let { high, low } = first;
        for (const bar of this.bars) {
            high = Math.max(high, bar.high);
            low = Math.min(low, bar.low);
        }
        return { open: first.open, high, low, lots: this.lots, quote: this.quote, last: this.last };
    }

    private drop(): void {
        const bar = this.bars.shift();
        this.lots -= bar?.lots ?? 0n;
        this.quote -= bar?.quote ?? 0n;
    }
}

/** Tickers of an instrument on a venue. */
export class Ticker {
    private readonly day = new RollingDay();

    constructor(
        private readonly venue: string,
        private readonly instrument: Instrument,
        private readonly schedule: Schedule,
        private readonly journal: Journal,
    ) {}

    /** Takes a trade in, price in ticks. */
    add(price: number, lots: number): void {
        this.day.add(this.schedule.now, price, lots, price * lots * this.instrument.unit);
    }

    /** Publishes, again and again. */
    *publish(): Play {
        for (;;) {
            yield tickerEvery;
            const day = this.day.summary(this.schedule.now);
            if (day === undefined) continue;
            const { symbol, tickDecimals, lotDecimals } = this.instrument;
            this.journal.add(marketTickers, {
                venue: this.venue,
                symbol,
                last_price: fixed(day.last, tickDecimals),
                open_price: fixed(day.open, tickDecimals),
                high_price: fixed(day.high, tickDecimals),
                low_price: fixed(day.low, tickDecimals),
                base_volume: fixed(day.lots, lotDecimals),
                quote_volume: fixed(day.quote, quoteDecimals),
            });
        }
    }
}

/** Publishes the trades of a desk, and hands them to its ticker. */
export class Tape implements MarketObserver {
    constructor(
        private readonly instrument: Instrument,
        private readonly journal: Journal,
        private readonly ticker: Ticker,
    ) {}

    levelChanged(): void {
        // The book feed's business.
    }

    traded(id: string, price: number, lots: number, takerSide: Side): void {
        const { symbol, tickDecimals, lotDecimals } = this.instrument;
        this.ticker.add(price, lots);
        const body = {
            venue: venueName,
            symbol,
            trade_id: id,
            price: fixed(price, tickDecimals),
            quantity: fixed(lots, lotDecimals),
            taker_side: takerSide,
        };
        // Venues count their trades by symbol.
        this.journal.add(marketTrades, body, symbol);
    }
}
