// Storms of orders that are gone at once and hardly ever trade: they clog the book for others (domain.md 3.3).
import { rule } from "./spec";
import { during, firstOf, found, millis, proof, proofs, score, timeOf } from "./sql";

/** An alert belongs to five minutes. */
const lookBack = "6";
const frame = "ORDER BY ms RANGE BETWEEN {window_seconds} * 1000 PRECEDING AND CURRENT ROW";

const counted = "state IN ('new', 'cancelled', 'amended', 'filled', 'partially_filled')";

/**
 * Accounts with an event among the triggers that had enough of them in an instrument shortly before: what completes a pattern is an event of its account,
 * so no other account can be alerted. The second more is for the frame, which begins at a whole millisecond.
 */
const suspects = `
            SELECT toString(symbol) AS instrument, account_id
            FROM trading.user_orders
            WHERE ${during("(intDiv({window_seconds}, 60) + 2)")} AND event_time > {since} - toIntervalSecond({window_seconds} + 1) AND ${counted}
            GROUP BY instrument, account_id
            HAVING count() >= {least_events} AND max(event_time) > {since}`;

/** Everybody's in the instruments of suspects, since an account's part of what happens there counts. */
const states = `
            SELECT user_id AS who, account_id AS account, symbol, event_id, event_time, ${millis}, state = 'new' AS is_new,
                state = 'cancelled' AS is_cancel, state IN ('filled', 'partially_filled') AS is_fill
            FROM trading.user_orders
            WHERE ${during(lookBack)} AND ${counted} AND toString(symbol) IN (${found(suspects, ["instrument"])})`;

export const quoteStuffing = rule("quote_stuffing", {
    version: 1,
    title: "Quote stuffing",
    severity: "medium",
    entity: "user",
    owner: "surveillance",
    mode: "shadow",
    description:
        "Within seconds an account sends many orders in an instrument and cancels nearly all of them, hardly any trades, and most of what happens in the instrument's " +
        "book is his. Rejected orders do not count: a client that retries is no storm in the book.",
    parameters: {
        window_seconds: {
            type: "UInt32",
            unit: "seconds",
            default: "5",
            description: "Orders within so long count together",
            source: "domain.md 3.3: 5 s buckets",
        },
        least_events: {
            type: "UInt32",
            unit: "events",
            default: "60",
            description:
                "Orders entered, cancelled, amended or filled, at least; to be set to the account's own limit where it has one",
            source: "domain.md 3.3: 60 in 5 s",
        },
        least_cancelled: {
            type: "Float64",
            unit: "share",
            default: "0.9",
            description: "Cancelled over entered, at least",
            source: "domain.md 3.3: 0.9",
        },
        most_filled: {
            type: "Float64",
            unit: "share",
            default: "0.01",
            description: "Fills over entered, at most",
            source: "domain.md 3.3: 0.01",
        },
        least_share: {
            type: "Float64",
            unit: "share",
            default: "0.5",
            description: "Of the instrument's events that are his, at least",
            source: "domain.md 3.3: 0.5",
        },
    },
    overrides: [
        {
            accountClass: "maker",
            terms: "exempt",
            expires: "2027-06-30",
            approver: "head of surveillance",
            reason: "moves many quotes under a market-making agreement; reviewed with it",
        },
    ],
    reads: { facts: ["user_orders"], rollups: [], references: [] },
    lookBackMinutes: 6,
    latenessMinutes: 5,
    stepSeconds: 30,
    historyDays: 0,
    suppressionMinutes: 60,
    query: firstOf(`
    SELECT who AS entity_id, concat(toString(symbol), ' ', toString(toStartOfFiveMinutes(event_time))) AS trigger_key, event_time AS t, event_id AS tie,
        ${timeOf("first_ms")} AS window_from, [account] AS accounts, ${score("events", "{least_events}")} AS score,
        map('symbol', toString(symbol), 'orders', toString(entered), 'cancelled', toString(cancelled), 'share', toString(round(100 * events / all_events)),
            'seconds', toString({window_seconds})) AS details
    FROM (
        SELECT who, account, symbol, event_id, event_time, count() OVER (PARTITION BY symbol ${frame}) AS all_events,
            count() OVER own AS events, countIf(is_new) OVER own AS entered, countIf(is_cancel) OVER own AS cancelled, countIf(is_fill) OVER own AS filled, min(ms) OVER own AS first_ms
        FROM (${states}
        )
        WINDOW own AS (PARTITION BY symbol, account ${frame})
    )
    WHERE events >= {least_events} AND cancelled >= {least_cancelled} * entered AND filled <= {most_filled} * entered AND events >= {least_share} * all_events`),
    suspects,
    evidence: proofs(
        proof(
            "user_orders",
            "1",
            "user_id = {entity_id} AND event_time >= {event_time} - toIntervalSecond({window_seconds}) AND startsWith({trigger_key}, concat(toString(symbol), ' '))",
        ),
    ),
    reason: "{orders} orders in {symbol} within {seconds} s, {cancelled} cancelled; {share}% of what happened in its book",
});
