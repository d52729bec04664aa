// Trading on our venue, per instrument and minute.
import { withAssets } from "./assets";
import { amount, common, count, label, minuteDays, price, type Rollup } from "./spec";
import { arrivals, fact, inMinutes, minute, product, run, selected, total } from "./sql";
import { tradeArrivals, tradeVersions } from "./tradeAmendments";

/** Trades of one microsecond in the order of their ids, which are numbers without leading zeros where a venue counts. */
const order = "(executed_at, length(trade_id), trade_id)";
const baseSum = (condition: string): string => total(`sumIf(toDecimal256(quantity, 18), ${condition})`);

/** Columns of trades, from versions of trades. */
const traded = {
    trades: "countIf(counted)",
    open: `argMinOrNullIf(price, ${order}, counted)`,
    high: "maxOrNullIf(price, counted)",
    low: "minOrNullIf(price, counted)",
    close: `argMaxOrNullIf(price, ${order}, counted)`,
    base_volume: baseSum("counted"),
    quote_volume: total(`sumIf(${product("price", "quantity")}, counted)`),
    taker_buy_volume: baseSum("counted AND taker_side = 'buy'"),
    self_trade_volume: baseSum("counted AND maker_user_id = taker_user_id"),
};

const ordered = {
    orders: "countIf(state = 'new')",
    cancels: "countIf(state = 'cancelled')",
    amends: "countIf(state = 'amended')",
    rejects: "countIf(state = 'rejected')",
};

const prices = ["open", "high", "low", "close"];
const fromTrades = Object.keys(traded);
const fromOrders = Object.keys(ordered);
const absent = (column: string): string =>
    prices.includes(column)
        ? `CAST(NULL, 'Nullable(Decimal(38, 18))') AS ${column}`
        : `${/volume/.test(column) ? "toDecimal256(0, 18)" : "toUInt64(0)"} AS ${column}`;

const trades =
    `SELECT run, minute, venue, symbol, ${selected(traded)}, ${fromOrders.map(absent).join(", ")}\n` +
    `FROM (${tradeVersions}) GROUP BY run, minute, venue, symbol`;
const orders =
    `SELECT run, minute, venue, symbol, ${fromTrades.map(absent).join(", ")}, ${selected(ordered)}\n` +
    `FROM (SELECT ${run}, ${minute}, venue, symbol, state FROM ${fact("user_orders")} WHERE ${inMinutes}) GROUP BY run, minute, venue, symbol`;

/** One part has trades, the other orders: a maximum takes the one price that is there. */
const joined = [...fromTrades, ...fromOrders]
    .map((column) => `${prices.includes(column) ? "max" : "sum"}(${column}) AS ${column}`)
    .join(", ");

export const tokenMinutes: Rollup = {
    name: "token_minutes",
    description: "Trading on our venue, per instrument and minute",
    grain: "minute",
    columns: {
        run: common.run,
        minute: common.minute,
        venue: common.venue,
        symbol: common.symbol,
        token: label("Base asset"),
        quote: label("Quote asset"),
        trades: count("Trades"),
        open: price("First price"),
        high: price("Highest price"),
        low: price("Lowest price"),
        close: price("Last price"),
        base_volume: amount("Traded, base asset"),
        quote_volume: amount("Traded, quote asset"),
        taker_buy_volume: amount("Bought by takers, base asset"),
        self_trade_volume: amount("Traded by users with themselves, base asset"),
        orders: count("Orders that entered the book (state new)"),
        cancels: count("Orders cancelled, for whatever reason"),
        amends: count("Orders amended"),
        rejects: count("Orders rejected"),
    },
    key: ["run", "minute", "venue", "symbol"],
    partitionBy: "toDate(minute)",
    expiresBy: "minute",
    retentionDays: minuteDays,
    keeps: "latest",
    touched: [arrivals("user_orders"), ...tradeArrivals],
    select: withAssets(
        `SELECT run, minute, venue, symbol, ${joined} FROM (${trades}\nUNION ALL\n${orders}) GROUP BY run, minute, venue, symbol`,
    ),
    reads: ["trade_amendments"],
};
