// What things are worth: the reference venue's price as a random walk, and how far our own venue's flow has moved it from there.
import { type Draw } from "../core/random";
import { type Play } from "../core/schedule";
import { day, second } from "../core/time";
import { type Side } from "../engine/orders";
import { type MarketObserver } from "./desk";
import { type Instrument } from "./instruments";
import { type Ticker } from "./tape";

const step = second;
/** Share of the premium that is gone after a step: a half-life of about seven minutes. */
const decay = 1 / 600;
/** What one-sided flow worth `depth` does to the price. */
const impact = 0.01;
/** No walk goes below this share of the opening price. */
const floor = 0.05;

/** The price of one instrument, in ticks and fractions of them: a belief, never an amount of money. */
export class PriceProcess implements MarketObserver {
    private reference: number;
    private premium = 0;

    constructor(
        private readonly instrument: Instrument,
        private readonly draw: Draw,
        private readonly ticker: Ticker,
    ) {
        this.reference = instrument.openingPrice;
    }

    /** Price on the reference venue. */
    get outside(): number {
        return this.reference;
    }

    /** Price our makers quote around. */
    get fair(): number {
        return this.reference * (1 + this.premium);
    }

    /** Moves the price everywhere, by a share: news. */
    shock(share: number): void {
        this.reference = Math.max(this.instrument.openingPrice * floor, this.reference * (1 + share));
    }

    levelChanged(): void {
        // Prices follow trades, not quotes.
    }

    traded(_id: string, price: number, lots: number, takerSide: Side): void {
        const flow = (price * lots * this.instrument.unit) / this.instrument.depth;
        this.premium += (takerSide === "buy" ? 1 : -1) * impact * flow;
    }

    /** Walks. */
    *walk(): Play {
        const deviation = this.instrument.dailyVolatility * Math.sqrt(step / day);
        for (;;) {
            yield step;
            this.shock(deviation * this.draw.normal());
            this.premium -= this.premium * decay;
            const lots = this.draw.logNormal(this.instrument.depth / 2_000 / this.reference / this.instrument.unit, 1);
            this.ticker.add(Math.max(1, Math.round(this.reference)), Math.max(1, Math.round(lots)));
        }
    }
}
