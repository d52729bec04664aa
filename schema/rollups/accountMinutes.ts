// Fills on our venue, per account and per pair of accounts.
import { amount, common, count, minuteDays, type Rollup, text } from "./spec";
import { product, total } from "./sql";
import { tradeArrivals, tradeVersions } from "./tradeAmendments";

const base = (condition: string): string => total(`sumIf(toDecimal256(quantity, 18), counted AND ${condition})`);
const quote = (condition: string): string => total(`sumIf(${product("price", "quantity")}, counted AND ${condition})`);

const ofMinutes = {
    grain: "minute",
    partitionBy: "toDate(minute)",
    expiresBy: "minute",
    retentionDays: minuteDays,
    keeps: "latest",
    touched: tradeArrivals,
    reads: ["trade_amendments"],
} as const;

const sides =
    "[(maker_account_id, maker_user_id, if(taker_side = 'buy', 'sell', 'buy'), taker_account_id), " +
    "(taker_account_id, taker_user_id, toString(taker_side), maker_account_id)]";

/** Bought and sold by an account, per instrument. */
export const accountSymbolMinutes: Rollup = {
    ...ofMinutes,
    name: "account_symbol_minutes",
    description: "Fills of each account, per instrument and minute",
    columns: {
        run: common.run,
        minute: common.minute,
        symbol: common.symbol,
        account_id: text("Account", true),
        user_id: common.user_id,
        fills: count("Trades, as maker and as taker; a trade with itself is two"),
        bought: amount("Bought, base asset"),
        sold: amount("Sold, base asset"),
        bought_quote: amount("Bought, quote asset"),
        sold_quote: amount("Sold, quote asset"),
        own: amount("Traded with itself, base asset: in both bought and sold"),
    },
    key: ["run", "minute", "symbol", "account_id"],
    select:
        `SELECT run, minute, symbol, party.1 AS account_id, max(party.2) AS user_id, countIf(counted) AS fills,\n` +
        `    ${base("party.3 = 'buy'")} AS bought, ${base("party.3 = 'sell'")} AS sold,\n` +
        `    ${quote("party.3 = 'buy'")} AS bought_quote, ${quote("party.3 = 'sell'")} AS sold_quote,\n` +
        `    ${base("party.3 = 'buy' AND party.1 = party.4")} AS own\n` +
        `FROM (${tradeVersions}) ARRAY JOIN ${sides} AS party\n` +
        `GROUP BY run, minute, symbol, account_id`,
};

/** What two accounts traded with each other. */
export const pairMinutes: Rollup = {
    ...ofMinutes,
    name: "pair_minutes",
    description: "Trades between a maker's and a taker's account, per instrument and minute",
    columns: {
        run: common.run,
        minute: common.minute,
        symbol: common.symbol,
        maker_account_id: text("Account of the maker", true),
        taker_account_id: text("Account of the taker", true),
        trades: count("Trades"),
        taker_bought: amount("Bought by the taker, base asset"),
        taker_bought_quote: amount("Bought by the taker, quote asset"),
        taker_sold: amount("Sold by the taker, base asset"),
        taker_sold_quote: amount("Sold by the taker, quote asset"),
    },
    key: ["run", "minute", "symbol", "maker_account_id", "taker_account_id"],
    select:
        `SELECT run, minute, symbol, maker_account_id, taker_account_id, countIf(counted) AS trades,\n` +
        `    ${base("taker_side = 'buy'")} AS taker_bought, ${quote("taker_side = 'buy'")} AS taker_bought_quote,\n` +
        `    ${base("taker_side = 'sell'")} AS taker_sold, ${quote("taker_side = 'sell'")} AS taker_sold_quote\n` +
        `FROM (${tradeVersions})\n` +
        `GROUP BY run, minute, symbol, maker_account_id, taker_account_id`,
};
