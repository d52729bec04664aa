// What a token cost in another asset, minute by minute and by source: what its price in the reporting currency is made of.
import { withAssets } from "./assets";
import { common, label, minuteDays, price, type Rollup } from "./spec";
import { factor, ofMinutes, refreshes, rollup } from "./sql";

const book = (columns: string): string =>
    withAssets(`SELECT run, venue, symbol, minute, ${columns} FROM ${rollup("market_minutes")} WHERE ${ofMinutes()}`);

/** Average price of what was traded, over all venues; NULL where nothing was: a trade may have been busted after it made a price. */
const average = (rows: string): string =>
    `SELECT run, token, quote, minute, ${factor("toDecimal256(quoted, 18) / nullIf(based, 0)")} AS price FROM (\n` +
    `    SELECT run, token, quote, minute, ${factor("sum(quote_volume)")} AS quoted, ${factor("sum(base_volume)")} AS based\n` +
    `    FROM (${rows}) GROUP BY run, token, quote, minute)`;

/** Several venues: the first by name, so that it is always the same. */
const single = (column: string): string =>
    `SELECT run, token, quote, minute, argMin(${column}, venue) AS price FROM (${book(column)}) GROUP BY run, token, quote, minute`;

/** The lower rank is the better source. */
const sources: readonly (readonly [name: string, rows: string])[] = [
    [
        "own",
        average(
            `SELECT run, token, quote, minute, quote_volume, base_volume FROM ${rollup("token_minutes")} WHERE ${ofMinutes()}`,
        ),
    ],
    ["market_trades", average(book("quote_volume, base_volume"))],
    ["book_tickers", single("mid")],
    ["market_tickers", single("ticker_price")],
];

export const marketPrices: Rollup = {
    name: "market_prices",
    description: "What a token cost in another asset, minute by minute and by source",
    grain: "minute",
    columns: {
        run: common.run,
        token: label("Token"),
        minute: common.minute,
        quote: label("Asset the price is in"),
        source: label("own, market_trades, book_tickers or market_tickers"),
        rank: { type: "UInt8", description: "0 for the source that is preferred" },
        price: price("Price; NULL where the source has none for the minute"),
    },
    key: ["run", "token", "minute", "quote", "source"],
    partitionBy: "toDate(minute)",
    expiresBy: "minute",
    retentionDays: minuteDays,
    keeps: "latest",
    touched: [refreshes("token_minutes", "minute"), refreshes("market_minutes", "minute")],
    select: sources
        .map(
            ([source, rows], rank) =>
                `SELECT run, token, minute, quote, '${source}' AS source, ${String(rank)} AS rank, if(price > 0, price, NULL) AS price FROM (${rows}) WHERE token != ''`,
        )
        .join("\nUNION ALL\n"),
    reads: ["token_minutes", "market_minutes"],
};
