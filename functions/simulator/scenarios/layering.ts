// Orders that are not meant to trade: they press on one side of the book while the trade they are for is on the other.
import { type Range } from "../core/random";
import { type Play } from "../core/schedule";
import { millisecond, minute, second } from "../core/time";
import { type Side } from "../engine/orders";
import { type Account, available, quoteIndex } from "../venue/accounts";
import { type Desk, type VenueOrder } from "../venue/desk";
import { type Instrument, lotsWorth } from "../venue/instruments";
import { type Person } from "../world/people";
import { inside } from "./hands";
import { type Scenario, type Stage } from "./stage";

/** How the layers are. */
interface Style {
    readonly layers: Range;
    /** All layers together, as a share of the instrument's one-percent depth; makers keep about a seventh of it near the best prices. */
    readonly weight: Range;
    /** The first layer stands at the best price, where some of it trades. */
    readonly reachable: boolean;
    /** Layers are amended far away instead of cancelled. */
    readonly amends: boolean;
}

const usual: Style = { layers: [3, 7], weight: [0.1, 0.4], reachable: false, amends: false };
/** Distance of the first layer from the best price, and between layers, as shares of the price. */
const first: Range = [0.00005, 0.0006];
const step: Range = [0.0001, 0.0006];
/** How long layers stand. */
const standing: Range = [600 * millisecond, 30 * second];
/** What is traded on the other side, as a share of the layers. */
const purpose: Range = [0.04, 0.2];
const cycles: Range = [2, 6];
/** Looks at the market this often, and lets this share of the layers trade. */
const glances: Range = [20 * millisecond, 150 * millisecond];
const tolerated = 0.12;
const rest: Range = [5 * second, 2 * minute];
/** How far an amended layer goes. */
const away: Range = [0.01, 0.04];
/** Of what somebody has on the pressing side, layers take this share at most. */
const most = 0.9;
/** And of what he has on the other side, the trade; a market order is covered up to the price it may run to. */
const affordable = 0.8;

const opposite = (side: Side): Side => (side === "buy" ? "sell" : "buy");

/** Something that goes on for a while and then says how it went. */
type Watch = Generator<number, boolean>;

/** Who layers, where, and on which side. */
interface Lead {
    readonly person: Person;
    readonly instrument: Instrument;
    readonly side: Side;
}

/** What a person can put on a side of an instrument, in quote millionths. */
function means(stage: Stage, person: Person, instrument: Instrument, side: Side): number {
    return side === "buy" ? available(person.account, quoteIndex) : stage.value(person, instrument);
}

/** Somebody whose means make an impression in the book of something he holds. */
function lead(stage: Stage, style: Style): Lead {
    const side = stage.draw.pick<Side>(["buy", "sell"]);
    const impressed = (person: Person): Instrument | undefined =>
        person.favourites.find((instrument) => {
            const least = (instrument.depth * style.weight[0]) / most;
            const trade = least * purpose[1];
            return (
                means(stage, person, instrument, side) > least &&
                means(stage, person, instrument, opposite(side)) > trade
            );
        });
    const person = stage.person({ fits: (candidate) => impressed(candidate) !== undefined });
    return { person, side, instrument: impressed(person) ?? stage.token() };
}

/** Puts up layers, from the best price of their side away from the other. */
function putUp(stage: Stage, desk: Desk, { person, side }: Lead, style: Style, worth: number): VenueOrder[] {
    const { draw } = stage;
    const best = side === "buy" ? desk.bestBid : desk.bestAsk;
    if (best === undefined) return [];
    const sign = side === "buy" ? -1 : 1;
    const count = draw.int(style.layers);
    let distance = style.reachable ? 0 : draw.between(first);
    return Array.from({ length: count }, () => {
        const price = Math.max(1, Math.round(best * (1 + sign * distance)));
        distance += draw.between(step);
        const quantity = lotsWorth(desk.instrument, (worth / count) * draw.between([0.8, 1]), price);
        return desk.submit(person.account, { side, type: "limit", timeInForce: "gtc", price, quantity });
    });
}

/** The trade it is all for: offered inside the spread, and what is not taken there goes to the best price of the other side. */
function* trade(stage: Stage, desk: Desk, account: Account, side: Side, worth: number): Play {
    const price = inside(stage, desk);
    const quantity = lotsWorth(desk.instrument, worth, price);
    const order = desk.submit(account, { side, type: "post_only", timeInForce: "gtc", price, quantity });
    yield stage.pause([300 * millisecond, 3 * second]);
    desk.cancel(order);
    if (order.remaining === 0) return;
    // Its layers may be in the way: they are what gives, not the trade.
    const prevention = "cancel_oldest";
    desk.submit(account, { side, type: "market", timeInForce: "ioc", quantity: order.remaining, prevention });
}

function* takeDown(stage: Stage, desk: Desk, layers: readonly VenueOrder[], style: Style): Play {
    for (const layer of layers) {
        const sign = layer.request.side === "buy" ? -1 : 1;
        const far = Math.max(1, Math.round(layer.price * (1 + sign * stage.draw.between(away))));
        if (!style.amends || !desk.amend(layer, far, layer.quantity)) desk.cancel(layer);
        yield stage.pause([2 * millisecond, 400 * millisecond]);
    }
}

/** Somebody who has nothing to do with it trades into the first layer. */
function* passerBy(stage: Stage, desk: Desk, side: Side, worth: number): Play {
    const { people, busy } = stage.world;
    const passer = people.find(
        (person) => !busy.has(person) && means(stage, person, desk.instrument, side) > worth * 1.5,
    );
    if (passer === undefined) return;
    const quantity = lotsWorth(desk.instrument, worth, desk.bestBid ?? desk.instrument.openingPrice);
    desk.submit(passer.account, { side, type: "market", timeInForce: "ioc", quantity });
    yield stage.pause([50 * millisecond, second]);
}

/** Whether the market has come to the layers: who does not mean to trade pulls out then. */
function threatened(desk: Desk, layers: readonly VenueOrder[], style: Style): boolean {
    const sum = (part: "filled" | "quantity"): number => layers.reduce((total, layer) => total + layer[part], 0);
    if (style.reachable) return sum("filled") > tolerated * sum("quantity");
    return layers.some(({ level, price }) => level === undefined || price === desk.bestBid || price === desk.bestAsk);
}

/** Lets layers stand for a while, with an eye on the market. Returns whether they stood it out. */
function* stand(stage: Stage, desk: Desk, layers: readonly VenueOrder[], style: Style, lasting: number): Watch {
    const until = Math.round(stage.world.schedule.now + lasting);
    for (;;) {
        if (threatened(desk, layers, style)) return false;
        const left = until - stage.world.schedule.now;
        if (left <= 0) return true;
        yield Math.min(left, stage.pause(glances));
    }
}

/** Layers up, trade, layers down. Returns whether there was an occasion for the trade. */
function* cycle(stage: Stage, desk: Desk, one: Lead, style: Style): Watch {
    const { draw } = stage;
    const { person, instrument, side } = one;
    const own = means(stage, person, instrument, side) * most;
    const worth = Math.min(draw.scale(style.weight) * instrument.depth, own);
    const layers = putUp(stage, desk, one, style, worth);
    const stands = stage.pause(standing);
    const calm = yield* stand(stage, desk, layers, style, stands * draw.between([0.3, 0.8]));
    if (calm) {
        if (style.reachable) yield* passerBy(stage, desk, opposite(side), worth * draw.between([0.02, 0.06]));
        const spare = means(stage, person, instrument, opposite(side)) * affordable;
        yield* trade(stage, desk, person.account, opposite(side), Math.min(spare, worth * draw.between(purpose)));
        yield* stand(stage, desk, layers, style, stands * draw.between([0.1, 0.2]));
    }
    yield* takeDown(stage, desk, layers, style);
    yield stage.pause(rest);
    // What was amended far away has done its service.
    for (const layer of layers) desk.cancel(layer);
    return calm;
}

function* layering(stage: Stage, style: Style): Play {
    const one = lead(stage, style);
    stage.concerns(one.person);
    stage.concernsToken(one.instrument);
    const desk = stage.desk(one.instrument);
    const rounds = stage.draw.int(cycles);
    let done = 0;
    for (let tries = 0; done < rounds && tries < cycles[1] * 2; tries++)
        if (yield* cycle(stage, desk, one, style)) done++;
}

const scenario = (name: string, summary: string, style: Partial<Style>): Scenario => ({
    name,
    class: "scenario",
    summary,
    minutes: 40,
    play: (stage) => layering(stage, { ...usual, ...style }),
});

export const scenarios: readonly Scenario[] = [
    scenario("layering", "Layers on one side, the trade on the other, then the layers are cancelled", {}),
    scenario("layering_ordinary_sizes", "Layering with many orders of ordinary size", { layers: [8, 14] }),
    scenario("layering_partial_fills", "Layering in which some of the first layer trades", { reachable: true }),
    scenario("layering_amend_away", "Layering whose layers are amended far away instead of cancelled", {
        amends: true,
    }),
    scenario("spoofing", "One large order instead of layers", { layers: [1, 1], weight: [0.12, 0.4] }),
];
