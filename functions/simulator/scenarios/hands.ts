// What several scenarios do with orders: prices inside the spread, and trades from hand to hand.
import { type Range } from "../core/random";
import { millisecond, second } from "../core/time";
import { available } from "../venue/accounts";
import { type Desk } from "../venue/desk";
import { instruments, type Instrument, quoteDecimals } from "../venue/instruments";
import { type Person } from "../world/people";
import { type Stage } from "./stage";

const million = 10 ** quoteDecimals;
const reaction: Range = [20 * millisecond, 2 * second];

/** A price between best bid and best ask; where there is none the best ask, without asks the fair price. */
export function inside(stage: Stage, desk: Desk): number {
    const { bestBid, bestAsk, instrument } = desk;
    if (bestAsk === undefined) return Math.max(1, Math.round(stage.world.price(instrument).fair));
    if (bestBid === undefined || bestAsk - bestBid < 2) return bestAsk;
    return stage.draw.int([bestBid + 1, bestAsk - 1]);
}

/**
 * One sells to the other: an order inside the spread, taken a moment later. Returns the lots that went from hand to hand: none when somebody
 * else was faster, and then the seller buys back what he is to go on with.
 */
export function* handOver(
    stage: Stage,
    desk: Desk,
    { from, to, lots }: { from: Person; to: Person; lots: number },
): Generator<number, number> {
    const missing = lots - available(from.account, desk.instrument.index);
    if (missing > 0) desk.submit(from.account, { side: "buy", type: "market", timeInForce: "ioc", quantity: missing });
    const form = { type: "limit", price: inside(stage, desk), quantity: lots, prevention: "none" } as const;
    const sell = { account: from.account, form: { ...form, side: "sell" } } as const;
    const buy = { account: to.account, form: { ...form, side: "buy" } } as const;
    const [first, second] = stage.draw.chance(0.5) ? [sell, buy] : [buy, sell];
    const resting = desk.submit(first.account, { ...first.form, timeInForce: "gtc" });
    yield stage.pause(reaction);
    const before = resting.filled;
    desk.submit(second.account, { ...second.form, timeInForce: "ioc" });
    const moved = resting.filled - before;
    desk.cancel(resting);
    return moved;
}

/** A token one of whose holders is still free, with that holder: he has cash and token worth at least `worth` quote units each. */
export function holder(stage: Stage, worth: number): { person: Person; instrument: Instrument } {
    const fits = (person: Person): Instrument | undefined =>
        person.favourites.find((instrument) => stage.value(person, instrument) >= worth * million);
    const person = stage.person({ cash: worth, fits: (candidate) => fits(candidate) !== undefined });
    return { person, instrument: fits(person) ?? instruments[0] ?? stage.token() };
}
