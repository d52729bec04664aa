// Who trades: the population of a run, drawn once, with the habits that make each of them usual or unusual.
import { type Draw } from "../core/random";
import { day, hour, minute } from "../core/time";
import { type Account, credit, openAccount, quoteIndex } from "../venue/accounts";
import { type KycTier, tierLimits } from "../venue/fees";
import { type Instrument, instruments, lotsWorth, quoteDecimals } from "../venue/instruments";
import { cities, type NetworkClass, type Place, place } from "./places";

/** Habits of a person, as shares and means. */
export interface Habits {
    /** Mean pause between two sessions while the venue is open, microseconds. */
    readonly sessionEvery: number;
    /** The same before the run, when only what leaves a trace is played. */
    readonly historyEvery: number;
    /** Chance that a session moves money in or out. */
    readonly deposits: number;
    readonly withdrawals: number;
    /** Usual withdrawal as a share of what is there. */
    readonly withdrawalShare: number;
    /** isp: from home; mobile: a new address each time; vpn: from one of a few exits anywhere. */
    readonly network: NetworkClass;
}

/** Somebody the cashier deals with. */
export interface Holder {
    readonly id: string;
    readonly account: Account;
    /** Deposit address on each chain, and where he sends his money. */
    readonly depositAddress: Readonly<Record<string, string>>;
    readonly ownAddress: Readonly<Record<string, string>>;
}

/** A user. */
export interface Person extends Holder {
    readonly index: number;
    readonly createdAt: number;
    readonly tier: KycTier;
    /** Where he lives, and where he stays just now. */
    readonly home: Place;
    stay: Place;
    lastVisit: number;
    /** Infinity: there was none yet. */
    firstVisit: number;
    /** Exits of his VPN, where he uses one. */
    readonly exits: readonly Place[];
    /** Known devices, the usual one first. */
    readonly devices: string[];
    readonly userAgent: string;
    /** Quote millionths he came with. */
    readonly wealth: number;
    readonly habits: Habits;
    /** What he trades. */
    readonly favourites: readonly Instrument[];
    /** Somebody of the same household, or the same somebody under another name. */
    readonly relative: { readonly person: Person; readonly same: boolean } | undefined;
    /** Has not been seen since long before the run. */
    readonly dormant: boolean;
    readonly draw: Draw;
}

const million = 10 ** quoteDecimals;
const networks: readonly { network: NetworkClass; weight: number }[] = [
    { network: "isp", weight: 83 },
    { network: "mobile", weight: 15 },
    { network: "vpn", weight: 2 },
];
const userAgents = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36",
];
/** Shares of the population. */
const whales = 0.01;
const dormants = 0.03;
const relatives = 0.03;
const newcomers = { history: 0.02, run: 0.004 };

/** An address on a chain, of the form the chain has. */
export function chainAddress(chain: string, draw: Draw): string {
    const hex = draw.hex(40);
    return chain === "solana" ? `Sim${BigInt(`0x${hex}`).toString(36)}` : `0x${hex}`;
}

/** An address on each chain. */
export const addressBook = (draw: Draw): Record<string, string> => ({
    ethereum: chainAddress("ethereum", draw),
    solana: chainAddress("solana", draw),
});

function tierFor(wealth: number): KycTier {
    if (wealth < ((tierLimits.tier1.daily ?? 0) * million) / 2) return "tier1";
    return wealth < ((tierLimits.tier2.daily ?? 0) * million) / 2 ? "tier2" : "tier3";
}

function habits(draw: Draw, whale: boolean): Habits {
    const sessionEvery = Math.min(3 * day, Math.max(20 * minute, draw.logNormal(2.5 * hour, 1.1)));
    const saver = whale || draw.chance(0.3);
    return {
        sessionEvery,
        historyEvery: Math.max(3 * day, sessionEvery * 4),
        deposits: draw.between([0.02, 0.08]),
        withdrawals: saver ? draw.between([0.05, 0.1]) : draw.between([0, 0.03]),
        withdrawalShare: saver ? draw.between([0.04, 0.12]) : draw.between([0.02, 0.08]),
        network: draw.weighted(networks).network,
    };
}

function birth(draw: Draw, start: number, historyStart: number, end: number): number {
    const when = draw.float();
    if (when < newcomers.run) return Math.round(draw.between([start, end]));
    if (when < newcomers.run + newcomers.history) return Math.round(draw.between([historyStart, start]));
    return Math.round(historyStart - draw.scale([day, 1_000 * day]));
}

/** The times a population is made for. */
export interface Span {
    /** Where the recorded past begins, where that of those who stay away does, where trading opens, and where the run ends. */
    readonly historyStart: number;
    readonly awayFrom: number;
    readonly start: number;
    readonly end: number;
}

function person(index: number, tag: string, span: Span, draw: Draw, relative: Person["relative"]): Person {
    const number = String(index).padStart(6, "0");
    const id = `u-${tag}-${number}`;
    const whale = draw.chance(whales);
    const wealth = Math.round((whale ? draw.scale([300_000, 3_000_000]) : draw.logNormal(3_500, 1.1)) * million);
    const home = relative?.person.home ?? place(draw.weighted(cities), "isp", draw);
    const device = relative?.same === true ? relative.person.devices[0] : undefined;
    const dormant = draw.chance(dormants);
    const account = openAccount({
        id: `a-${tag}-${number}`,
        userId: id,
        group: index,
        prevention: "cancel_newest",
        feeTier: whale ? "professional" : "standard",
    });
    return {
        index,
        id,
        createdAt: dormant ? span.awayFrom - 30 * day : birth(draw, span.start, span.historyStart, span.end),
        tier: tierFor(wealth),
        home,
        stay: home,
        lastVisit: 0,
        firstVisit: Infinity,
        exits: Array.from({ length: 3 }, () => place(draw.weighted(cities), "vpn", draw)),
        devices: [device ?? `d-${draw.hex(12)}`, ...(draw.chance(0.4) ? [`d-${draw.hex(12)}`] : [])],
        userAgent: draw.pick(userAgents),
        account,
        wealth,
        habits: habits(draw, whale),
        favourites: Array.from({ length: draw.int([1, 3]) }, () => draw.weighted(instruments)),
        depositAddress: addressBook(draw),
        ownAddress: addressBook(draw),
        relative,
        dormant,
        draw,
    };
}

/** Where somebody comes in from as a rule: through his VPN, over the mobile network of where he stays, or from the place he stays at. */
export function usualPlace({ habits, exits, stay, draw }: Person): Place {
    if (habits.network === "vpn") return draw.pick(exits);
    return habits.network === "mobile" ? place(stay.city, "mobile", draw) : stay;
}

/** Puts into the wallet what somebody has when the recorded past begins: cash, and some of what he trades. */
function endow({ account, wealth, favourites, draw }: Person): void {
    const invested = draw.between([0.2, 0.7]);
    credit(account, quoteIndex, Math.round(wealth * (1 - invested)));
    for (const instrument of favourites)
        credit(
            account,
            instrument.index,
            lotsWorth(instrument, (wealth * invested) / favourites.length, instrument.openingPrice),
        );
}

/** Draws a population; `tag` keeps the ids of different runs apart. */
export function population(count: number, tag: string, span: Span, draw: Draw): Person[] {
    const people: Person[] = [];
    for (let index = 0; index < count; index++) {
        const own = draw.fork(index);
        const related = people.length > 0 && own.chance(relatives);
        const relative = related ? { person: own.pick(people), same: own.chance(0.3) } : undefined;
        const one = person(index, tag, span, own, relative);
        endow(one);
        people.push(one);
    }
    return people;
}
