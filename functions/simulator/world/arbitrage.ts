// The arbitrage bot: takes what our book offers better than the reference venue, at once and at every desk.
import { type Draw, type Range } from "../core/random";
import { type Play } from "../core/schedule";
import { millisecond } from "../core/time";
import { type Account } from "../venue/accounts";
import { type Desk } from "../venue/desk";
import { lotsWorth } from "../venue/instruments";
import { type PriceProcess } from "../venue/prices";

/** Gain over the reference price from which a trade is worth its fees. */
const edge = 0.0012;
const every: Range = [300 * millisecond, 900 * millisecond];
/** One trade, as a share of the instrument's one-percent depth. */
const size: Range = [0.002, 0.02];

/** Watches one desk. */
export function* arbitrage(account: Account, desk: Desk, price: PriceProcess, draw: Draw): Play {
    const via = { apiKey: `k-${account.id}` };
    for (;;) {
        yield draw.int(every);
        const { bestAsk = Infinity, bestBid = 0 } = desk;
        const quote = draw.between(size) * desk.instrument.depth;
        const take = (side: "buy" | "sell", limit: number): void => {
            const quantity = lotsWorth(desk.instrument, quote, limit);
            desk.submit(account, { side, type: "limit", timeInForce: "ioc", price: limit, quantity }, via);
        };
        if (bestAsk < price.outside * (1 - edge)) take("buy", bestAsk);
        else if (bestBid > price.outside * (1 + edge)) take("sell", bestBid);
    }
}
