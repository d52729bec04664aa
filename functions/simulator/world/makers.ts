// Market makers: quote both sides of every instrument around the price they believe in, and so take most of the other sides.
import { type Draw, type Range } from "../core/random";
import { type Play } from "../core/schedule";
import { millisecond } from "../core/time";
import { type Side } from "../engine/orders";
import { type Account } from "../venue/accounts";
import { type Desk, type VenueOrder } from "../venue/desk";
import { lotsWorth } from "../venue/instruments";
import { type PriceProcess } from "../venue/prices";

/** How a maker quotes. */
export interface MakerStyle {
    /** Distance of the first level from the fair price, and between levels, as a share of the price. */
    readonly half: number;
    readonly step: number;
    readonly levels: number;
    /** Size of a level as a share of the instrument's one-percent depth. */
    readonly size: Range;
    /** Looks at the market this often, microseconds. */
    readonly every: Range;
    /** Moves its quotes when the fair price has moved this share. */
    readonly tolerance: number;
    /** Moves a quote by a new order instead of amending the old one. */
    readonly replaces: boolean;
}

/** Three makers: tight and small, usual, wide and large. */
export const makerStyles: readonly MakerStyle[] = [
    {
        half: 0.0004,
        step: 0.0003,
        levels: 3,
        size: [0.004, 0.012],
        every: [600 * millisecond, 1_800 * millisecond],
        tolerance: 0.0002,
        replaces: false,
    },
    {
        half: 0.0007,
        step: 0.0005,
        levels: 4,
        size: [0.008, 0.03],
        every: [1_000 * millisecond, 3_000 * millisecond],
        tolerance: 0.0003,
        replaces: true,
    },
    {
        half: 0.0012,
        step: 0.001,
        levels: 4,
        size: [0.02, 0.06],
        every: [2_000 * millisecond, 5_000 * millisecond],
        tolerance: 0.0005,
        replaces: false,
    },
];

/** A maker at one desk. */
export class Maker {
    private readonly quotes = new Map<string, VenueOrder>();
    private quotedAt = 0;

    constructor(
        private readonly account: Account,
        private readonly style: MakerStyle,
        private readonly desk: Desk,
        private readonly price: PriceProcess,
        private readonly draw: Draw,
    ) {}

    /** Quotes, again and again. */
    *quote(): Play {
        const { every, tolerance } = this.style;
        for (;;) {
            const { fair } = this.price;
            const moved = Math.abs(fair - this.quotedAt) > tolerance * fair;
            if (moved) this.quotedAt = fair;
            for (const side of ["buy", "sell"] as const)
                for (let level = 0; level < this.style.levels; level++) this.place(side, level, moved);
            yield this.draw.int(every);
        }
    }

    private place(side: Side, level: number, moved: boolean): void {
        const { half, step, replaces } = this.style;
        const slot = side + String(level);
        const resting = this.quotes.get(slot);
        const alive = resting?.level !== undefined;
        if (alive && !moved) return;
        const distance = half + step * level;
        const exact = this.quotedAt * (side === "buy" ? 1 - distance : 1 + distance);
        const price = Math.max(1, side === "buy" ? Math.floor(exact) : Math.ceil(exact));
        if (alive && resting.price === price) return;
        if (alive && !replaces && this.desk.amend(resting, price, resting.filled + this.lots(price))) return;
        if (alive) this.desk.cancel(resting);
        const via = {
            apiKey: `k-${this.account.id}`,
            ...(alive ? { replaces: resting.request.id } : {}),
        };
        const form = { side, price, quantity: this.lots(price) };
        const { bestBid = 0, bestAsk = Infinity } = this.desk;
        // What somebody left standing beyond the price is taken; a quote there would be refused.
        if (side === "buy" ? bestAsk <= price : bestBid >= price)
            this.desk.submit(this.account, { ...form, type: "limit", timeInForce: "ioc" }, via);
        else
            this.quotes.set(
                slot,
                this.desk.submit(this.account, { ...form, type: "post_only", timeInForce: "gtc" }, via),
            );
    }

    private lots(price: number): number {
        const { instrument } = this.desk;
        return lotsWorth(instrument, this.draw.between(this.style.size) * instrument.depth, price);
    }
}
