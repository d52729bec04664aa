// Each instrument of our venue in a day.
import { amount, common, count, label, longDays, price, ratio, type Rollup } from "./spec";
import { inDays, refreshes, rollup, total } from "./sql";

const sums = [
    "trades",
    "base_volume",
    "quote_volume",
    "taker_buy_volume",
    "self_trade_volume",
    "orders",
    "cancels",
] as const;

/** Several venues or segments of ours are one market; the most traded one of a minute has its prices. */
const minutes =
    `SELECT run, symbol, minute, max(token) AS token, ${sums.map((column) => `sum(${column}) AS ${column}`).join(", ")},\n` +
    `    argMax(tuple(open, high, low, close), (token_minutes.base_volume, venue)) AS bar\n` +
    `FROM ${rollup("token_minutes")} WHERE ${inDays} GROUP BY run, symbol, minute`;

/** Root of the sum of squared log returns from minute to minute, of minutes with trades (Andersen and Bollerslev 1998); not annualised. */
const volatility =
    "if(length(closes) < 2, NULL, sqrt(arraySum(arrayMap((a, b) -> pow(log(b / a), 2), arrayPopBack(closes), arrayPopFront(closes)))))";

const days =
    `SELECT run, symbol, toDate(minute) AS day, max(token) AS token, ${sums.map((column) => `sum(${column}) AS ${column}`).join(", ")},\n` +
    `    argMinIf(bar.1, minute, isNotNull(bar.4)) AS open, max(bar.2) AS high, min(bar.3) AS low, argMaxIf(bar.4, minute, isNotNull(bar.4)) AS close,\n` +
    `    arrayMap(c -> c.2, arraySort(groupArrayIf((minute, toFloat64(assumeNotNull(bar.4))), bar.4 > 0))) AS closes\n` +
    `FROM (${minutes}) GROUP BY run, symbol, day`;

/** The account that traded most, on both sides of trades. */
const top =
    `SELECT run, symbol, day, max(volume) AS top_account_volume FROM (\n` +
    `    SELECT run, symbol, toDate(minute) AS day, account_id, sum(bought) + sum(sold) AS volume\n` +
    `    FROM ${rollup("account_symbol_minutes")} WHERE ${inDays} GROUP BY run, symbol, day, account_id) GROUP BY run, symbol, day`;

const venues = `SELECT run, venue, symbol FROM ${rollup("token_minutes")} WHERE ${inDays}`;
const book =
    `SELECT run, symbol, toDate(minute) AS day, avg(spread_bps) AS spread_bps, avg(toFloat64(bid_depth)) AS bid_depth, avg(toFloat64(ask_depth)) AS ask_depth\n` +
    `FROM ${rollup("market_minutes")} WHERE ${inDays} AND (run, venue, symbol) IN (${venues}) GROUP BY run, symbol, day`;

const share = (part: string, whole: string): string =>
    `if(${whole} = 0, NULL, toFloat64(${part}) / toFloat64(${whole}))`;

export const tokenDays: Rollup = {
    name: "token_days",
    description: "Each instrument of our venue in a day",
    grain: "day",
    columns: {
        run: common.run,
        symbol: common.symbol,
        day: common.day,
        token: label("Base asset"),
        trades: count("Trades"),
        open: price("First price"),
        high: price("Highest price"),
        low: price("Lowest price"),
        close: price("Last price"),
        base_volume: amount("Traded, base asset"),
        quote_volume: amount("Traded, quote asset"),
        taker_buy_volume: amount("Bought by takers, base asset"),
        self_trade_volume: amount("Traded by users with themselves, base asset"),
        wash_share: ratio("Share of the volume that users traded with themselves"),
        orders: count("Orders that entered the book"),
        cancels: count("Orders cancelled"),
        order_to_trade: ratio("Orders per trade"),
        realised_volatility: ratio("Root of the sum of squared log returns of minute closes, not annualised"),
        top_account_volume: amount("Bought and sold by the account that traded most, base asset"),
        top_account_share: ratio("The same as a share of all that was bought and sold (twice the volume)"),
        spread_bps: ratio("Spread in basis points of the mid, mean over minutes with quotes"),
        bid_depth: ratio("Depth within 1% below the mid, quote units, mean over minutes with snapshots"),
        ask_depth: ratio("Depth within 1% above the mid, quote units, mean over minutes with snapshots"),
    },
    key: ["run", "symbol", "day"],
    partitionBy: "toYYYYMM(day)",
    expiresBy: "day",
    retentionDays: longDays,
    keeps: "latest",
    touched: ["token_minutes", "market_minutes", "account_symbol_minutes"].map((name) =>
        refreshes(name, "toStartOfDay(minute)"),
    ),
    select:
        `SELECT days.run AS run, days.symbol AS symbol, days.day AS day, token, ${sums.join(", ")}, open, high, low, close,\n` +
        `    ${share("self_trade_volume", "base_volume")} AS wash_share, ${share("orders", "trades")} AS order_to_trade, ${volatility} AS realised_volatility,\n` +
        `    ${total("top.top_account_volume")} AS top_account_volume, ${share("top.top_account_volume", "(base_volume * 2)")} AS top_account_share,\n` +
        `    book.spread_bps AS spread_bps, book.bid_depth AS bid_depth, book.ask_depth AS ask_depth\n` +
        `FROM (${days}) AS days\n` +
        `LEFT JOIN (${top}) AS top ON top.run = days.run AND top.symbol = days.symbol AND top.day = days.day\n` +
        `LEFT JOIN (${book}) AS book ON book.run = days.run AND book.symbol = days.symbol AND book.day = days.day`,
    everySeconds: 300,
    reads: ["token_minutes", "market_minutes", "account_symbol_minutes"],
};
