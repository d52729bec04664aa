// For tests: what users did, computed from all facts at once.
import { IPv4, IPv6 } from "ipaddr.js";
import { type Row } from "../support";
import { assetsOf, type Fields, fillsOf, tradesOf } from "./facts";
import { count, cut, distinct, exact, field, grouped, largest, minuteOf, runOf, shown, sum, units } from "./values";

type Facts = (name: string) => Fields[];

/** Price of a token in a minute, 10^-18 of the reporting currency. */
export type Prices = (run: string, token: string, minute: string) => bigint | undefined;

/** Something that counts for a user. */
interface Counts<Kind extends string> {
    readonly kind: Kind;
    readonly run: string;
    readonly minute: string;
    readonly user: string;
}
interface Order extends Counts<"order"> {
    readonly state: string;
    readonly reason: string;
}
interface Fills extends Counts<"fills"> {
    readonly fills: number;
    readonly bought: bigint;
    readonly sold: bigint;
    readonly price: bigint | undefined;
}
interface Movement extends Counts<"deposit" | "withdrawal"> {
    readonly counted: boolean;
    readonly value: bigint | undefined;
}
interface Action extends Counts<"action"> {
    readonly event: Fields;
}
type Entry = Order | Fills | Movement | Action;

const at = (event: Fields): { run: string; minute: string; user: string } => ({
    run: runOf(event),
    minute: minuteOf(field(event, "event_time")),
    user: field(event, "user_id"),
});

function fillEntries(facts: Facts, prices: Prices): Entry[] {
    const assets = assetsOf(facts("instruments"));
    const fills = fillsOf(tradesOf(facts("user_trades")));
    const bySymbol = grouped(fills, ({ trade: { run, minute, venue, symbol }, user }) => ({
        run,
        minute,
        user,
        venue,
        symbol,
    }));
    return bySymbol.map(({ key, own }) => {
        const { run = "", minute = "", user = "", venue = "", symbol = "" } = key;
        const counted = own.filter((fill) => fill.counted);
        const side = (name: string): bigint =>
            cut(sum(counted.filter((fill) => fill.side === name).map((fill) => fill.value)));
        const price = prices(run, assets(run, venue, symbol)[1], minute);
        return {
            run,
            minute,
            user,
            kind: "fills",
            fills: counted.length,
            bought: side("buy"),
            sold: side("sell"),
            price,
        };
    });
}

function entries(facts: Facts, prices: Prices): Entry[] {
    const movements = (name: string, kind: "deposit" | "withdrawal", state: string): Entry[] =>
        facts(name).map((event) => {
            const price = prices(runOf(event), field(event, "asset"), minuteOf(field(event, "event_time")));
            const value = price === undefined ? undefined : units(field(event, "amount")) * price;
            return { ...at(event), kind, counted: event["state"] === state, value };
        });
    return [
        ...facts("user_orders").map((event): Entry => ({
            ...at(event),
            kind: "order",
            state: field(event, "state"),
            reason: event["reason"] ?? "user",
        })),
        ...fillEntries(facts, prices),
        ...movements("user_deposits", "deposit", "credited"),
        ...movements("user_withdrawals", "withdrawal", "requested"),
        ...facts("user_actions")
            .filter((event) => typeof event["user_id"] === "string")
            .map((event): Entry => ({ ...at(event), kind: "action", event })),
    ];
}

const security =
    /^(two_factor_(en|dis)abled|password_(changed|reset)|(address|api_key)_(added|removed|created|deleted))$/;

const mapped = (ip: string): string => (ip.includes(":") ? ip : `::ffff:${ip}`);

function moneyOf(own: readonly Entry[], kind: "deposit" | "withdrawal"): Row {
    const moved = own.flatMap((entry) => (entry.kind === "deposit" || entry.kind === "withdrawal" ? entry : []));
    const counted = moved.filter((entry) => entry.kind === kind && entry.counted);
    const values = counted.flatMap(({ value }) => value ?? []);
    return {
        [`${kind}s`]: count(counted),
        [`${kind}_amount`]: shown(cut(sum(values))),
        [`largest_${kind}`]: shown(cut(largest(values))),
        [`unpriced_${kind}s`]: count(counted.filter(({ value }) => value === undefined)),
    };
}

function activityOf(own: readonly Entry[]): Row {
    const events = own.flatMap((entry) => (entry.kind === "action" ? [entry.event] : []));
    const known = events.filter(({ action }) => action !== "login_failed");
    const values = (name: string): string[] => known.flatMap((event) => event[name] ?? []);
    return {
        logins: count(events.filter(({ action }) => action === "login_succeeded")),
        failed_logins: count(events.filter(({ action }) => action === "login_failed")),
        security_changes: count(events.filter(({ action }) => security.test(action ?? ""))),
        ips: distinct(values("ip").map(mapped)),
        devices: distinct(values("device_id")),
        countries: distinct(values("country")),
    };
}

/** user_minutes. */
export function userMinutes(facts: Facts, prices: Prices): Row[] {
    const all = grouped(entries(facts, prices), ({ run, minute, user }) => ({ run, minute, user_id: user }));
    return all.map(({ key, own }) => {
        const orders = own.filter((entry) => entry.kind === "order");
        const ended = (reason: string): string =>
            count(orders.filter((order) => order.state === "cancelled" && order.reason === reason));
        const inState = (state: string): string => count(orders.filter((order) => order.state === state));
        const fills = own.filter((entry) => entry.kind === "fills");
        const valued = (side: "bought" | "sold"): string =>
            shown(cut(sum(fills.flatMap((fill) => (fill.price === undefined ? [] : fill[side] * fill.price)))));
        const number = (of: typeof fills): string => String(of.reduce((total, { fills: each }) => total + each, 0));
        return {
            ...key,
            orders: inState("new"),
            cancels: ended("user"),
            self_trade_preventions: ended("self_trade_prevention"),
            rejects: inState("rejected"),
            amends: inState("amended"),
            fills: number(fills),
            buy_volume: valued("bought"),
            sell_volume: valued("sold"),
            unpriced_fills: number(fills.filter(({ price }) => price === undefined)),
            ...moneyOf(own, "deposit"),
            ...moneyOf(own, "withdrawal"),
            ...activityOf(own),
        };
    });
}

const plain = new Set(["run", "minute", "user_id", "ips", "devices", "countries"]);

/** user_days: of the minutes' reference. */
export const userDays = (minutes: readonly Row[]): Row[] =>
    grouped(minutes as Record<string, string>[], (row) => ({
        run: row["run"] ?? "",
        user_id: row["user_id"] ?? "",
        day: (row["minute"] ?? "").slice(0, 10),
    })).map(({ key, own }) => {
        const row: Row = { ...key, active_minutes: count(own) };
        for (const name of Object.keys(own[0] ?? {}).filter((each) => !plain.has(each))) {
            const values = own.map((each) => units(each[name] ?? "0"));
            row[name] = shown(name.startsWith("largest_") ? largest(values) : sum(values));
        }
        for (const list of ["ips", "devices", "countries"])
            row[`distinct_${list}`] = count(distinct(own.flatMap((each) => each[list] as unknown as string[])));
        return row;
    });

/** First address of the network. */
const networkOf = (ip: string): string =>
    ip.includes(":")
        ? IPv6.networkAddressFromCIDR(`${ip}/48`).toString()
        : mapped(IPv4.networkAddressFromCIDR(`${ip}/24`).toString());

/** first_seen. */
export function firstSeen(facts: Facts): Row[] {
    const logins = facts("user_actions").filter(
        (event) => event["action"] === "login_succeeded" && event["user_id"] != null,
    );
    const seen = logins.flatMap((event) => {
        const ip = event["ip"];
        const shownThen = {
            ip: ip && mapped(ip),
            ip_network: ip && networkOf(ip),
            device: event["device_id"],
            country: event["country"],
            asn: event["asn"],
        };
        return Object.entries(shownThen).map(([kind, value]) => ({ event, kind, value }));
    });
    const sent = facts("user_withdrawals")
        .filter((event) => event["state"] === "requested")
        .map((event) => ({ event, kind: "address", value: event["address"] }));
    const all = [...seen, ...sent].flatMap(({ event, kind, value }) => (value == null ? [] : [{ event, kind, value }]));
    return grouped(all, ({ event, kind, value }) => ({
        run: runOf(event),
        user_id: field(event, "user_id"),
        kind,
        value,
    })).map(({ key, own }) => {
        const times = own.map(({ event }) => exact(field(event, "event_time"))).sort();
        return { ...key, first_seen: times[0], last_seen: times.at(-1) };
    });
}
