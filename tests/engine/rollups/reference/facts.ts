// For tests: events as facts hold them, each identity once, and trades with their corrections; written anew from the facts' descriptions.
import { type Stored } from "../support";
import { exact, type Fields, field, minuteOf, runOf, units } from "./values";

export type { Fields } from "./values";

/** Facts by name, each identity once: the first one that was stored. */
export function factsOf(events: readonly Stored[]): (name: string) => Fields[] {
    const seen = new Set<string>();
    const facts = new Map<string, Fields[]>();
    for (const { declaration, event } of events) {
        const id = `${declaration.name}\n${String(event["event_id"])}`;
        if (seen.has(id)) continue;
        seen.add(id);
        const own = facts.get(declaration.name);
        if (own === undefined) facts.set(declaration.name, [event as Fields]);
        else own.push(event as Fields);
    }
    return (name) => facts.get(name) ?? [];
}

/** A trade as it finally stands. */
export interface Trade {
    readonly run: string;
    readonly venue: string;
    readonly symbol: string;
    readonly id: string;
    readonly minute: string;
    readonly executedAt: string;
    /** All versions; parties of any of them keep their rows. */
    readonly versions: readonly Fields[];
    /** The version that holds; none of a busted trade. */
    readonly final: Fields | undefined;
}

/** Trades whose first version is there. */
export function tradesOf(versions: readonly Fields[]): Trade[] {
    const identity = (version: Fields): string =>
        JSON.stringify([runOf(version), version["venue"], version["symbol"], version["trade_id"]]);
    return [...Map.groupBy(versions, identity).values()].flatMap((own) => {
        const ordered = own.toSorted((a, b) => Number(a["trade_version"]) - Number(b["trade_version"]));
        const [first] = ordered;
        const last = ordered.at(-1);
        if (first === undefined || last === undefined || field(first, "trade_version") !== "1") return [];
        const time = field(first, "event_time");
        return {
            run: runOf(first),
            venue: field(first, "venue"),
            symbol: field(first, "symbol"),
            id: field(first, "trade_id"),
            minute: minuteOf(time),
            executedAt: exact(time),
            versions: ordered,
            final: field(last, "status") === "busted" ? undefined : last,
        };
    });
}

/** One party's side of a trade, of the version that holds (`counted`) or of another one. */
export interface Fill {
    readonly trade: Trade;
    readonly user: string;
    readonly account: string;
    readonly side: string;
    readonly counted: boolean;
    /** With itself. */
    readonly own: boolean;
    /** 10^-18 of the base asset. */
    readonly quantity: bigint;
    /** 10^-36 of the quote asset. */
    readonly value: bigint;
}

/** Both sides of every version. */
export const fillsOf = (trades: readonly Trade[]): Fill[] =>
    trades.flatMap((trade) =>
        trade.versions.flatMap((version) =>
            ["maker", "taker"].map((role) => {
                const taker = field(version, "taker_side");
                const quantity = units(field(version, "quantity"));
                return {
                    trade,
                    user: field(version, `${role}_user_id`),
                    account: field(version, `${role}_account_id`),
                    side: role === "taker" ? taker : taker === "buy" ? "sell" : "buy",
                    counted: version === trade.final,
                    own: version["maker_account_id"] === version["taker_account_id"],
                    quantity,
                    value: quantity * units(field(version, "price")),
                };
            }),
        ),
    );

/** Base and quote asset of an instrument as declared last; the tests declare all they trade. */
export function assetsOf(
    instruments: readonly Fields[],
): (run: string, venue: string, symbol: string) => [string, string] {
    const found = new Map<string, Fields>();
    for (const event of instruments.toSorted((a, b) =>
        exact(field(a, "event_time")) < exact(field(b, "event_time")) ? -1 : 1,
    ))
        found.set(JSON.stringify([runOf(event), event["venue"], event["symbol"]]), event);
    return (run, venue, symbol) => {
        const instrument = found.get(JSON.stringify([run, venue, symbol]));
        if (instrument !== undefined) return [field(instrument, "base_asset"), field(instrument, "quote_asset")];
        const base = /^(.*)USDT$/.exec(symbol)?.[1];
        return base === undefined ? ["", ""] : [base, "USDT"];
    };
}
