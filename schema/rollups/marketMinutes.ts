// Public market data of every venue, ours too, per instrument and minute.
import { amount, common, count, minuteDays, price, ratio, type Rollup } from "./spec";
import { arrivals, fact, inMinutes, minute, product, run, total } from "./sql";

/** How far from the mid a level may be to count as depth. */
const depthShare = "0.01";

const key = "run, minute, venue, symbol";
const facts = (name: string, columns: string): string =>
    `SELECT ${run}, ${minute}, venue, symbol, ${columns} FROM ${fact(name)} WHERE ${inMinutes}`;

/** Columns of each source, in its own aggregates; elsewhere they are nothing. */
const sources: readonly { from: string; values: Readonly<Record<string, string>> }[] = [
    {
        from: facts("market_trades", "event_time, trade_id, price, quantity, taker_side"),
        values: {
            trades: "count()",
            open: "toNullable(argMin(price, (event_time, length(trade_id), trade_id)))",
            high: "toNullable(max(price))",
            low: "toNullable(min(price))",
            close: "toNullable(argMax(price, (event_time, length(trade_id), trade_id)))",
            base_volume: total("sum(toDecimal256(quantity, 18))"),
            quote_volume: total(`sum(${product("price", "quantity")})`),
            taker_buy_volume: total("sumIf(toDecimal256(quantity, 18), taker_side = 'buy')"),
        },
    },
    {
        from: facts(
            "book_tickers",
            "event_time, update_id, bid_price, ask_price, CAST((toDecimal256(bid_price, 18) + ask_price) / 2, 'Decimal(38, 18)') AS middle",
        ),
        values: {
            quotes: "count()",
            // In whole hundredths of a basis point, so that the mean does not depend on the order of rows.
            spread_sum:
                "sum(toInt64(round(if(middle > 0, 1e6 * toFloat64(ask_price - bid_price) / toFloat64(middle), 0))))",
            mid: "toNullable(argMax(middle, (event_time, update_id)))",
        },
    },
    {
        from:
            `SELECT *, CAST((toDecimal256(bids[1].1, 18) + asks[1].1) / 2, 'Decimal(38, 18)') AS middle,\n` +
            `    CAST(toDecimal256(middle, 18) * (1 - toDecimal32('${depthShare}', 2)), 'Decimal(76, 18)') AS low_bound,\n` +
            `    CAST(toDecimal256(middle, 18) * (1 + toDecimal32('${depthShare}', 2)), 'Decimal(76, 18)') AS high_bound\n` +
            `FROM (${facts("order_book_ticks", "arraySort(l -> -l.1, arrayFilter(l -> l.2 > 0, bids)) AS bids, arraySort(l -> l.1, arrayFilter(l -> l.2 > 0, asks)) AS asks")} AND kind = 'snapshot')\n` +
            `WHERE notEmpty(bids) AND notEmpty(asks)`,
        values: {
            snapshots: "count()",
            bid_depth: total(
                "sum(arraySum(arrayMap(l -> toDecimal256(l.1, 18) * toDecimal256(l.2, 18), arrayFilter(l -> l.1 >= low_bound, bids))))",
            ),
            ask_depth: total(
                "sum(arraySum(arrayMap(l -> toDecimal256(l.1, 18) * toDecimal256(l.2, 18), arrayFilter(l -> l.1 <= high_bound, asks))))",
            ),
        },
    },
    {
        from: facts("market_tickers", "event_time, last_price"),
        values: { ticker_price: "toNullable(argMax(last_price, (event_time, last_price)))" },
    },
];

const names = sources.flatMap(({ values }) => Object.keys(values));
const nullable = new Set(["open", "high", "low", "close", "mid", "ticker_price"]);
const counts = new Set(["trades", "quotes", "snapshots"]);
function nothing(name: string): string {
    if (nullable.has(name)) return "CAST(NULL, 'Nullable(Decimal(38, 18))')";
    if (name === "spread_sum") return "toInt64(0)";
    return counts.has(name) ? "toUInt64(0)" : "toDecimal256(0, 18)";
}

const parts = sources.map(
    ({ from, values }) =>
        `SELECT ${key}, ${names.map((name) => `${values[name] ?? nothing(name)} AS ${name}`).join(", ")}\nFROM (${from}) GROUP BY ${key}`,
);
/** Each column has a value from one source only. */
const joined = names.map((name) => `${nullable.has(name) ? "max" : "sum"}(${name}) AS ${name}`).join(", ");
/** Means over what the minute had; an amount is divided exactly to 18 digits. */
const means =
    "if(quotes = 0, NULL, spread_sum / quotes / 100) AS spread_bps, " +
    ["bid", "ask"]
        .map(
            (side) =>
                `if(snapshots = 0, NULL, divideDecimal(${side}_depth, toDecimal256(greatest(snapshots, 1), 0), 18)) AS ${side}_depth`,
        )
        .join(", ");

const meanDepth = (side: string) => ({
    type: "Nullable(Decimal(76, 18))",
    codec: "ZSTD(1)",
    description: `Quote units on the ${side} side within 1% of the mid, mean over the minute's snapshots`,
});

export const marketMinutes: Rollup = {
    name: "market_minutes",
    description: "Public market data of every venue, per instrument and minute",
    grain: "minute",
    columns: {
        run: common.run,
        minute: common.minute,
        venue: common.venue,
        symbol: common.symbol,
        trades: count("Public trades"),
        open: price("First price"),
        high: price("Highest price"),
        low: price("Lowest price"),
        close: price("Last price"),
        base_volume: amount("Traded, base asset"),
        quote_volume: amount("Traded, quote asset"),
        taker_buy_volume: amount("Bought by takers, base asset"),
        quotes: count("Changes of the best bid or ask"),
        spread_bps: ratio("Best ask less best bid, basis points of the mid, mean over the changes"),
        mid: price("Last middle between best bid and ask"),
        snapshots: count("Snapshots of the book with both sides"),
        bid_depth: meanDepth("bid"),
        ask_depth: meanDepth("ask"),
        ticker_price: price("Last price in the venue's 24 h ticker"),
    },
    key: ["run", "minute", "venue", "symbol"],
    partitionBy: "toDate(minute)",
    expiresBy: "minute",
    retentionDays: minuteDays,
    keeps: "latest",
    touched: [
        ...["market_trades", "book_tickers", "market_tickers"].map((name) => arrivals(name)),
        arrivals("order_book_ticks", "kind = 'snapshot'"),
    ],
    select:
        `SELECT * EXCEPT (spread_sum, bid_depth, ask_depth), ${means}\n` +
        `FROM (SELECT ${key}, ${joined} FROM (${parts.join("\nUNION ALL\n")}) GROUP BY ${key})`,
    reads: [],
};
