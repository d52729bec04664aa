// What golden cases are made of: events of a few words, at minutes of a day that is the same for all.
import { type Declaration, type Event } from "../../dsl";
import { socialPosts } from "../../facts/socialPosts";
import { sentimentScores } from "../../facts/sentimentScores";
import { orderBookTicks } from "../../facts/orderBookTicks";
import { onChainTransfers } from "../../facts/onChainTransfers";
import { userActions } from "../../facts/userActions";
import { userDeposits } from "../../facts/userDeposits";
import { userOrders } from "../../facts/userOrders";
import { userTrades } from "../../facts/userTrades";
import { userWithdrawals } from "../../facts/userWithdrawals";
import { accountClasses } from "../../references/accountClasses";
import { accountLinks } from "../../references/accountLinks";
import { limits } from "../../references/limits";
import { users } from "../../references/users";

/** An event of a case, without what the run adds. */
export interface Built {
    readonly declaration: Declaration;
    readonly event: Readonly<Record<string, unknown>>;
}

/** An alert a case expects. */
export interface Expected {
    readonly entity: string;
    /** Part of trigger_key that tells it from others of the entity. */
    readonly trigger?: string;
    /** Minute it completes at. */
    readonly at: number;
    /** Events its evidence must hold. */
    readonly proof: readonly Built[];
}

/** One golden case. */
export interface Case {
    readonly name: string;
    readonly kind: "positive" | "negative" | "boundary" | "late" | "duplicate" | "decoy";
    readonly events: readonly Built[];
    /** Events that arrive after the rest was judged. */
    readonly late?: readonly Built[];
    /** Events that arrive a second time. */
    readonly again?: readonly Built[];
    /** Minute it is judged up to. */
    readonly asOf: number;
    /** Exactly these alerts. */
    readonly expected: readonly Expected[];
    /** Alerts before the late events came; none when left out. */
    readonly expectedEarly?: readonly Expected[];
}

/** Noon of the day all cases play on, milliseconds since 1970. */
const noon = Date.UTC(2026, 10, 18, 12);

/** The time so many minutes after noon (to the microsecond), as on the wire. */
export function at(minutes: number): string {
    const micros = Math.round(minutes * 60_000_000);
    const whole = new Date(noon + Math.floor(micros / 1_000)).toISOString().slice(0, -1);
    return `${whole}${String(((micros % 1_000) + 1_000) % 1_000).padStart(3, "0")}Z`;
}

/** A day before the cases' day, in minutes. */
export const daysBefore = (days: number): number => -days * 1_440;

type Body<D> = Partial<Omit<Event<D>, "event_id" | "event_time">>;

/** A maker of events of one fact: minute, what is special, and for the rest what is usual. */
const maker =
    <D extends Declaration>(declaration: D, usual: (identity: string) => Record<string, unknown>) =>
    (minutes: number, own: Body<D> & { id?: string } = {}): Built => {
        const { id, ...fields } = own;
        // Identities of a case differ by what they are given, else by time and content.
        const identity = id ?? `${String(minutes)} ${JSON.stringify(fields)}`;
        return { declaration, event: { event_time: at(minutes), ...usual(identity), ...fields } };
    };

const home = { ip: "192.0.2.10", device_id: "device-1", asn: "64500", asn_class: "isp" } as const;

/** A successful login of user `u` from home. */
export const login = maker(userActions, (action_id) => ({
    ...{
        action_id,
        action: "login_succeeded",
        channel: "browser",
        user_id: "u",
        account_id: "a-u",
        session_id: action_id,
    },
    ...home,
    ...{ country: "DE", city: "Berlin", latitude: "52.520000", longitude: "13.405000" },
}));

/** A withdrawal of user `u`, requested from home: 100 USDT of 10,000. */
export const withdrawal = maker(userWithdrawals, (withdrawal_id) => ({
    ...{ withdrawal_id, state: "requested", user_id: "u", account_id: "a-u", asset: "USDT", amount: "100", fee: "0" },
    ...{ network: "ethereum", address: "own-address", ip: home.ip, balance_after: "9900" },
}));

/** A credited deposit of user `u`: 100 USDT. */
export const deposit = maker(userDeposits, (deposit_id) => ({
    ...{ deposit_id, state: "credited", user_id: "u", account_id: "a-u", asset: "USDT", amount: "100" },
    ...{ network: "ethereum", address: "deposit-address", balance_after: "100" },
}));

/** A transfer on chain, as the venue's watched address received it. */
export const transfer = maker(onChainTransfers, (transaction_hash) => ({
    ...{
        chain: "ethereum",
        transaction_hash,
        transfer_index: "0",
        status: "confirmed",
        block_number: "1",
        block_hash: "block",
        token: "USDT",
    },
    ...{
        decimals: "6",
        from_address: "0xsender",
        to_address: "deposit-address",
        amount: "1",
        watched_address: "deposit-address",
    },
}));

/** A trade of 1 TKN at 100 USDT between maker `m` and taker `t`; accounts are `a-` and the user. */
export function trade(
    minutes: number,
    own: Body<typeof userTrades> & { id?: string; maker?: string; taker?: string } = {},
): Built {
    const { maker: one = "m", taker: other = "t", ...fields } = own;
    return plainTrade(minutes, {
        ...{ maker_user_id: one, maker_account_id: `a-${one}`, taker_user_id: other, taker_account_id: `a-${other}` },
        ...fields,
    });
}
const plainTrade = maker(userTrades, (trade_id) => ({
    ...{
        venue: "venue",
        symbol: "TKNUSDT",
        trade_id,
        trade_version: "1",
        status: "executed",
        price: "100",
        quantity: "1",
    },
    ...{ taker_side: "buy", maker_order_id: "mo", maker_fee: "0", maker_fee_asset: "USDT" },
    ...{ taker_order_id: "to", taker_fee: "0", taker_fee_asset: "USDT" },
}));

/** An order of user `u` as it is accepted: buys 10 TKN at 99.9, the book is at 99.95 / 100.05. */
export const order = maker(userOrders, (order_id) => ({
    ...{ venue: "venue", symbol: "TKNUSDT", order_id, revision: "1", state: "new", user_id: "u", account_id: "a-u" },
    ...{ side: "buy", type: "limit", time_in_force: "gtc", price: "99.9", quantity: "10", filled_quantity: "0" },
    ...{ best_bid: "99.95", best_ask: "100.05" },
}));

/** A snapshot of the venue's book: one level on each side. */
export const bookOf = (minutes: number, [bid, ask]: readonly [string, string], quantity: string): Built =>
    maker(orderBookTicks, () => ({
        ...{
            venue: "venue",
            symbol: "TKNUSDT",
            kind: "snapshot",
            first_update_id: String(Math.round(minutes * 60) + 10_000),
        },
        ...{
            final_update_id: String(Math.round(minutes * 60) + 10_000),
            bids: [[bid, quantity]],
            asks: [[ask, quantity]],
        },
    }))(minutes);

/** A post on TKN and, where a mood is given, its score. */
export function post(
    minutes: number,
    own: Body<typeof socialPosts> & { id?: string; mood?: "negative" | "neutral" | "positive" } = {},
): Built[] {
    const { mood, ...fields } = own;
    const written = plainPost(minutes, { id: `${String(minutes)} ${JSON.stringify(own)}`, ...fields });
    if (mood === undefined) return [written];
    const { post_id, source, token } = written.event as { post_id: string; source: string; token: string };
    return [written, plainScore(minutes, { post_id, source, token, label: mood })];
}
const plainPost = maker(socialPosts, (post_id) => ({
    ...{ post_id, source: "plaza", source_class: "social", author: post_id, body: post_id, text_hash: post_id },
    ...{ token: "TKN", link_confidence: "1" },
}));
const plainScore = maker(sentimentScores, () => ({
    ...{ model: "model", prompt_version: "1", scored_at: at(0), label: "neutral", score: "0", confidence: "1" },
}));

/** Account `a-u` is a maker from then on. */
export const accountClass = maker(accountClasses, () => ({
    ...{ account_id: "a-u", class: "maker", reason: "agreement", approved_by: "test" },
}));

/** Accounts `a-u` and `a-v` belong together from then on. */
export const accountLink = maker(accountLinks, () => ({
    ...{ account_id: "a-u", linked_account_id: "a-v", reason: "same_device", confidence: "0.9", active: true },
}));

/** User `u` of the highest tier. */
export const user = maker(users, () => ({
    ...{ user_id: "u", status: "active", kyc_tier: "tier3", country: "DE", created_at: at(daysBefore(400)) },
}));

/** A tier's terms: 10,000 are reported, nothing is limited. */
export const limit = maker(limits, () => ({ kyc_tier: "tier3", currency: "USD", reporting_threshold: "10000" }));

/** What is made of each of several values, mostly minutes. */
export const each = <V, T>(values: readonly V[], make: (value: V, index: number) => T): T[] => values.map(make);

/** `count` minutes from `first` on, `step` apart. */
export const series = (count: number, first: number, step: number): number[] =>
    Array.from({ length: count }, (_, index) => first + index * step);
