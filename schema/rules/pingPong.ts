// Two accounts sell each other the same lots to and fro: trades without a change of positions (domain.md 3.1, W2; Reg. (EU) 2016/522 Annex II).
import { rule } from "./spec";
import { during, firstOf, found, inMillis, millis, proof, proofs, score, timeOf } from "./sql";

const window = "{window_minutes}";
const lookBack = `(60 + ${window})`;
const frame = `ORDER BY ms RANGE BETWEEN ${inMillis(window)} PRECEDING AND CURRENT ROW`;

const traded = "trade_version = 1 AND maker_account_id != taker_account_id";
const pairOf = "[least(maker_account_id, taker_account_id), greatest(maker_account_id, taker_account_id)]";
/** Whether the first of the pair bought. */
const forth = "(taker_side = 'buy') = (taker_account_id < maker_account_id)";

/**
 * Pairs with a trade among the triggers that traded often enough in both directions: what completes a pattern is a trade of its pair, so no other pair
 * can be alerted. The minute more is for the frame, which begins at a whole millisecond.
 */
const suspects = `
            SELECT toString(symbol) AS instrument, ${pairOf} AS accounts
            FROM trading.user_trades
            WHERE ${during(`(${window} + 1)`)} AND ${traded}
                AND (toString(symbol), ${pairOf}) IN (SELECT toString(symbol), ${pairOf} FROM trading.user_trades WHERE ${during("0")} AND ${traded})
            GROUP BY instrument, accounts
            HAVING count() >= {least_trades} AND countIf(${forth}) >= {least_trades} / 3 AND countIf(NOT ${forth}) >= {least_trades} / 3`;

/** What suspects traded with each other until each of their trades. */
const pairs = `
            SELECT event_id, event_time, ms, symbol, pair, count() OVER both AS trades, countIf(forth) OVER both AS forths, sum(lots) OVER both AS gross,
                abs(sum(if(forth, lots, -lots)) OVER both) AS net, sum(notional) OVER both AS value, min(ms) OVER both AS first_ms
            FROM (
                SELECT event_id, event_time, ${millis}, symbol, ${pairOf} AS pair, toFloat64(quantity) AS lots, toFloat64(price) * lots AS notional, ${forth} AS forth
                FROM trading.user_trades
                WHERE ${during(lookBack)} AND ${traded} AND (toString(symbol), ${pairOf}) IN (${found(suspects, ["instrument", "accounts"])})
            )
            WINDOW both AS (PARTITION BY symbol, pair ${frame})`;

/**
 * What each account of suspects, and the whole market as the account '', has traded until a millisecond in each of their instruments, from where reading
 * begins. A difference of two of these is what was traded between: sums of decimals are exact, and a window per trade would add up the market each time.
 */
const totals = `
                SELECT symbol, account, ms, sum(sum(quantity)) OVER (PARTITION BY symbol, account ORDER BY ms) AS total
                FROM (
                    SELECT ${millis}, symbol, quantity, arrayJoin(['', maker_account_id, taker_account_id]) AS account
                    FROM trading.user_trades
                    WHERE ${during(lookBack)} AND ${traded} AND toString(symbol) IN (${found(suspects, ["instrument"])})
                )
                WHERE account = '' OR account IN (${found(`SELECT arrayJoin(accounts) AS one FROM (${suspects})`, ["one"])})
                GROUP BY symbol, account, ms`;

export const pingPong = rule("ping_pong", {
    version: 2,
    title: "Trades to and fro between two accounts",
    severity: "high",
    entity: "pair",
    owner: "surveillance",
    mode: "active",
    description:
        "Two accounts trade an instrument with each other in both directions until next to nothing has changed hands, and each does so for a large part of " +
        "its volume: more than it would meet the other by chance, given the other's share of what the rest of the market trades.",
    parameters: {
        window_minutes: {
            type: "UInt32",
            unit: "minutes",
            default: "60",
            description: "Trades within so long count together",
            source: "domain.md 3.1 (W2): 1 h",
        },
        least_trades: {
            type: "UInt32",
            unit: "trades",
            default: "6",
            description: "Trades between the two at least, a third of them in each direction",
            source: "domain.md 3.1 (W2): 6 in 1 h; Bitquery flags pairs above 5",
        },
        most_net: {
            type: "Float64",
            unit: "share",
            default: "0.1",
            description: "Net quantity over gross quantity at most",
            source: "domain.md 3.1 proposes 0.05; doubled for hands that are not exact (guess, uncalibrated)",
        },
        least_share: {
            type: "Float64",
            unit: "share",
            default: "0.4",
            description: "Share of each account's volume in the instrument that is with the other, at least",
            source: "domain.md 3.1 proposes 0.8; halved for accounts that trade beside it (guess, uncalibrated)",
        },
        beyond_chance: {
            type: "Float64",
            unit: "times",
            default: "3",
            description: "That share over the other's share of what the rest of the market trades, at least",
            source: "guess, uncalibrated",
        },
    },
    reads: { facts: ["user_trades"], rollups: [], references: [] },
    lookBackMinutes: 120,
    latenessMinutes: 10,
    stepSeconds: 1,
    historyDays: 0,
    suppressionMinutes: 240,
    query: firstOf(`
    SELECT concat(pair[1], '|', pair[2]) AS entity_id, concat(toString(symbol), ' ', toString(toStartOfHour(event_time))) AS trigger_key,
        event_time AS t, event_id AS tie, ${timeOf("first_ms")} AS window_from, pair AS accounts, ${score("trades", "{least_trades}")} AS score,
        map('symbol', toString(symbol), 'trades', toString(trades), 'minutes', toString(${window}), 'net', toString(round(100 * net / gross, 1)),
            'notional', toString(round(value, 2)), 'share', toString(round(100 * arrayMin(shares), 1))) AS details
    FROM (
        SELECT event_id, event_time, symbol, pair, trades, gross, net, value, first_ms,
            toFloat64(sumIf(change, account = '')) AS all_volume, arrayMap(one -> toFloat64(one), [sumIf(change, account = pair[1]), sumIf(change, account = pair[2])]) AS volumes,
            arrayMap(volume -> gross / volume, volumes) AS shares,
            -- Of each: what part of the rest of the market it is.
            arrayMap(volume -> (volume - gross) / greatest(all_volume - gross, 1e-18), volumes) AS presence
        FROM (
            SELECT balanced.*, if(balanced.upto = balanced.ms, totals.total, -totals.total) AS change
            FROM (
                SELECT *, arrayJoin(arrayConcat([''], pair)) AS account, arrayJoin([ms, ms - ${inMillis(window)} - 1]) AS upto
                FROM (${pairs}
                )
                WHERE trades >= {least_trades} AND forths >= trades / 3 AND trades - forths >= trades / 3 AND net <= {most_net} * gross
            ) AS balanced
            ASOF LEFT JOIN (${totals}
            ) AS totals ON totals.symbol = balanced.symbol AND totals.account = balanced.account AND totals.ms <= balanced.upto
        )
        GROUP BY event_id, event_time, symbol, pair, trades, gross, net, value, first_ms
    )
    WHERE arrayMin(shares) >= {least_share} AND arrayMin(shares) >= {beyond_chance} * arrayMax(presence)`),
    suspects,
    evidence: proofs(
        proof(
            "user_trades",
            window,
            "arrayStringConcat(arraySort([maker_account_id, taker_account_id]), '|') = {entity_id} AND trade_version = 1 AND startsWith({trigger_key}, concat(toString(symbol), ' '))",
        ),
    ),
    reason: "{trades} trades in {symbol} to and fro within {minutes} min, {notional} in quote units, of which {net}% changed hands; at least {share}% of each one's volume",
});
