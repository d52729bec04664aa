// Ordinary people: they sign up, come back in sessions, trade a little, and now and then move money.
import { type Draw, type Range } from "../core/random";
import { type Play } from "../core/schedule";
import { day, minute, second } from "../core/time";
import { type Side } from "../engine/orders";
import { available, quoteIndex } from "../venue/accounts";
import { type Desk, type OrderForm, type VenueOrder } from "../venue/desk";
import { instruments, lotsWorth, quoteDecimals } from "../venue/instruments";
import { type Person, usualPlace } from "./people";
import { cities, place, type Place } from "./places";
import { type Session } from "./web";
import { type World } from "./world";

const million = 10 ** quoteDecimals;
/** Shares of sessions. */
const elsewhere = 0.02;
const travelling = 0.03;
const newDevice = 0.004;
const mistyped = 0.03;
const loggedOut = 0.4;
/** Movements of money are this many times as frequent in the past, where sessions are fewer. */
const historyFactor = 5;
/** Nobody ordinary takes more than this share of what he has out at once. */
const mostWithdrawn = 0.25;
/** One order, as a share of the instrument's one-percent depth: who has more to trade trades in parts. */
const largest = 0.06;
const pages = ["/markets", "/wallet", "/orders", "/account"];
const pauseBetweenOrders: Range = [2 * second, 60 * second];
const patience: Range = [20 * second, 60 * minute];
/** Orders people give, and how often. */
const kinds = [
    { weight: 40, type: "market", timeInForce: "ioc", passive: false },
    { weight: 18, type: "limit", timeInForce: "ioc", passive: false },
    { weight: 4, type: "limit", timeInForce: "fok", passive: false },
    { weight: 34, type: "limit", timeInForce: "gtc", passive: true },
    { weight: 4, type: "post_only", timeInForce: "gtc", passive: true },
] as const;

/** A person's life from signing up to the end of the run. */
export function* life(world: World, person: Person): Play {
    const { schedule, span } = world;
    world.register.person(person);
    if (person.dormant) {
        yield* lastVisit(world, person);
        return;
    }
    if (schedule.now < span.historyStart) yield span.historyStart - schedule.now;
    for (;;) {
        const open = schedule.now >= span.start;
        const { sessionEvery, historyEvery } = person.habits;
        const pause = person.draw.exponential(open ? sessionEvery : historyEvery);
        if (!open && schedule.now + pause >= span.start) {
            // Waiting is memoryless: from the opening on it is drawn anew, by the habits of open days.
            yield span.start - schedule.now;
            continue;
        }
        yield pause;
        if (world.busy.has(person)) continue;
        yield* visit(world, person);
    }
}

/** The one visit of somebody who then stays away. */
function* lastVisit({ schedule, span, web }: World, person: Person): Play {
    const seen = span.awayFrom + person.draw.between([0, 0.2]) * (span.start - span.awayFrom);
    yield Math.max(0, seen - schedule.now);
    const session = web.usual(person);
    web.login(session);
    yield minute;
    web.act(session, "logout");
}

function* visit(world: World, person: Person): Play {
    const { draw } = person;
    const { web, schedule, span } = world;
    const session = arrival(world, person);
    if (draw.chance(mistyped)) {
        web.act(session, "login_failed");
        yield draw.int([3 * second, 20 * second]);
    }
    web.login(session);
    if (draw.chance(0.5)) {
        yield draw.int([second, 20 * second]);
        web.act(session, "page_view", { page: draw.pick(pages) });
    }
    const open = schedule.now >= span.start;
    yield* moveMoney(world, session, open ? 1 : historyFactor);
    if (open) yield* trade(world, session);
    if (draw.chance(loggedOut)) web.act(session, "logout");
}

/** Where and on what somebody comes in today. */
function arrival({ web, schedule }: World, person: Person): Session {
    const { draw, devices } = person;
    const where = whereabouts(person, schedule.now - person.lastVisit);
    person.lastVisit = schedule.now;
    person.firstVisit = Math.min(person.firstVisit, schedule.now);
    if (where === person.home && draw.chance(newDevice)) devices.push(`d-${draw.hex(12)}`);
    const device = draw.chance(0.85) ? devices[0] : devices.at(-1);
    return web.session(person, where, device ?? "");
}

/** The network somebody comes in from, `away` microseconds after the last time. Nobody travels faster than planes do. */
function whereabouts(person: Person, away: number): Place {
    const { draw, habits, home } = person;
    if (habits.network === "vpn") return usualPlace(person);
    if (away > day && person.stay !== home) person.stay = home;
    else if (away > day && draw.chance(travelling)) person.stay = place(draw.weighted(cities), "isp", draw);
    if (habits.network === "mobile") return usualPlace(person);
    return draw.chance(elsewhere) ? place(person.stay.city, "isp", draw) : person.stay;
}

function* moveMoney(world: World, session: Session, factor: number): Play {
    const { person, place: from } = session;
    const { draw, account, habits, wealth } = person;
    const { cashier } = world;
    if (draw.chance(habits.deposits * factor)) {
        const chain = cashier.chain(quoteIndex);
        yield draw.int([5 * second, 60 * second]);
        const amount = roundedUp(Math.min(wealth * 0.5, draw.logNormal(wealth * 0.06, 0.7)), draw);
        cashier.deposit(person, quoteIndex, amount, person.ownAddress[chain] ?? "");
    }
    if (draw.chance(habits.withdrawals * factor)) {
        yield draw.int([20 * second, 120 * second]);
        const share = Math.min(mostWithdrawn, draw.logNormal(habits.withdrawalShare, 0.4));
        const amount = Math.floor((available(account, quoteIndex) * share) / million) * million;
        if (amount >= 10 * million)
            cashier.withdraw(person, { asset: quoteIndex, amount, place: from, session: session.id });
    }
}

/** People like round amounts. */
function roundedUp(amount: number, draw: Draw): number {
    const step = draw.pick([million, 10 * million, 100 * million]);
    return Math.ceil(amount / step) * step;
}

function* trade(world: World, session: Session): Play {
    const { draw, favourites } = session.person;
    const orders = Math.floor(draw.exponential(3));
    for (let n = 0; n < orders; n++) {
        yield draw.int(pauseBetweenOrders);
        // Who has come onto a stage in the meantime does nothing else.
        if (world.busy.has(session.person)) return;
        const instrument = draw.chance(0.85) ? draw.pick(favourites) : draw.weighted(instruments);
        order(world, session, world.desk(instrument));
    }
}

/** One order of ordinary size, on the side that the person can pay. */
function order(world: World, session: Session, desk: Desk): void {
    const { draw, account } = session.person;
    const { instrument, bestBid, bestAsk } = desk;
    if (bestBid === undefined || bestAsk === undefined) return;
    const held = available(account, instrument.index) * bestBid * instrument.unit;
    const cash = available(account, quoteIndex);
    const side: Side = draw.float() * (held + cash) < held ? "sell" : "buy";
    const means = (side === "sell" ? held : cash) * Math.min(0.9, draw.logNormal(0.12, 0.8));
    const value = Math.min(means, instrument.depth * largest);
    if (value < 10 * million) return;
    const kind = draw.weighted(kinds);
    const distance = Math.round(bestBid * draw.between([0.0002, 0.004]));
    const passive = side === "buy" ? bestBid - distance : bestAsk + distance;
    const aggressive = side === "buy" ? bestAsk : bestBid;
    const price = Math.max(1, kind.passive ? passive : aggressive);
    const form: OrderForm = {
        side,
        type: kind.type,
        timeInForce: kind.timeInForce,
        quantity: lotsWorth(instrument, value, price),
        ...(kind.type === "market" ? {} : { price }),
    };
    const sent = desk.submit(account, form, { session: session.id });
    if (kind.passive) world.schedule.start(tend(desk, sent, draw), world.schedule.now);
}

/** Waits for a resting order, perhaps moves it closer once, and in the end takes it out. */
function* tend(desk: Desk, order: VenueOrder, draw: Draw): Play {
    yield draw.scale(patience);
    const { bestBid, bestAsk } = desk;
    if (draw.chance(0.25) && bestBid !== undefined && bestAsk !== undefined) {
        desk.amend(order, order.request.side === "buy" ? bestBid : bestAsk, order.quantity);
        yield draw.scale(patience);
    }
    desk.cancel(order);
}
