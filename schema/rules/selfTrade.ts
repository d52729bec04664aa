// Trades of a user with himself: no change in beneficial ownership (Reg. (EU) 2016/522 Annex II, wash trades). Accounts of two users that are known
// to belong together are one owner's (domain.md 3.1, W1: the same account, or the same group).
import { rule } from "./spec";
import { during, firstOf, inMillis, millis, money, proof, proofs, rowOf, score, timeOf, upToTrigger } from "./sql";

const window = "{window_minutes}";
/** The hour an alert belongs to begins up to an hour before its trigger, and what completes in it looks back a window. */
const lookBack = `(60 + ${window})`;

/**
 * Links that are sure enough, by the two accounts, each with the time it holds: until the next version of the same link. That is looked for among
 * the run's own versions and live ones, since other runs may have accounts of the same names. `kept` is what is wanted of each.
 */
const links = (kept: string): string => `
            SELECT arraySort([account_id, linked_account_id]) AS linked, groupArray(kept) AS links, groupArray(valid_from) AS froms, groupArray(valid_to) AS ends
            FROM (
                SELECT account_id, linked_account_id, ${kept} AS kept, active AND confidence >= {least_confidence} AS holds, event_time AS valid_from,
                    leadInFrame(event_time, 1, toDateTime64('2299-12-31 00:00:00', 6, 'UTC')) OVER versions AS valid_to
                FROM trading.account_links
                WHERE ifNull(run_id, '') IN ({run}, '')
                WINDOW versions AS (PARTITION BY account_id, linked_account_id, reason ORDER BY event_time, event_id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
            )
            WHERE holds
            GROUP BY linked`;

/** Trades as they were executed, with the links between the two accounts that held then; `bounds` are those of their times. */
const trades = (bounds: string, kept: string): string => `
        SELECT event_id, event_time, symbol, quantity, price, taker_user_id, maker_user_id, accounts,
            arrayFilter((link, valid_from, valid_to) -> valid_from <= event_time AND valid_to > event_time, links, froms, ends) AS held
        FROM (
            SELECT event_id, event_time, symbol, quantity, price, taker_user_id, maker_user_id, arraySort([taker_account_id, maker_account_id]) AS accounts
            FROM trading.user_trades
            WHERE ${bounds} AND trade_version = 1
        ) AS traded
        LEFT JOIN (${links(kept)}
        ) AS known ON known.linked = traded.accounts`;

const ownTrade = "(taker_user_id = maker_user_id OR notEmpty(held))";

/**
 * Who traded with himself among the triggers, and in what: nobody else can be alerted, so only their past is looked at. The server evaluates the inner
 * query once, however often it stands there.
 */
const concerned = `SELECT arrayJoin((SELECT groupUniqArrayArray([(taker_user_id, toString(symbol)), (maker_user_id, toString(symbol))]) FROM (${trades(during("0"), "event_id")}
            ) WHERE ${ownTrade})) AS pair`;
const isConcerned = (user: string): string =>
    `(${user}, toString(symbol)) IN (SELECT pair.1, pair.2 FROM (${concerned}))`;

/**
 * Trades among the triggers with oneself, or between two accounts that a link was ever said of, whatever its confidence: what completes a pattern is one of them.
 */
const suspects = `
            SELECT event_id
            FROM trading.user_trades
            WHERE ${during("0")} AND trade_version = 1 AND if(taker_user_id = maker_user_id, true, arraySort([taker_account_id, maker_account_id]) IN (
                SELECT arraySort([account_id, linked_account_id]) FROM trading.account_links WHERE ifNull(run_id, '') IN ({run}, '')))`;

/** Both sides of each trade of theirs, a user at a time; a trade with oneself is one row. */
const sides = `
            SELECT event_id, event_time, ${millis}, symbol, quantity, price, arrayDistinct(accounts) AS accounts,
                arrayJoin(arrayDistinct([taker_user_id, maker_user_id])) AS user, ${ownTrade} AS own,
                if(own AND taker_user_id != maker_user_id, if(user = taker_user_id, maker_user_id, taker_user_id), '') AS other
            FROM (${trades(`${during(lookBack)} AND greatest(${isConcerned("taker_user_id")}, ${isConcerned("maker_user_id")})`, "event_id")}
            )`;

/** What an alert stands on: trades of the user with himself, and with others over linked accounts. */
const proven = `
        FROM (${trades(`${upToTrigger(window)} AND {entity_id} IN (taker_user_id, maker_user_id)`, `(event_id, event_time, ${rowOf("account_links")})`)}
        )
        WHERE ${ownTrade} AND startsWith({trigger_key}, concat(toString(symbol), ' '))`;

export const selfTrade = rule("self_trade", {
    version: 2,
    title: "Trades with oneself",
    severity: "high",
    entity: "user",
    owner: "surveillance",
    mode: "active",
    description:
        "A user is buyer and seller of his own trades, again and again within the window, and they are more than a small share of what he trades in " +
        "the instrument. Two accounts that were linked with enough confidence when they traded count as one owner's, and each of the two users is judged by what " +
        "he trades; a link is between the accounts it names, not between all accounts of their users. Attempts that self-trade prevention stopped are no " +
        "trades and do not count.",
    parameters: {
        window_minutes: {
            type: "UInt32",
            unit: "minutes",
            default: "60",
            description: "Trades within so long count together",
            source: "domain.md 3.1 (W2): 1 h windows, as Victor & Weintraud's first pass",
        },
        least_trades: {
            type: "UInt32",
            unit: "trades",
            default: "3",
            description: "Trades with himself at least",
            source: "guess, uncalibrated: one or two happen by accident between unrelated algorithms of a firm",
        },
        least_share: {
            type: "Decimal(38, 18)",
            unit: "share",
            default: "0.05",
            description: "Share of his traded quantity in the instrument that is with himself, at least",
            source: "domain.md 3.1: concern above 5% of the volume (FINRA 5210.02)",
        },
        least_confidence: {
            type: "Decimal(38, 18)",
            unit: "share",
            default: "0.8",
            description: "Confidence of a link between two accounts, at least, for them to count as one owner's",
            source: "guess, uncalibrated: a shared network alone is a household or an office (domain.md 3.1, false positives)",
        },
    },
    reads: { facts: ["user_trades"], rollups: [], references: ["account_links"] },
    lookBackMinutes: 120,
    latenessMinutes: 10,
    stepSeconds: 1,
    historyDays: 0,
    suppressionMinutes: 240,
    query: firstOf(`
    SELECT user AS entity_id, concat(toString(symbol), ' ', toString(toStartOfHour(t))) AS trigger_key, t, tie, accounts,
        ${timeOf("first_ms")} AS window_from, ${score("own_trades", "{least_trades}")} AS score,
        map('symbol', toString(symbol), 'trades', toString(own_trades), 'minutes', toString(${window}), 'notional', ${money("own_notional")},
            'share', toString(round(100 * toFloat64(own_quantity) / toFloat64(all_quantity), 1)),
            'with', arrayStringConcat(arrayMap(name -> if(name = '', 'himself', concat(name, ' over linked accounts')), arraySort(partners)), ', ')) AS details
    FROM (
        SELECT user, symbol, event_time AS t, event_id AS tie, own, accounts,
            countIf(own) OVER w AS own_trades, sumIf(quantity, own) OVER w AS own_quantity, sum(quantity) OVER w AS all_quantity,
            sumIf(toFloat64(quantity) * toFloat64(price), own) OVER w AS own_notional, minIf(ms, own) OVER w AS first_ms, groupUniqArrayIf(other, own) OVER w AS partners
        FROM (${sides}
        )
        WHERE ${isConcerned("user")}
        WINDOW w AS (PARTITION BY user, symbol ORDER BY ms RANGE BETWEEN ${inMillis(window)} PRECEDING AND CURRENT ROW)
    )
    WHERE own AND own_trades >= {least_trades} AND toFloat64(own_quantity) >= toFloat64({least_share}) * toFloat64(all_quantity)`),
    suspects,
    evidence: proofs(
        proof("user_trades", window, `event_id IN (SELECT event_id ${proven})`),
        `SELECT DISTINCT 'account_links' AS fact, link.1 AS event_id, link.2 AS event_time, link.3 AS row
    FROM (SELECT arrayJoin(held) AS link ${proven})`,
    ),
    reason: "{trades} trades in {symbol} with {with} within {minutes} min, {notional} in quote units, {share}% of what he traded in it",
});
