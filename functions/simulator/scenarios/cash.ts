// Money in and out in ways that people who use a venue do not move it, and in ways that only look so.
import { type Range } from "../core/random";
import { type Play } from "../core/schedule";
import { minute, second } from "../core/time";
import { available, quoteIndex } from "../venue/accounts";
import { reportingThreshold } from "../venue/fees";
import { instruments, lotsWorth, quoteDecimals } from "../venue/instruments";
import { chainAddress, type Person } from "../world/people";
import { type Session } from "../world/web";
import { type Scenario, type Stage } from "./stage";

const million = 10 ** quoteDecimals;
const threshold = reportingThreshold * million;

/** Withdraws quote in a session, to an address of his own or another. */
function withdraw(stage: Stage, session: Session, amount: number, to: { address?: string } = {}): boolean {
    const { person, place, id } = session;
    const request = { asset: quoteIndex, amount: Math.floor(amount), place, session: id, ...to };
    return stage.world.cashier.withdraw(person, request);
}

/** Logs in from the usual place with the usual device. */
function comeIn(stage: Stage, person: Person): Session {
    const { web, schedule } = stage.world;
    const session = web.usual(person);
    web.login(session);
    person.lastVisit = schedule.now;
    return session;
}

/** Amounts that each stay under the threshold, or many small ones that together are just over it. */
function* structuring(stage: Stage, small: boolean): Play {
    const { draw } = stage;
    const count = small ? draw.int([12, 30]) : draw.int([3, 7]);
    const total = small ? threshold * draw.between([1.03, 1.3]) : 0;
    const amounts = Array.from({ length: count }, () =>
        small ? (total / count) * draw.between([0.95, 1.08]) : threshold * draw.between([0.9, 0.995]),
    );
    const needed = amounts.reduce((sum, amount) => sum + amount, 0);
    const person = stage.person({ cash: (needed / million) * 1.02 });
    stage.concerns(person);
    const session = comeIn(stage, person);
    const pauses: Range = small ? [20 * second, 3 * minute] : [minute, 12 * minute];
    for (const amount of amounts) {
        yield stage.pause(pauses);
        withdraw(stage, session, amount);
    }
}

/** Far more withdrawals than usual, of amounts that matter. */
function* velocity(stage: Stage): Play {
    const { draw } = stage;
    const person = stage.person({ cash: 6_000 });
    stage.concerns(person);
    const session = comeIn(stage, person);
    const count = draw.int([8, 25]);
    const all = stage.world.cashier.most(person, quoteIndex) * draw.between([0.6, 0.95]);
    for (let n = 0; n < count; n++) {
        yield stage.pause([30 * second, 3 * minute]);
        withdraw(stage, session, (all / count) * draw.between([0.7, 1]));
    }
}

/** Back after a long silence, and out with all of it. */
function* dormantReactivation(stage: Stage): Play {
    const { draw, world } = stage;
    const person = stage.dormant();
    stage.concerns(person);
    const session = comeIn(stage, person);
    if (draw.chance(0.4)) world.web.act(session, "password_changed");
    yield stage.pause([minute, 20 * minute]);
    const pieces = draw.int([1, 3]);
    const all = world.cashier.most(person, quoteIndex) * draw.between([0.85, 1]);
    const address = draw.chance(0.6) ? { address: chainAddress(world.cashier.chain(quoteIndex), draw) } : {};
    for (let n = 0; n < pieces; n++) {
        withdraw(stage, session, all / pieces, address);
        yield stage.pause([10 * second, 5 * minute]);
    }
}

/** In, and out again to somewhere else: as it came, or as a token. */
function* passThrough(stage: Stage, swaps: boolean): Play {
    const { draw, world } = stage;
    const { cashier } = world;
    const person = stage.person({ fits: ({ wealth }) => wealth < 20_000 * million });
    stage.concerns(person);
    const session = comeIn(stage, person);
    const amount = Math.round(draw.scale([3_000, 60_000])) * million;
    const from = chainAddress(cashier.chain(quoteIndex), draw);
    yield cashier.deposit(person, quoteIndex, amount, from) + stage.pause([20 * second, 10 * minute]);
    const out = Math.floor(amount * draw.between([0.93, 0.999]));
    if (!swaps) {
        withdraw(stage, session, out, { address: chainAddress(cashier.chain(quoteIndex), draw) });
        return;
    }
    const instrument = draw.weighted(instruments.filter(({ depth }) => depth > 3 * amount));
    const before = person.account.total[instrument.index] ?? 0;
    const desk = stage.desk(instrument);
    const pieces = draw.int([1, 5]);
    for (let n = 0; n < pieces; n++) {
        const quantity = lotsWorth(instrument, (out / pieces) * 0.985, desk.bestAsk ?? instrument.openingPrice);
        desk.submit(
            person.account,
            { side: "buy", type: "market", timeInForce: "ioc", quantity },
            { session: session.id },
        );
        yield stage.pause([2 * second, minute]);
    }
    yield stage.pause([20 * second, 8 * minute]);
    const bought = (person.account.total[instrument.index] ?? 0) - before;
    cashier.withdraw(person, {
        asset: instrument.index,
        amount: Math.floor(bought * 0.99),
        address: chainAddress(instrument.chain, draw),
        place: session.place,
        session: session.id,
    });
}

/** Wages: many people deposit at the same time of day, and some of them take a little out. */
function* payday(stage: Stage): Play {
    const { draw, world } = stage;
    const people = Array.from({ length: draw.int([15, 40]) }, () => stage.person());
    stage.concerns(...people);
    const pay = people.map((person) => ({ person, session: comeIn(stage, person) }));
    for (const { person } of pay) {
        const wage = Math.round(draw.between([12, 45])) * 100 * million;
        world.cashier.deposit(person, quoteIndex, wage, person.ownAddress[world.cashier.chain(quoteIndex)] ?? "");
        yield stage.pause([second, 20 * second]);
    }
    yield 6 * minute;
    for (const { person, session } of pay) {
        if (draw.chance(0.2))
            withdraw(stage, session, available(person.account, quoteIndex) * draw.between([0.02, 0.1]));
        yield stage.pause([second, 10 * second]);
    }
}

/** Large, but usual for him, from the usual place, on his device, to his own address. */
function* whale(stage: Stage): Play {
    const { draw } = stage;
    const person = stage.person({ cash: 50_000, fits: ({ wealth }) => wealth >= 300_000 * million });
    stage.concerns(person);
    const session = comeIn(stage, person);
    yield stage.pause([minute, 10 * minute]);
    const share = person.habits.withdrawalShare * draw.between([0.7, 1.2]);
    withdraw(stage, session, available(person.account, quoteIndex) * share);
}

const scenario = (name: string, summary: string, minutes: number, play: Scenario["play"]): Scenario => ({
    name,
    class: "scenario",
    summary,
    minutes,
    play,
});

export const scenarios: readonly Scenario[] = [
    scenario("structuring", "Withdrawals that each stay just under the reporting threshold", 90, (stage) =>
        structuring(stage, false),
    ),
    scenario(
        "structuring_many_small",
        "Many small withdrawals that together are just over the threshold",
        95,
        (stage) => structuring(stage, true),
    ),
    scenario("withdrawal_velocity", "Many withdrawals in a short time, of nearly all there is", 80, velocity),
    scenario("dormant_reactivation", "Back after a long silence, and everything is withdrawn", 40, dormantReactivation),
    scenario("pass_through", "Deposited and at once withdrawn to another address", 20, (stage) =>
        passThrough(stage, false),
    ),
    scenario("pass_through_swap", "Deposited, swapped and withdrawn as a token", 35, (stage) =>
        passThrough(stage, true),
    ),
    { ...scenario("payday_deposits", "Many people are paid at the same time", 30, payday), class: "decoy" },
    { ...scenario("whale_withdrawal", "A whale withdraws what it usually does", 15, whale), class: "decoy" },
];
