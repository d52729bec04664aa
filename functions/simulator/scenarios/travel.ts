// People who seem to be in two places: one who cannot be, and, as decoys, those who use a VPN or a mobile network.
import { type Range } from "../core/random";
import { type Play } from "../core/schedule";
import { hour, minute, second } from "../core/time";
import { available, quoteIndex } from "../venue/accounts";
import { quoteDecimals } from "../venue/instruments";
import { cities, distance, place, type Place } from "../world/places";
import { type Scenario, type Stage } from "./stage";

const million = 10 ** quoteDecimals;
/** Kilometres between the two logins at least, and km/h that would be needed; airliners fly at 900. */
const far = 2_500;
const tooFast: Range = [1_800, 30_000];
/** Logins of a decoy, and the time between them. */
const logins: Range = [3, 6];
const gap: Range = [2 * minute, 7 * minute];

function* impossibleTravel(stage: Stage): Play {
    const { draw, world } = stage;
    const person = stage.person({ fits: ({ habits, stay, home }) => habits.network === "isp" && stay === home });
    stage.concerns(person);
    world.web.login(world.web.usual(person));
    const there = draw.weighted(cities.filter((city) => distance(city, person.home.city) > far));
    const hours = distance(there, person.home.city) / draw.scale(tooFast);
    yield Math.min(Math.max(minute, hours * hour), 80 * minute);
    const device = draw.chance(0.5) ? (person.devices[0] ?? "") : `d-${draw.hex(12)}`;
    const session = world.web.session(person, place(there, "isp", draw), device);
    world.web.login(session);
    yield stage.pause([5 * second, minute]);
    world.web.act(session, "page_view", { page: "/wallet" });
}

/** Logs in again and again from places that change, and withdraws a usual amount once. */
function* roaming(stage: Stage, network: "vpn" | "mobile", where: (stage: Stage, stay: Place) => Place): Play {
    const { draw, world } = stage;
    const person = stage.person({ cash: 100, fits: ({ habits }) => habits.network === network });
    stage.concerns(person);
    const count = draw.int(logins);
    for (let n = 0; n < count; n++) {
        const session = world.web.session(person, where(stage, person.stay), person.devices[0] ?? "");
        world.web.login(session);
        person.lastVisit = world.schedule.now;
        yield stage.pause(gap);
        if (n !== 1) continue;
        const share = person.habits.withdrawalShare * draw.between([0.5, 1.2]);
        const amount = Math.floor((available(person.account, quoteIndex) * share) / million) * million;
        world.cashier.withdraw(person, { asset: quoteIndex, amount, place: session.place, session: session.id });
    }
}

export const scenarios: readonly Scenario[] = [
    {
        name: "impossible_travel",
        class: "scenario",
        summary: "Two logins further apart than anybody travels in the time",
        minutes: 85,
        play: impossibleTravel,
    },
    {
        name: "vpn_user",
        class: "decoy",
        summary: "Logins from VPN exits all over the world, on the usual device",
        minutes: 50,
        play: (stage) => roaming(stage, "vpn", ({ draw }) => place(draw.weighted(cities), "vpn", draw)),
    },
    {
        name: "mobile_ip_churn",
        class: "decoy",
        summary: "A new address of the same mobile network at each login, on the usual device",
        minutes: 50,
        play: (stage) => roaming(stage, "mobile", ({ draw }, stay) => place(stay.city, "mobile", draw)),
    },
];
