// Trades without a change of hands: with oneself, to and fro between two, round between three. The decoy is what prevention stops.
import { type Range } from "../core/random";
import { type Play } from "../core/schedule";
import { millisecond, second } from "../core/time";
import { lotsWorth, quoteDecimals } from "../venue/instruments";
import { handOver, holder, inside } from "./hands";
import { type Scenario, type Stage } from "./stage";

const million = 10 ** quoteDecimals;
/** Quote units of one trade, and what everybody who takes part has at least. */
const sizes: Range = [80, 2_500];
const worth = 3_000;
/** The hand gives on this share of what it got: nobody is exact. */
const passedOn: Range = [0.96, 1];
const tempo: Range = [3 * second, 70 * second];
/** Tries for each trade: somebody else may take an order first. */
const patience = 3;

/** Trades in a circle of `members` people; a circle of one trades with himself. */
function* circle(stage: Stage, members: number, rounds: number): Play {
    const { person, instrument } = holder(stage, worth);
    const ring = [person, ...Array.from({ length: members - 1 }, () => stage.person({ cash: worth }))];
    stage.concerns(...ring);
    const [one, other] = ring;
    if (one !== undefined && other !== undefined) {
        if (members === 2) stage.concernsPair(one, other);
        // Sometimes it is known that they belong together; mostly not.
        if (stage.draw.chance(0.3)) stage.world.register.link(one.account, other.account, "same_device", "0.900");
    }
    const desk = stage.desk(instrument);
    const whole = lotsWorth(instrument, stage.draw.scale(sizes) * million, stage.world.price(instrument).fair);
    let lots = whole;
    let legs = 0;
    for (let tries = 0; legs < rounds * members && tries < rounds * members * patience; tries++) {
        const [from, to] = [ring[legs % members], ring[(legs + 1) % members]];
        if (from === undefined || to === undefined) return;
        const moved = yield* handOver(stage, desk, { from, to, lots });
        yield stage.pause(tempo);
        if (moved === 0) continue;
        legs++;
        const share = stage.draw.between(passedOn);
        lots = Math.max(1, Math.round(share * (legs % members === 0 ? whole : moved)));
    }
}

function* preventedSelfTrade(stage: Stage): Play {
    const { draw } = stage;
    const { person, instrument } = holder(stage, worth);
    stage.concerns(person);
    const desk = stage.desk(instrument);
    const attempts = draw.int([3, 15]);
    let made = 0;
    for (let tries = 0; made < attempts && tries < attempts * patience; tries++) {
        yield stage.pause(tempo);
        const { bestBid = 0, bestAsk = 0 } = desk;
        // Without room in between others would be first.
        if (bestAsk - bestBid < 2) continue;
        const price = inside(stage, desk);
        const quantity = lotsWorth(instrument, draw.scale(sizes) * million, price);
        const prevention = draw.pick(["cancel_newest", "cancel_oldest", "cancel_both", "decrement"] as const);
        const form = { type: "limit", timeInForce: "gtc", price, quantity, prevention } as const;
        const orders = [desk.submit(person.account, { ...form, side: "sell" })];
        yield stage.pause([20 * millisecond, 2 * second]);
        orders.push(desk.submit(person.account, { ...form, side: "buy" }));
        yield stage.pause([second, 5 * second]);
        for (const order of orders) desk.cancel(order);
        made++;
    }
}

export const scenarios: readonly Scenario[] = [
    {
        name: "self_trade",
        class: "scenario",
        summary: "An account fills its own orders",
        minutes: 45,
        play: (stage) => circle(stage, 1, stage.draw.int([3, 12])),
    },
    {
        name: "ping_pong",
        class: "scenario",
        summary: "Two accounts sell the same lots to each other, to and fro",
        minutes: 45,
        play: (stage) => circle(stage, 2, stage.draw.int([4, 9])),
    },
    {
        name: "ring_of_three",
        class: "scenario",
        summary: "Three accounts pass the same lots round",
        minutes: 45,
        play: (stage) => circle(stage, 3, stage.draw.int([3, 6])),
    },
    {
        name: "prevented_self_trade",
        class: "decoy",
        summary: "Orders of one account that meet, and that prevention keeps from trading",
        minutes: 60,
        play: preventedSelfTrade,
    },
];
