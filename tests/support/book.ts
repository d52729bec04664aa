// For tests: an order book kept by the plainest rule there is, to compare others with.
type Level = readonly [price: string, quantity: string];

/** Trailing zeros say nothing: 95000.10 and 95000.1 are one decimal. */
export const decimal = (value: string): string => (value.includes(".") ? value.replace(/\.?0+$/, "") : value);

/** Bids and asks by price. */
export class PlainBook {
    private readonly sides = { bids: new Map<string, string>(), asks: new Map<string, string>() };

    reset(bids: readonly Level[], asks: readonly Level[]): void {
        this.sides.bids.clear();
        this.sides.asks.clear();
        this.apply(bids, asks);
    }

    /** A quantity of 0 removes the level. */
    apply(bids: readonly Level[], asks: readonly Level[]): void {
        for (const [side, levels] of [
            [this.sides.bids, bids],
            [this.sides.asks, asks],
        ] as const)
            for (const [price, quantity] of levels)
                if (decimal(quantity) === "0") side.delete(decimal(price));
                else side.set(decimal(price), decimal(quantity));
    }

    /** All levels as one text, for comparison. */
    toString(): string {
        const side = (levels: Map<string, string>): string =>
            [...levels]
                .map((level) => level.join("@"))
                .sort()
                .join(" ");
        return `${side(this.sides.bids)} | ${side(this.sides.asks)}`;
    }
}
