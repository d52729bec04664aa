// For tests: trading, market data and posts, computed from all facts at once.
import { type Row } from "../support";
import { assetsOf, type Fields, fillsOf, tradesOf } from "./facts";
import { count, cut, distinct, exact, field, grouped, minuteOf, runOf, shown, sum, units } from "./values";

type Facts = (name: string) => Fields[];

interface Print {
    readonly at: string;
    readonly id: string;
    readonly price: bigint;
    readonly quantity: bigint;
    readonly buy: boolean;
}

function barOf(prints: readonly Print[]): Row {
    const ordered = prints.toSorted((a, b) =>
        a.at === b.at ? a.id.length - b.id.length || (a.id < b.id ? -1 : 1) : a.at < b.at ? -1 : 1,
    );
    const prices = prints.map(({ price }) => price).sort((a, b) => (a < b ? -1 : 1));
    const price = (value: bigint | undefined): string | null => (value === undefined ? null : shown(value));
    return {
        trades: count(prints),
        open: price(ordered[0]?.price),
        high: price(prices.at(-1)),
        low: price(prices[0]),
        close: price(ordered.at(-1)?.price),
        base_volume: shown(sum(prints.map(({ quantity }) => quantity))),
        quote_volume: shown(cut(sum(prints.map((print) => print.price * print.quantity)))),
        taker_buy_volume: shown(sum(prints.filter(({ buy }) => buy).map(({ quantity }) => quantity))),
    };
}

const printOf = (event: Fields, at: string): Print => ({
    at,
    id: field(event, "trade_id"),
    price: units(field(event, "price")),
    quantity: units(field(event, "quantity")),
    buy: event["taker_side"] === "buy",
});

const place = (event: Fields): Record<"run" | "minute" | "venue" | "symbol", string> => ({
    run: runOf(event),
    minute: minuteOf(field(event, "event_time")),
    venue: field(event, "venue"),
    symbol: field(event, "symbol"),
});

/** token_minutes. */
export function tokenMinutes(facts: Facts): Row[] {
    const assets = assetsOf(facts("instruments"));
    const trades = tradesOf(facts("user_trades")).map((trade) => {
        const { run, minute, venue, symbol } = trade;
        return { trade, state: "", run, minute, venue, symbol };
    });
    const orders = facts("user_orders").map((event) => ({
        trade: undefined,
        state: field(event, "state"),
        ...place(event),
    }));
    return grouped([...trades, ...orders], ({ run, minute, venue, symbol }) => ({ run, minute, venue, symbol })).map(
        ({ key, own }) => {
            const [token, quote] = assets(key["run"] ?? "", key["venue"] ?? "", key["symbol"] ?? "");
            const states = (state: string): string => count(own.filter((each) => each.state === state));
            const held = own.flatMap(({ trade }) => (trade?.final === undefined ? [] : { trade, final: trade.final }));
            const withThemselves = held.filter(({ final }) => final["maker_user_id"] === final["taker_user_id"]);
            return {
                ...key,
                token,
                quote,
                ...barOf(held.map(({ trade, final }) => printOf(final, trade.executedAt))),
                self_trade_volume: shown(sum(withThemselves.map(({ final }) => units(field(final, "quantity"))))),
                orders: states("new"),
                cancels: states("cancelled"),
                amends: states("amended"),
                rejects: states("rejected"),
            };
        },
    );
}

type Levels = readonly (readonly [string, string])[];

/** Quote units within 1% of the mid, 10^-36; undefined of a book without both sides. */
function depthOf(event: Fields): { bid: bigint; ask: bigint } | undefined {
    const side = (name: string): [bigint, bigint][] =>
        (event[name] as unknown as Levels)
            .map(([price, quantity]): [bigint, bigint] => [units(price), units(quantity)])
            .filter(([, quantity]) => quantity > 0n);
    const [bids, asks] = [side("bids"), side("asks")];
    if (bids.length === 0 || asks.length === 0) return undefined;
    const highest = bids.map(([price]) => price).reduce((a, b) => (b > a ? b : a));
    const lowest = asks.map(([price]) => price).reduce((a, b) => (b < a ? b : a));
    const mid = (highest + lowest) / 2n;
    const worth = (levels: [bigint, bigint][]): bigint => sum(levels.map(([price, quantity]) => price * quantity));
    return {
        bid: worth(bids.filter(([price]) => price >= (mid * 99n) / 100n)),
        ask: worth(asks.filter(([price]) => price <= (mid * 101n) / 100n)),
    };
}

function bookOf(quotes: readonly Fields[], snapshots: readonly Fields[]): Row {
    const mid = (quote: Fields): bigint => (units(field(quote, "bid_price")) + units(field(quote, "ask_price"))) / 2n;
    const spreads = quotes.map((quote) =>
        Math.round(
            (1e6 * Number(units(field(quote, "ask_price")) - units(field(quote, "bid_price")))) / Number(mid(quote)),
        ),
    );
    const order = (quote: Fields): string =>
        exact(field(quote, "event_time")) + field(quote, "update_id").padStart(20, "0");
    const last = quotes.toSorted((a, b) => (order(a) < order(b) ? -1 : 1)).at(-1);
    const depths = snapshots.flatMap((event) => depthOf(event) ?? []);
    const mean = (side: "bid" | "ask"): string | null =>
        depths.length === 0 ? null : shown(cut(sum(depths.map((depth) => depth[side]))) / BigInt(depths.length));
    return {
        quotes: count(quotes),
        spread_bps: quotes.length === 0 ? null : spreads.reduce((a, b) => a + b, 0) / quotes.length / 100,
        mid: last === undefined ? null : shown(mid(last)),
        snapshots: count(depths),
        bid_depth: mean("bid"),
        ask_depth: mean("ask"),
    };
}

/** market_minutes. */
export function marketMinutes(facts: Facts): Row[] {
    const snapshots = facts("order_book_ticks").filter(
        (event) => event["kind"] === "snapshot" && depthOf(event) !== undefined,
    );
    const named = Object.entries({
        trade: facts("market_trades"),
        quote: facts("book_tickers"),
        snapshot: snapshots,
        ticker: facts("market_tickers"),
    }).flatMap(([kind, events]) => events.map((event) => ({ kind, event })));
    return grouped(named, ({ event }) => place(event)).map(({ key, own }) => {
        const of = (kind: string): Fields[] => own.filter((each) => each.kind === kind).map(({ event }) => event);
        const tickers = of("ticker").toSorted((a, b) =>
            exact(field(a, "event_time")) < exact(field(b, "event_time")) ? -1 : 1,
        );
        const last = tickers.at(-1)?.["last_price"];
        return {
            ...key,
            ...barOf(of("trade").map((event) => printOf(event, exact(field(event, "event_time"))))),
            ...bookOf(of("quote"), of("snapshot")),
            ticker_price: last == null ? null : shown(units(last)),
        };
    });
}

/** account_symbol_minutes. */
export const accountSymbolMinutes = (facts: Facts): Row[] =>
    grouped(fillsOf(tradesOf(facts("user_trades"))), ({ trade: { run, minute, symbol }, account }) => ({
        run,
        minute,
        symbol,
        account_id: account,
    })).map(({ key, own }) => {
        const counted = own.filter((fill) => fill.counted);
        const side = (name: string): typeof counted => counted.filter((fill) => fill.side === name);
        const base = (fills: typeof counted): string => shown(sum(fills.map(({ quantity }) => quantity)));
        const quote = (fills: typeof counted): string => shown(cut(sum(fills.map(({ value }) => value))));
        return {
            ...key,
            user_id: own
                .map(({ user }) => user)
                .sort()
                .at(-1),
            fills: count(counted),
            bought: base(side("buy")),
            sold: base(side("sell")),
            bought_quote: quote(side("buy")),
            sold_quote: quote(side("sell")),
            own: base(side("buy").filter((fill) => fill.own)),
        };
    });

/** pair_minutes. */
export function pairMinutes(facts: Facts): Row[] {
    const versions = tradesOf(facts("user_trades")).flatMap((trade) =>
        trade.versions.map((version) => ({ trade, version })),
    );
    return grouped(versions, ({ trade: { run, minute, symbol }, version }) => ({
        ...{ run, minute, symbol },
        maker_account_id: field(version, "maker_account_id"),
        taker_account_id: field(version, "taker_account_id"),
    })).map(({ key, own }) => {
        const counted = own.filter(({ trade, version }) => trade.final === version).map(({ version }) => version);
        const side = (name: string): bigint[][] =>
            counted
                .filter((version) => version["taker_side"] === name)
                .map((version) => [units(field(version, "quantity")), units(field(version, "price"))]);
        const base = (pairs: bigint[][]): string => shown(sum(pairs.map(([quantity = 0n]) => quantity)));
        const quote = (pairs: bigint[][]): string =>
            shown(cut(sum(pairs.map(([quantity = 0n, price = 0n]) => quantity * price))));
        return {
            ...key,
            trades: count(counted),
            taker_bought: base(side("buy")),
            taker_bought_quote: quote(side("buy")),
            taker_sold: base(side("sell")),
            taker_sold_quote: quote(side("sell")),
        };
    });
}

/** post_minutes, with numbers of hashes instead of hashes. */
export function postMinutes(facts: Facts): Row[] {
    const id = (event: Fields): string =>
        JSON.stringify([runOf(event), event["source"], event["post_id"], event["token"]]);
    const rank = (score: Fields): string =>
        [
            score["model"] === "lexicon" ? "0" : "1",
            exact(field(score, "scored_at")),
            score["model"],
            score["prompt_version"],
        ].join("\n");
    const scores = new Map(
        [...Map.groupBy(facts("sentiment_scores"), id)].map(([key, own]) => [
            key,
            own.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1)).at(-1)?.["label"],
        ]),
    );
    const key = (post: Fields) => ({
        run: runOf(post),
        minute: minuteOf(field(post, "event_time")),
        token: field(post, "token"),
        source_class: field(post, "source_class"),
    });
    return grouped(facts("social_posts"), key).map(({ key: group, own }) => {
        const negative = own.filter((post) => scores.get(id(post)) === "negative");
        const values = (posts: Fields[], name: string): string[] => distinct(posts.flatMap((post) => post[name] ?? []));
        const authors = (posts: Fields[]): number =>
            distinct(
                posts.flatMap((post) =>
                    post["author"] == null ? [] : JSON.stringify([post["source"], post["author"]]),
                ),
            ).length;
        return {
            ...group,
            posts: count(own),
            scored_posts: count(own.filter((post) => scores.has(id(post)))),
            negative_posts: count(negative),
            texts: values(own, "text_hash").length,
            negative_texts: values(negative, "text_hash").length,
            authors: authors(own),
            negative_authors: authors(negative),
            sources: values(own, "source"),
            negative_sources: values(negative, "source"),
        };
    });
}
