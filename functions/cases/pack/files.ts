// The files of a case: what each holds, and the query it is written from. Every query has an order of its own, so that the same case gives the same bytes.
import { inPeriod } from "./subjects";

/** A file of a case pack, one JSON document a line. */
export interface CaseFile {
    readonly name: string;
    readonly description: string;
    readonly query: string;
}

const mine = "(user_id IN {users:Array(String)} OR account_id IN {accounts:Array(String)})";
const traded =
    "(maker_user_id IN {users:Array(String)} OR taker_user_id IN {users:Array(String)} " +
    "OR maker_account_id IN {accounts:Array(String)} OR taker_account_id IN {accounts:Array(String)})";
const all = (fact: string, condition: string): string =>
    `SELECT * FROM trading.${fact} WHERE ${inPeriod} AND ${condition} ORDER BY event_time, event_id`;

/** Orders and trades as rows of one shape. */
const steps = `
    SELECT event_time, 'user_orders' AS fact, event_id, venue, symbol, account_id AS account, order_id AS id, toString(state) AS state, toString(side) AS side,
        'own' AS role, ifNull(toString(price), '') AS price, toString(quantity) AS quantity
    FROM trading.user_orders WHERE ${inPeriod} AND ${mine}
    UNION ALL
    SELECT event_time, 'user_trades', event_id, venue, symbol, if(maker, maker_account_id, taker_account_id), trade_id, toString(status),
        if(maker = (taker_side = 'sell'), 'buy', 'sell'), if(maker, 'maker', 'taker'), toString(price), toString(quantity)
    FROM (SELECT *, arrayJoin(arrayFilter(side -> if(side = 1, maker_user_id IN {users:Array(String)} OR maker_account_id IN {accounts:Array(String)},
            taker_user_id IN {users:Array(String)} OR taker_account_id IN {accounts:Array(String)}), [1, 0])) AS maker
        FROM trading.user_trades WHERE ${inPeriod} AND ${traded})`;

/** Books as far back as a quote may still stand. */
const booksFrom = "{from:DateTime64(6, 'UTC')} - toIntervalMinute(10)";
const inBooks =
    `ifNull(run_id, '') IN ({run:String}, '') AND symbol IN (SELECT symbol FROM (${steps}))\n` +
    `    AND toStartOfMinute(event_time) >= toStartOfMinute(${booksFrom}) AND toStartOfMinute(event_time) <= {to:DateTime64(6, 'UTC')}`;

const quotes = `
SELECT step.event_time AS event_time, step.fact AS fact, step.event_id AS event_id, quote.venue AS venue, step.symbol AS symbol, quote.event_time AS quoted_at,
    quote.bid_price AS bid_price, quote.bid_quantity AS bid_quantity, quote.ask_price AS ask_price, quote.ask_quantity AS ask_quantity
FROM (SELECT seen.venue AS venue, done.symbol AS symbol, done.event_time AS event_time, done.fact AS fact, done.event_id AS event_id
    FROM (${steps}) AS done INNER JOIN (SELECT DISTINCT venue, symbol FROM trading.book_tickers WHERE ${inBooks}) AS seen ON seen.symbol = done.symbol) AS step
ASOF INNER JOIN (SELECT venue, symbol, event_time, bid_price, bid_quantity, ask_price, ask_quantity FROM trading.book_tickers WHERE ${inBooks}) AS quote
    ON quote.venue = step.venue AND quote.symbol = step.symbol AND quote.event_time <= step.event_time
ORDER BY event_time, event_id, venue, fact`;

const span = "toStartOfInterval(event_time, INTERVAL 10 SECOND)";
const books = `
SELECT * FROM trading.order_book_ticks WHERE ${inBooks}
    AND ${span} IN (SELECT arrayJoin([at - toIntervalSecond(10), at, at + toIntervalSecond(10)]) FROM (SELECT DISTINCT ${span} AS at FROM (${steps})))
ORDER BY venue, symbol, event_time, final_update_id, event_id`;

const funding = `
SELECT * FROM (
    SELECT event_time, 'user_deposits' AS fact, event_id, user_id, account_id, toString(state) AS state, asset, amount, network, address, transaction_hash
    FROM trading.user_deposits WHERE ${inPeriod} AND ${mine}
    UNION ALL
    SELECT event_time, 'user_withdrawals', event_id, user_id, account_id, toString(state), asset, amount, network, address, transaction_hash
    FROM trading.user_withdrawals WHERE ${inPeriod} AND ${mine}
) AS moved ORDER BY moved.event_time, moved.event_id`;

const held = `
SELECT fact, event_time, event_id, content, hash FROM trading.held_facts WHERE hold_id IN (
    SELECT hold_id FROM trading.holds WHERE isNull(released_at) AND (kind = 'user' AND subject IN {users:Array(String)}
        OR kind = 'token' AND subject IN {tokens:Array(String)} OR kind = 'alert' AND subject = {alert:String}))
ORDER BY fact, event_time, event_id, hash`;

/** The files that are rows of the database, in the order of the manifest. */
export const caseFiles: readonly CaseFile[] = [
    {
        name: "alert.jsonl",
        description: "The alert and its state",
        query:
            "SELECT * FROM trading.alerts AS raised INNER JOIN (SELECT alert_id, state, outcome FROM trading.alert_states WHERE alert_id = {alert:String}) AS now " +
            "ON now.alert_id = raised.alert_id WHERE raised.alert_id = {alert:String}",
    },
    {
        name: "history.jsonl",
        description: "What people did about it",
        query: "SELECT * FROM trading.alert_events WHERE alert_id = {alert:String} ORDER BY at, event_id",
    },
    {
        name: "evidence.jsonl",
        description: "The rows it stood on, as they were when it fired, each with its SHA-256",
        query: "SELECT position, source, content, hash FROM trading.alert_evidence WHERE alert_id = {alert:String} ORDER BY position",
    },
    {
        name: "timeline.jsonl",
        description: "Orders and trades of the users and accounts, one after the other",
        query: `SELECT * FROM (${steps}) AS steps ORDER BY steps.event_time, steps.fact, steps.event_id, steps.role`,
    },
    { name: "orders.jsonl", description: "The orders in full", query: all("user_orders", mine) },
    { name: "trades.jsonl", description: "The trades in full", query: all("user_trades", traded) },
    { name: "quotes.jsonl", description: "Best bid and ask of each venue at each of them", query: quotes },
    { name: "book.jsonl", description: "Changes of the order book within some 10 s of each of them", query: books },
    { name: "funding.jsonl", description: "Deposits and withdrawals", query: funding },
    { name: "logins.jsonl", description: "Logins and other actions", query: all("user_actions", mine) },
    {
        name: "linked_accounts.jsonl",
        description: "Links of the accounts, past ones too",
        query:
            "SELECT * FROM trading.account_links WHERE ifNull(run_id, '') IN ({run:String}, '') " +
            "AND (account_id IN {accounts:Array(String)} OR linked_account_id IN {accounts:Array(String)}) ORDER BY event_time, event_id",
    },
    { name: "held_facts.jsonl", description: "Rows that are held for the users, the token or the alert", query: held },
];
