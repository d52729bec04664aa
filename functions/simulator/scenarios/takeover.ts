// Somebody else in the account, who empties it: by logging in, or with a stolen session; in one piece or in many.
import { type Range } from "../core/random";
import { type Play } from "../core/schedule";
import { minute, second } from "../core/time";
import { quoteIndex } from "../venue/accounts";
import { chainAddress, type Person } from "../world/people";
import { cities, place, type Place } from "../world/places";
import { type Session } from "../world/web";
import { type Scenario, type Stage } from "./stage";

/** Least cash of a victim, in quote units: for less nobody takes the trouble. */
const worthwhile = 3_000;
/** Share of the cash that is taken. */
const taken: Range = [0.75, 1];
const pieces: Range = [3, 12];
/** From getting in to the first request, and between requests. */
const delay: Range = [40 * second, 25 * minute];
const between: Range = [15 * second, 2 * minute];
const guesses: Range = [0, 4];

/** Anywhere but where the victim lives. */
function den(stage: Stage, victim: Person): Place {
    const elsewhere = cities.filter((city) => city !== victim.home.city);
    return place(stage.draw.weighted(elsewhere), stage.draw.pick(["isp", "isp", "vpn", "mobile"]), stage.draw);
}

/** Guesses, gets in, and prepares the way out. */
function* breakIn(stage: Stage, victim: Person): Generator<number, Session> {
    const { draw, world } = stage;
    const device = `d-${draw.hex(12)}`;
    const session = world.web.session(victim, den(stage, victim), device, draw.pick(world.people).userAgent);
    const tries = draw.int(guesses);
    for (let n = 0; n < tries; n++) {
        world.web.act(session, "login_failed");
        yield stage.pause([2 * second, 30 * second]);
    }
    if (draw.chance(0.3)) world.web.act(session, "password_reset");
    world.web.login(session);
    if (draw.chance(0.5)) world.web.act(session, "new_device");
    yield stage.pause([5 * second, minute]);
    if (draw.chance(0.5)) world.web.act(session, "address_added");
    return session;
}

/** Takes over a session that the victim opened from home a while ago: no login, only another address. */
function* steal(stage: Stage, victim: Person): Generator<number, Session> {
    const { world, draw } = stage;
    const own = world.web.usual(victim);
    world.web.login(own);
    yield stage.pause([2 * minute, 15 * minute]);
    const stolen = { ...own, place: den(stage, victim) };
    if (draw.chance(0.5)) world.web.act(stolen, "page_view", { page: "/wallet" });
    return stolen;
}

type Entry = (stage: Stage, victim: Person) => Generator<number, Session>;

function* takeover(stage: Stage, entry: Entry, count: number): Play {
    const { draw, world } = stage;
    const victim = stage.person({ cash: worthwhile, fits: ({ habits }) => habits.network === "isp" });
    stage.concerns(victim);
    const session = yield* entry(stage, victim);
    const address = chainAddress(world.cashier.chain(quoteIndex), draw);
    yield stage.pause(delay);
    const loot = world.cashier.most(victim, quoteIndex) * draw.between(taken);
    for (let n = 0; n < count; n++) {
        const amount = Math.floor((loot / count) * draw.between([0.8, 1]));
        world.cashier.withdraw(victim, {
            asset: quoteIndex,
            amount,
            address,
            place: session.place,
            session: session.id,
        });
        if (n < count - 1) yield stage.pause(between);
    }
}

const scenario = (name: string, summary: string, entry: Entry, many: boolean): Scenario => ({
    name,
    class: "scenario",
    summary,
    minutes: 75,
    play: (stage) => takeover(stage, entry, many ? stage.draw.int(pieces) : 1),
});

export const scenarios: readonly Scenario[] = [
    {
        ...scenario(
            "takeover_login",
            "Login from a new address and device, then nearly all is withdrawn",
            breakIn,
            false,
        ),
        alias: "account_takeover",
    },
    scenario("takeover_login_split", "The same, withdrawn in many pieces", breakIn, true),
    scenario(
        "takeover_session",
        "A withdrawal request from a new address in a session that was opened at home",
        steal,
        false,
    ),
    scenario("takeover_session_split", "The same, withdrawn in many pieces", steal, true),
];
