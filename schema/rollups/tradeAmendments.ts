// Corrections and busts beside the time their trade was executed: a trade counts in the minute of its first version, with the values of its last.
import { qualified } from "../ddl/quote";
import { databases } from "../ddl/tables";
import { common, minuteDays, type Rollup, text } from "./spec";
import { arrivals, fact, inMinutes, minute, ofMinutes, rollup, rollupsDatabase, run, since } from "./sql";

const name = "trade_amendments";
const identity = "run, venue, symbol, trade_id";
const values = [
    "price",
    "quantity",
    "taker_side",
    "maker_user_id",
    "maker_account_id",
    "taker_user_id",
    "taker_account_id",
] as const;

const amendments = `SELECT ${run}, * FROM ${fact("user_trades")} WHERE trade_version > 1 AND ${inMinutes}`;

/** Where the trade is not known yet. */
const unknown = "toDateTime64(0, 6, 'UTC')";

/**
 * First versions of the trades that are amended here and not known from before. It is the one look over all trades, and only when there is
 * something to look for: with nothing, the newest time allowed is 1970 and no part is read.
 */
const executions =
    `SELECT ${run}, venue, symbol, trade_id, min(event_time) AS executed_at\n` +
    `FROM ${qualified(databases.facts, "user_trades")}\n` +
    `WHERE trade_version = 1 AND event_time <= (SELECT max(event_time) FROM fresh)\n` +
    `    AND (run, venue, symbol, trade_id) IN (SELECT ${identity} FROM fresh)\n` +
    `GROUP BY ${identity}`;

const known = `SELECT DISTINCT ${identity}, executed_at FROM ${rollup(name)} WHERE executed_at > ${unknown}`;

/** Amendments whose trade came in after them. */
const completed =
    `SELECT DISTINCT toStartOfMinute(amended.event_time) AS period\n` +
    `FROM ${qualified(databases.facts, "user_trades")} AS executed\n` +
    `INNER JOIN (SELECT * FROM ${rollup(name)} WHERE executed_at = ${unknown}) AS amended\n` +
    `    ON amended.run = ifNull(executed.run_id, '') AND amended.venue = executed.venue AND amended.symbol = executed.symbol AND amended.trade_id = executed.trade_id\n` +
    `WHERE executed.trade_version = 1 AND executed.ingested_at > ${since}`;

const decimal = (description: string) => ({ type: "Decimal(38, 18)", codec: "ZSTD(1)", description });
const time = (description: string) => ({ type: "DateTime64(6, 'UTC')", codec: "Delta(8), ZSTD(1)", description });

export const tradeAmendments: Rollup = {
    name,
    description: "Corrections and busts of trades, with the time the trade was executed",
    grain: "minute",
    columns: {
        run: common.run,
        venue: common.venue,
        symbol: common.symbol,
        trade_id: text("The matching engine's trade id"),
        trade_version: { type: "UInt32", description: "2 for the first correction or bust, and so on" },
        status: { type: "LowCardinality(String)", description: "corrected or busted" },
        event_time: time("When it was corrected or busted"),
        executed_at: time("When the trade was executed; 1970 while it has not come in"),
        price: decimal("Price, quote asset"),
        quantity: decimal("Quantity, base asset"),
        taker_side: { type: "LowCardinality(String)", description: "Side of the order that took liquidity" },
        maker_user_id: text("Maker", true),
        maker_account_id: text("Account of the maker", true),
        taker_user_id: text("Taker", true),
        taker_account_id: text("Account of the taker", true),
    },
    key: ["run", "venue", "symbol", "trade_id", "trade_version"],
    expiresBy: "event_time",
    retentionDays: minuteDays,
    keeps: "latest",
    touched: [arrivals("user_trades", "trade_version > 1"), completed],
    select:
        `WITH amendments AS (${amendments}),\n` +
        `known AS (${known}),\n` +
        `fresh AS (SELECT ${identity}, event_time FROM amendments WHERE (${identity}) NOT IN (SELECT ${identity} FROM known)),\n` +
        `executions AS (SELECT * FROM known UNION ALL ${executions})\n` +
        `SELECT amendments.run AS run, amendments.venue AS venue, amendments.symbol AS symbol, amendments.trade_id AS trade_id,\n` +
        `    amendments.trade_version AS trade_version, toString(amendments.status) AS status, amendments.event_time AS event_time,\n` +
        `    executions.executed_at AS executed_at, ${values.map((column) => `amendments.${column} AS ${column}`).join(", ")}\n` +
        `FROM amendments LEFT JOIN executions USING (${identity})`,
    reads: [],
};

const amended = `SELECT * FROM ${rollup(name)} WHERE ${ofMinutes("toStartOfMinute(executed_at)")}`;
const columns = [...["run", "venue", "symbol", "trade_id"], ...values].join(", ");

/** Minutes whose trades came in or were amended lately. */
export const tradeArrivals: readonly string[] = [
    arrivals("user_trades", "trade_version = 1"),
    `SELECT DISTINCT toStartOfMinute(executed_at) AS period FROM ${qualified(rollupsDatabase, name)}\n` +
        `WHERE refreshed_at > ${since} AND executed_at > ${unknown}`,
];

/**
 * Versions of the trades executed in the minutes that are computed: `counted` for the one that holds, unless the trade was busted. The others
 * are there so that whoever was a party of an earlier version keeps a row, with zeros.
 */
export const tradeVersions =
    `SELECT ${columns}, ${minute}, event_time AS executed_at, true AS counted\n` +
    `FROM (SELECT ${run}, * FROM ${fact("user_trades")} WHERE trade_version = 1 AND ${inMinutes})\n` +
    `WHERE (run, venue, symbol, trade_id) NOT IN (SELECT ${identity} FROM (${amended}))\n` +
    `UNION ALL\n` +
    `SELECT ${columns}, toStartOfMinute(executed_at) AS minute, executed_at, trade_version = last AND status != 'busted' AS counted\n` +
    `FROM (SELECT *, max(trade_version) OVER (PARTITION BY ${identity}) AS last FROM (\n` +
    `    SELECT ${columns}, event_time AS executed_at, trade_version, toString(status) AS status\n` +
    `    FROM (SELECT ${run}, * FROM ${fact("user_trades")} WHERE trade_version = 1 AND ${inMinutes})\n` +
    `    WHERE (run, venue, symbol, trade_id) IN (SELECT ${identity} FROM (${amended}))\n` +
    `    UNION ALL SELECT ${columns}, executed_at, trade_version, status FROM (${amended})))`;
