// One price per token and minute in the reporting currency, frozen when it is first needed: what was decided on it can be shown to have been
// right at that time, and a repeated computation decides the same.
import { qualified } from "../ddl/quote";
import { reportingAssets } from "./assets";
import { common, label, minuteDays, price, type Rollup } from "./spec";
import {
    arrivals,
    fact,
    factor,
    from,
    inMinutes,
    minute,
    ofMinutes,
    rollup,
    rollupsDatabase,
    run,
    since,
    until,
} from "./sql";

const name = "token_prices";

/** Minutes after which a last price is none any more. */
export const maxAgeMinutes = 60;

const reporting = reportingAssets.map((asset) => `'${asset}'`).join(", ");
const traded = `SELECT run, token, quote, minute FROM ${rollup("token_minutes")} WHERE ${ofMinutes()}`;
const moved = (source: string, column: string): string =>
    `SELECT ${run}, toString(${column}) AS token, ${minute} FROM ${fact(source)} WHERE ${inMinutes}`;

/** Whatever is valued somewhere: assets of trades, deposits, withdrawals and transfers on chain. */
const uses =
    `SELECT DISTINCT run, token, minute FROM (\n` +
    `    SELECT run, arrayJoin([toString(token), toString(quote)]) AS token, minute FROM (${traded})\n` +
    `    UNION ALL ${moved("user_deposits", "asset")}\n    UNION ALL ${moved("user_withdrawals", "asset")}\n    UNION ALL ${moved("on_chain_transfers", "token")}\n` +
    `) WHERE token != ''`;

const stored = (condition: string): string =>
    `SELECT run, token, minute FROM ${rollup(name)} WHERE ${ofMinutes()} AND ${condition}`;

/** To be priced: uses that are new, and those that have waited for a price; each says whether it has a row already. */
const wanted =
    `SELECT run, token, minute, max(is_waiting) AS waiting FROM (\n` +
    `    SELECT run, token, minute, false AS is_waiting FROM uses UNION ALL SELECT run, token, minute, true AS is_waiting FROM (${stored("isNull(price)")}))\n` +
    `WHERE (run, token, minute) NOT IN (${stored("isNotNull(price)")}) GROUP BY run, token, minute`;

/** Offers for `wants` (run, token, minute). A minute that is over comes before the one itself, whose price would look ahead. */
const offers = (wants: string, condition: string): string =>
    `SELECT wants.run AS run, wants.token AS token, wants.minute AS minute, offers.quote AS quote, offers.price AS price, offers.source AS source,\n` +
    `    offers.minute AS source_minute, (offers.minute < wants.minute, -offers.rank, offers.minute, offers.quote) AS preference\n` +
    `FROM (${wants}) AS wants INNER JOIN offered AS offers ON offers.run = wants.run AND offers.token = wants.token\n` +
    `WHERE offers.minute <= wants.minute AND offers.minute > wants.minute - toIntervalMinute(${maxAgeMinutes}) AND ${condition}`;

const offered =
    `SELECT * FROM ${rollup("market_prices")}\n` +
    `WHERE minute > ${from} - toIntervalMinute(${maxAgeMinutes}) AND minute < ${until} AND isNotNull(price)`;

const direct = `offers.quote IN (${reporting})`;
const best = (rows: string): string =>
    `SELECT run, token, minute, argMax((price, source, source_minute), preference) AS found FROM (${rows}) GROUP BY run, token, minute`;

/** Over another asset that has a price in the reporting currency: both legs of the same minute's knowledge. */
const crossed =
    `SELECT legs.run AS run, legs.token AS token, legs.minute AS minute,\n` +
    `    ${factor("CAST(toDecimal256(legs.price, 18) * quotes.found.1, 'Decimal(76, 18)')")} AS price, legs.source AS source,\n` +
    `    least(legs.source_minute, quotes.found.3) AS source_minute, legs.preference AS preference\n` +
    `FROM legs INNER JOIN (${best(offers("SELECT DISTINCT run, quote AS token, minute FROM legs", direct))}) AS quotes\n` +
    `    ON quotes.run = legs.run AND quotes.token = legs.quote AND quotes.minute = legs.minute`;

/** A straight price before one over another asset. */
const found = best(
    `SELECT run, token, minute, toNullable(price) AS price, source, source_minute, (1, preference) AS preference FROM (${offers("SELECT * FROM wanted", direct)})\n` +
        `UNION ALL SELECT run, token, minute, price, source, source_minute, (0, preference) AS preference FROM (${crossed}) WHERE isNotNull(price)`,
);

/** Minutes that may have got a price for what waits for one. */
const recent = `SELECT minute FROM ${qualified(rollupsDatabase, "market_prices")} WHERE refreshed_at > ${since}`;
const waiting =
    `SELECT DISTINCT minute AS period FROM ${rollup(name)}\n` +
    `WHERE isNull(price) AND minute >= (SELECT min(minute) FROM (${recent})) AND minute < (SELECT max(minute) + toIntervalMinute(${maxAgeMinutes}) FROM (${recent}))`;

/** Trades in something that has no row yet for their minute: in a minute that goes on, nearly all have one. */
const freshTrades = `SELECT run, token, quote, minute FROM ${qualified(rollupsDatabase, "token_minutes")} WHERE refreshed_at > ${since}`;
const unseen =
    `SELECT DISTINCT minute AS period FROM (SELECT run, minute, arrayJoin([toString(token), toString(quote)]) AS asset FROM (${freshTrades}))\n` +
    `WHERE asset != '' AND (run, asset, minute) NOT IN (\n` +
    `    SELECT run, toString(token), minute FROM ${qualified(rollupsDatabase, name)} WHERE minute >= (SELECT min(minute) FROM (${freshTrades})))`;

export const tokenPrices: Rollup = {
    name,
    description:
        "Price of each token that was traded or moved in a minute, in the reporting currency; frozen once there is one",
    grain: "minute",
    columns: {
        run: common.run,
        token: label("Token or asset"),
        minute: common.minute,
        price: price("Price in the reporting currency; NULL: none is known, to be counted as unpriced"),
        source: label("declared, own, market_trades, book_tickers, market_tickers, or none"),
        source_minute: {
            type: "DateTime('UTC')",
            codec: "Delta(4), ZSTD(1)",
            description: "Minute the price is from, the older one where it goes over another asset",
        },
        version: {
            type: "UInt64",
            description: "0 without a price, else bitNot of the time in us: the first price is kept",
        },
    },
    key: ["run", "token", "minute"],
    partitionBy: "toDate(minute)",
    expiresBy: "minute",
    retentionDays: minuteDays,
    keeps: "frozen",
    touched: [
        unseen,
        ...["user_deposits", "user_withdrawals", "on_chain_transfers"].map((source) => arrivals(source)),
        waiting,
    ],
    select:
        `WITH uses AS (${uses}),\nwanted AS (${wanted}),\noffered AS (${offered}),\n` +
        `legs AS (${offers("SELECT * FROM wanted", `NOT ${direct}`)})\n` +
        `SELECT wanted.run AS run, wanted.token AS token, wanted.minute AS minute,\n` +
        `    if(wanted.token IN (${reporting}), toDecimal128(1, 18), found.found.1) AS price,\n` +
        `    multiIf(wanted.token IN (${reporting}), 'declared', isNull(price), 'none', found.found.2) AS source,\n` +
        `    if(source IN ('declared', 'none'), wanted.minute, found.found.3) AS source_minute,\n` +
        `    if(isNull(price), 0, bitNot(toUInt64(toUnixTimestamp64Micro({refreshed_at:DateTime64(6, 'UTC')})))) AS version\n` +
        `FROM wanted LEFT JOIN (${found}) AS found ON found.run = wanted.run AND found.token = wanted.token AND found.minute = wanted.minute\n` +
        `WHERE isNotNull(price) OR NOT wanted.waiting`,
    reads: ["token_minutes", "market_prices"],
};
