// Prices that are made: bought up with a crowd and sold into it, or set off by one hand. The decoy is a crash that nobody makes.
import { type Range } from "../core/random";
import { type Play } from "../core/schedule";
import { minute, second } from "../core/time";
import { type Side } from "../engine/orders";
import { available, quoteIndex } from "../venue/accounts";
import { type Desk } from "../venue/desk";
import { type Instrument, lotsWorth, quoteDecimals } from "../venue/instruments";
import { type Person } from "../world/people";
import { sources } from "../world/press";
import { type Scenario, type Stage } from "./stage";

const million = 10 ** quoteDecimals;
/** Targets are tokens of which little is traded. */
const thin = ({ weight }: Instrument): boolean => weight <= 6;
const pumping = {
    organisers: [2, 4] as Range,
    accumulation: [4 * minute, 12 * minute] as Range,
    crowd: [15, 45] as Range,
    /** Rise in all, and how much of it goes again. */
    rise: [0.06, 0.3] as Range,
    fall: [0.6, 1] as Range,
    bursts: [6, 14] as Range,
    beat: [4 * second, 15 * second] as Range,
};
const ignition = {
    /** Share of the one-percent depth that one order takes. */
    size: [0.02, 0.06] as Range,
    orders: [8, 18] as Range,
    beat: [3 * second, 12 * second] as Range,
    followers: [5, 14] as Range,
    rise: [0.012, 0.04] as Range,
    wait: [10 * second, 2 * minute] as Range,
    sold: [0.7, 1] as Range,
};
const crash = { fall: [0.08, 0.22] as Range, lasting: [5 * minute, 15 * minute] as Range, sellers: [40, 90] as Range };

/** A market order worth about so many quote millionths. */
function market(desk: Desk, person: Person, side: Side, worth: number): void {
    const price = (side === "buy" ? desk.bestAsk : desk.bestBid) ?? desk.instrument.openingPrice;
    const quantity = lotsWorth(desk.instrument, worth, price);
    desk.submit(person.account, { side, type: "market", timeInForce: "ioc", quantity });
}

/** Sells a share of what somebody has of a token. */
function sell(desk: Desk, person: Person, share: number): void {
    const quantity = Math.floor(available(person.account, desk.instrument.index) * share);
    if (quantity > 0) desk.submit(person.account, { side: "sell", type: "market", timeInForce: "ioc", quantity });
}

const cash = ({ account }: Person): number => available(account, quoteIndex);

function* accumulate(stage: Stage, desk: Desk, organisers: readonly Person[]): Play {
    const { draw } = stage;
    const rounds = draw.int([3, 7]);
    const length = draw.between(pumping.accumulation);
    for (let n = 0; n < rounds; n++)
        for (const person of organisers) {
            market(desk, person, "buy", cash(person) * draw.between([0.08, 0.2]));
            yield (length / rounds / organisers.length) * draw.between([0.5, 1.5]);
        }
}

function* pumpAndDump(stage: Stage): Play {
    const { draw, world } = stage;
    const token = stage.token(thin);
    const organisers = Array.from({ length: draw.int(pumping.organisers) }, () => stage.person({ cash: 3_000 }));
    const crowd = Array.from({ length: draw.int(pumping.crowd) }, () => stage.person({ cash: 200 }));
    stage.concernsToken(token);
    stage.concerns(...organisers);
    const desk = stage.desk(token);
    const price = world.price(token);
    yield* accumulate(stage, desk, organisers);
    const bursts = draw.int(pumping.bursts);
    const rise = draw.between(pumping.rise);
    for (let n = 0; n < bursts; n++) {
        // All within one moment: the rush of those who were told the time.
        for (const person of crowd.filter((_, index) => index % bursts === n))
            for (let order = draw.int([1, 3]); order > 0; order--)
                market(desk, person, "buy", cash(person) * draw.between([0.1, 0.4]));
        price.shock((1 + rise) ** (1 / bursts) - 1);
        for (let post = draw.int([1, 4]); post > 0; post--)
            world.press.post(token, "positive", draw.weighted(sources), draw);
        yield stage.pause(pumping.beat);
        if (n < bursts * 0.6) continue;
        for (const person of organisers) sell(desk, person, draw.between([0.3, 0.6]));
    }
    const fall = rise * draw.between(pumping.fall);
    for (const person of [...organisers, ...crowd]) {
        sell(desk, person, 1);
        price.shock((1 - fall / (1 + rise)) ** (1 / (organisers.length + crowd.length)) - 1);
        yield stage.pause([second, 12 * second]);
    }
}

function* momentumIgnition(stage: Stage): Play {
    const { draw, world } = stage;
    const token = stage.token(thin);
    const orders = draw.int(ignition.orders);
    const size = draw.scale(ignition.size) * token.depth;
    const hand = stage.person({ cash: (orders * size * 1.3) / million });
    const followers = Array.from({ length: draw.int(ignition.followers) }, () => stage.person({ cash: 150 }));
    stage.concerns(hand);
    stage.concernsToken(token);
    const desk = stage.desk(token);
    const price = world.price(token);
    const rise = draw.between(ignition.rise);
    const before = available(hand.account, token.index);
    for (let n = 0; n < orders; n++) {
        market(desk, hand, "buy", size * draw.between([0.7, 1.3]));
        price.shock((1 + rise) ** (1 / orders) - 1);
        yield stage.pause(ignition.beat);
        for (const person of followers.filter((_, index) => index % orders === n))
            market(desk, person, "buy", cash(person) * draw.between([0.2, 0.6]));
    }
    yield stage.pause(ignition.wait);
    const lots = (available(hand.account, token.index) - before) * draw.between(ignition.sold);
    const pieces = draw.int([3, 8]);
    for (let n = 0; n < pieces; n++) {
        const quantity = Math.max(1, Math.floor(lots / pieces));
        desk.submit(hand.account, { side: "sell", type: "market", timeInForce: "ioc", quantity });
        price.shock((1 - rise * 0.6) ** (1 / pieces) - 1);
        yield stage.pause(ignition.beat);
    }
}

/** Everything falls at once, people sell, and say so, but about everything alike. */
function* marketCrash(stage: Stage): Play {
    const { draw, world } = stage;
    const tokens = stage.tokens();
    for (const token of tokens) stage.concernsToken(token);
    const sellers = draw.int(crash.sellers);
    const fall = draw.between(crash.fall);
    const length = draw.between(crash.lasting);
    for (let n = 0; n < sellers; n++) {
        for (const token of tokens) world.price(token).shock((1 - fall) ** (1 / sellers) - 1);
        const person = draw.pick(world.people);
        const favourite = draw.pick(person.favourites);
        if (!world.busy.has(person)) sell(stage.desk(favourite), person, draw.between([0.3, 1]));
        if (draw.chance(0.3)) world.press.post(draw.weighted(tokens), "negative", draw.weighted(sources), draw);
        yield (length / sellers) * draw.between([0.5, 1.5]);
    }
}

/** The known arbitrage desk at its work, which goes on all the time. */
function* arbitrageBot(stage: Stage): Play {
    stage.concernsAccount(stage.world.arbitrageur.id);
    yield stage.draw.between([10 * minute, 20 * minute]);
}

export const scenarios: readonly Scenario[] = [
    {
        name: "pump_and_dump",
        class: "scenario",
        summary: "Organisers buy up a thin token, call a crowd to buy, and sell to it",
        minutes: 30,
        play: pumpAndDump,
    },
    {
        name: "momentum_ignition",
        class: "scenario",
        summary: "One hand buys a thin token up until others follow, and sells to them",
        minutes: 15,
        play: momentumIgnition,
    },
    {
        name: "market_crash",
        class: "decoy",
        summary: "All tokens fall together",
        minutes: 25,
        atMost: 1,
        play: marketCrash,
    },
    {
        name: "arbitrage_bot",
        class: "decoy",
        summary: "The known arbitrage desk takes what is cheaper here than elsewhere",
        minutes: 21,
        play: arbitrageBot,
    },
];
