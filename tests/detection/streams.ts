// What the detection report is measured on: streams of the simulator, named by their seeds.
import { type SimulationOptions } from "../../functions/simulator/simulate";
import { scenariosOf } from "../../functions/evaluator/backtest/labels";
import { repertoire } from "../../functions/simulator/scenarios";
import { type Programme } from "../../functions/simulator/scenarios/director";

/** A simulated stream. */
export interface Stream {
    readonly seed: number;
    /** abuse: scenarios and decoys. clean: decoys alone. */
    readonly kind: "abuse" | "clean";
    readonly options: SimulationOptions;
    /** Of the recorded past before the opening, so many days are judged as well, by the rules that look at money and logins. */
    readonly judgedDays: number;
}

/** Instances in one stream; those of rules in shadow, and of abuse no rule is for yet, are fewer. */
const scenarios: Programme = {
    takeover_login: 3,
    takeover_login_split: 3,
    takeover_session: 3,
    takeover_session_split: 3,
    impossible_travel: 12,
    structuring: 6,
    structuring_many_small: 6,
    withdrawal_velocity: 12,
    dormant_reactivation: 12,
    pass_through: 6,
    pass_through_swap: 6,
    negative_buzz: 14,
    self_trade: 12,
    ping_pong: 12,
    layering: 3,
    layering_ordinary_sizes: 3,
    layering_partial_fills: 3,
    layering_amend_away: 3,
    spoofing: 3,
    quote_stuffing: 4,
    ring_of_three: 2,
    pump_and_dump: 1,
    momentum_ignition: 1,
};
const decoys: Programme = {
    arbitrage_bot: 2,
    two_sided_maker: 4,
    payday_deposits: 2,
    whale_withdrawal: 3,
    listing_day_hype: 3,
    vpn_user: 4,
    mobile_ip_churn: 4,
    prevented_self_trade: 4,
};

/** A crash is about all tokens at once, and leaves no room for anything else about tokens for an hour: it is played in clean streams. */
const crash: Programme = { market_crash: 1 };

/** All streams open at the same moment of a Monday: what differs is the seed. */
const start = Date.parse("2026-11-16T08:00:00Z");
const shared = { start, scores: true } as const;

/** The scenarios of some rules, with all decoys; all scenarios where no rules are named. */
function programme(rules: readonly string[] | undefined): Programme {
    if (rules === undefined) return { ...scenarios, ...decoys };
    const wanted = new Set(rules.flatMap(scenariosOf));
    return { ...Object.fromEntries(Object.entries(scenarios).filter(([name]) => wanted.has(name))), ...decoys };
}

/** How large a stream is. */
export interface Size {
    readonly accounts: number;
    readonly minutes: number;
}

/** Scenarios and decoys among ordinary people. Who is dormant was last seen 192 to 240 days before, without all of these days being played. */
export const abuseStream = (seed: number, { accounts, minutes }: Size, rules?: readonly string[]): Stream => ({
    seed,
    kind: "abuse",
    options: { ...shared, seed, accounts, minutes, historyDays: 28, dormantDays: 240, scenarios: programme(rules) },
    judgedDays: 0,
});

/** Ordinary people and decoys. */
export const cleanStream = (seed: number, { accounts, minutes }: Size): Stream => ({
    seed,
    kind: "clean",
    options: {
        ...shared,
        seed,
        accounts,
        minutes,
        historyDays: 30,
        dormantDays: 240,
        scenarios: { ...decoys, ...crash },
    },
    judgedDays: 2,
});

/** Kinds of scenarios and decoys that are played nowhere; a report that leaves one out by oversight would hide it. */
export const unplayed = (): string[] =>
    repertoire.map(({ name }) => name).filter((name) => !(name in { ...scenarios, ...decoys, ...crash }));
