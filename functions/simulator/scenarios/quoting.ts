// Many orders, few trades: storms of orders that clog the book, and, as a decoy, honest quoting that cancels just as much.
import { type Range } from "../core/random";
import { type Play } from "../core/schedule";
import { minute, second } from "../core/time";
import { type Side } from "../engine/orders";
import { available, quoteIndex } from "../venue/accounts";
import { type VenueOrder } from "../venue/desk";
import { type Instrument, instruments, lotsWorth, quoteDecimals } from "../venue/instruments";
import { type Person } from "../world/people";
import { holder } from "./hands";
import { type Scenario, type Stage } from "./stage";

const million = 10 ** quoteDecimals;
const stuffing = {
    bursts: [1, 4] as Range,
    orders: [150, 900] as Range,
    lasting: [2 * second, 10 * second] as Range,
    rest: [10 * second, 3 * minute] as Range,
    /** Quote millionths of an order, and its distance from the best price in ticks. */
    size: [10 * million, 60 * million] as Range,
    distance: [1, 40] as Range,
};
const making = {
    lasting: [10 * minute, 25 * minute] as Range,
    every: [second, 6 * second] as Range,
    size: [30 * million, 120 * million] as Range,
    distance: [0.0003, 0.0006] as Range,
    step: 0.0004,
    levels: [0, 1],
};

/** One burst: each order is gone before the next but one comes. */
function* burst(stage: Stage, person: Person, instrument: Instrument): Play {
    const { draw } = stage;
    const desk = stage.desk(instrument);
    const via = { apiKey: `k-${person.account.id}` };
    const orders = draw.int(stuffing.orders);
    const beat = draw.between(stuffing.lasting) / orders;
    for (let n = 0; n < orders; n++) {
        const price = Math.max(1, (desk.bestBid ?? instrument.openingPrice) - draw.int(stuffing.distance));
        const quantity = lotsWorth(instrument, draw.between(stuffing.size), price);
        const form = { side: "buy", type: "limit", timeInForce: "gtc", price, quantity } as const;
        const order = desk.submit(person.account, form, via);
        const life = draw.between([0.1, 0.9]) * beat;
        yield life;
        desk.cancel(order);
        yield beat - life;
    }
}

function* quoteStuffing(stage: Stage): Play {
    const person = stage.person({ cash: 1_000 });
    const instrument = stage.draw.weighted(instruments);
    stage.concerns(person);
    stage.concernsToken(instrument);
    const bursts = stage.draw.int(stuffing.bursts);
    for (let n = 0; n < bursts; n++) {
        yield* burst(stage, person, instrument);
        yield stage.pause(stuffing.rest);
    }
}

function* twoSidedMaker(stage: Stage): Play {
    const { draw, world } = stage;
    const { person, instrument } = holder(stage, 2_000);
    stage.concerns(person);
    const desk = stage.desk(instrument);
    const fair = world.price(instrument);
    const means = (side: Side): number =>
        side === "buy" ? available(person.account, quoteIndex) : stage.value(person, instrument);
    const quote = (side: Side, level: number): VenueOrder => {
        const distance = draw.between(making.distance) + level * making.step;
        const wanted = Math.round(fair.fair * (side === "buy" ? 1 - distance : 1 + distance));
        const { bestBid = 1, bestAsk = Infinity } = desk;
        const price = Math.max(1, side === "buy" ? Math.min(wanted, bestAsk - 1) : Math.max(wanted, bestBid + 1));
        const size = Math.min(draw.between(making.size), means(side) / (2 * making.levels.length));
        const quantity = lotsWorth(instrument, size, price);
        const form = { side, type: "post_only", timeInForce: "gtc", price, quantity } as const;
        return desk.submit(person.account, form, { apiKey: `k-${person.account.id}` });
    };
    const until = world.schedule.now + draw.between(making.lasting);
    while (world.schedule.now < until) {
        const quotes = making.levels.flatMap((level) => [quote("buy", level), quote("sell", level)]);
        yield stage.pause(making.every);
        for (const order of quotes) desk.cancel(order);
    }
}

export const scenarios: readonly Scenario[] = [
    {
        name: "quote_stuffing",
        class: "scenario",
        summary: "Bursts of hundreds of orders, each gone within milliseconds",
        minutes: 15,
        play: quoteStuffing,
    },
    {
        name: "two_sided_maker",
        class: "decoy",
        summary: "Somebody without an agreement quotes both sides and cancels nearly all of it",
        minutes: 30,
        play: twoSidedMaker,
    },
];
