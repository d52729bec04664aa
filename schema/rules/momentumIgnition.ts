// One hand sets a price off, others follow, and he trades against them (domain.md 3.4; Reg. (EU) 2016/522 Annex II s.1 4(e)).
import { rule } from "./spec";
import { during, firstOf, found, inMillis, millis, minutesDuring, proof, proofs, score, timeOf } from "./sql";

const burst = "{burst_minutes}";
const unwind = "{unwind_minutes}";
const lookBack = `(60 + ${unwind} + ${burst})`;
/** Minutes from which the usual movement is taken; a match may be as old again. */
const history = 60;
const within = `ORDER BY ms RANGE BETWEEN ${inMillis(burst)} PRECEDING AND CURRENT ROW`;

const traded = "trade_version = 1 AND maker_account_id != taker_account_id";
/** A burst reaches into so many minutes before the one it ends in, and surely covers all of them but the first. */
const minutes = (count: string): string =>
    `ORDER BY toUnixTimestamp(minute) RANGE BETWEEN (${count}) * 60 PRECEDING AND CURRENT ROW`;

/** What may belong to a burst within the unwinding before a trigger. The minute more is for frames, which begin at a whole millisecond. */
const mayBelong = `${during(`(${unwind} + ${burst} + 1)`)} AND ${traded}`;

/** Minutes bursts may have ended in by how far the price went, with what was traded in the minutes before that the burst surely covers. */
const moves = `
                        SELECT instrument, minute, volume
                        FROM (
                            SELECT toString(symbol) AS instrument, minute, sum(lots) OVER (PARTITION BY symbol ${minutes(`${burst} - 1`)}) - lots AS volume,
                                log((max(high) OVER burst) / (min(low) OVER burst)) AS move, max(latest) OVER (PARTITION BY symbol) AS traded_last
                            FROM (
                                SELECT symbol, toStartOfMinute(event_time) AS minute, sum(toFloat64(quantity)) AS lots, max(toFloat64(price)) AS high, min(toFloat64(price)) AS low,
                                    max(event_time) AS latest
                                FROM trading.user_trades
                                WHERE ${mayBelong}
                                GROUP BY symbol, minute
                            )
                            WINDOW burst AS (PARTITION BY symbol ${minutes(burst)})
                        )
                        WHERE traded_last > {since} AND move >= 0.999999 * {least_move}`;

/**
 * Instruments in which somebody may have set the price off within the unwinding before a trigger, judged by whole minutes: with enough orders, and with enough of
 * the volume, while the price went far enough. What completes a pattern is a trade in such an instrument, so nothing in another one can be alerted. A
 * little less is enough, since sums of floats differ by their order.
 */
const suspects = `
                    SELECT instrument
                    FROM (
                        SELECT toString(symbol) AS instrument, minute, sum(orders) OVER own AS own_orders, sum(taken) OVER own AS own_taken
                        FROM (
                            SELECT symbol, toStartOfMinute(event_time) AS minute, taker_account_id, taker_side, uniqExact(taker_order_id) AS orders, sum(toFloat64(quantity)) AS taken
                            FROM trading.user_trades
                            WHERE ${mayBelong} AND toString(symbol) IN (${found(moves, ["instrument"])})
                            GROUP BY symbol, minute, taker_account_id, taker_side
                        )
                        WINDOW own AS (PARTITION BY symbol, taker_account_id, taker_side ${minutes(burst)})
                    ) AS takers
                    INNER JOIN (${moves}
                    ) AS moves USING (instrument, minute)
                    WHERE own_orders >= {least_orders} AND own_taken >= 0.999999 * {least_share} * volume`;

/** A row for each side of each trade and each direction the price may be set off in; the taker's row stands for the trade itself. */
const sides = `
                SELECT event_id, event_time, ${millis}, symbol, toFloat64(price) AS paid, quantity, taker_order_id,
                    arrayJoin([(maker_account_id, false), (taker_account_id, true)]) AS party, party.1 AS account, party.2 AS is_taker,
                    arrayJoin(['buy', 'sell']) AS direction, is_taker AND taker_side = direction AS forth, is_taker = (taker_side != direction) AS back
                FROM trading.user_trades
                WHERE ${during(lookBack)} AND ${traded} AND toString(symbol) IN (${found(suspects, ["instrument"])})`;

/** How far the price usually goes within a minute, over the hour until a minute: root of the mean square. */
const usual = `
                SELECT symbol, minute, sqrt(avg(pow(log(toFloat64(assumeNotNull(close)) / toFloat64(assumeNotNull(open))), 2)) OVER (
                    PARTITION BY symbol ORDER BY toUnixTimestamp(minute) RANGE BETWEEN ${history * 60} PRECEDING AND CURRENT ROW)) AS sigma
                FROM trading.token_minutes
                WHERE ${minutesDuring(`(${lookBack} + ${2 * history + 2})`)} AND isNotNull(close)`;

export const momentumIgnition = rule("momentum_ignition", {
    version: 1,
    title: "Momentum ignition",
    severity: "high",
    entity: "account",
    owner: "surveillance",
    mode: "shadow",
    description:
        "With several aggressive orders in one direction an account makes a large part of an instrument's volume within minutes, the price goes that way by far more than " +
        "usual, others follow, and then the account trades back a large part of what it took. Moves of the whole market are not told apart.",
    parameters: {
        burst_minutes: {
            type: "UInt32",
            unit: "minutes",
            default: "5",
            description: "Aggressive orders within so long count together",
            source: "domain.md 3.4: 1 to 5 min",
        },
        unwind_minutes: {
            type: "UInt32",
            unit: "minutes",
            default: "15",
            description: "After the burst, the account trades back within so long",
            source: "domain.md 3.4: 5 to 15 min",
        },
        least_orders: {
            type: "UInt32",
            unit: "orders",
            default: "3",
            description: "Aggressive orders of the account that traded, at least: one large order is no burst",
            source: "guess, uncalibrated",
        },
        least_share: {
            type: "Float64",
            unit: "share",
            default: "0.2",
            description: "Of the instrument's volume in the burst that the account took, at least",
            source: "domain.md 3.4: 20%",
        },
        least_followers: {
            type: "UInt32",
            unit: "accounts",
            default: "3",
            description: "Other accounts that took in the same direction during the burst, at least",
            source: "guess, uncalibrated; domain.md 3.4 asks that others take half of the volume, which one large hand never leaves them",
        },
        least_sigmas: {
            type: "Float64",
            unit: "standard deviations",
            default: "3",
            description: "Move of the price in the burst over what is usual in so long, at least",
            source: "domain.md 3.4: 3",
        },
        least_move: {
            type: "Float64",
            unit: "share",
            default: "0.01",
            description: "Move of the price in the burst at least, however quiet it was before",
            source: "guess, uncalibrated",
        },
        least_back: {
            type: "Float64",
            unit: "share",
            default: "0.5",
            description: "Of what the account took that it trades back, at least",
            source: "domain.md 3.4: 50%",
        },
    },
    overrides: [
        {
            accountClass: "maker",
            terms: "exempt",
            expires: "2027-06-30",
            approver: "head of surveillance",
            reason: "evens out its position under a market-making agreement; reviewed with it",
        },
    ],
    reads: { facts: ["user_trades"], rollups: ["token_minutes"], references: [] },
    lookBackMinutes: 202,
    latenessMinutes: 10,
    stepSeconds: 30,
    historyDays: 0,
    suppressionMinutes: 240,
    query: firstOf(`
    SELECT account AS entity_id, concat(toString(symbol), ' ', direction, ' ', toString(toStartOfHour(event_time))) AS trigger_key,
        event_time AS t, event_id AS tie, ${timeOf("peak.3")} AS window_from, [account] AS accounts, ${score("peak.4", "peak.5")} AS score,
        map('symbol', toString(symbol), 'direction', direction, 'orders', toString(peak.6), 'share', toString(round(100 * peak.7)), 'move', toString(round(100 * peak.4, 2)),
            'followers', toString(peak.8), 'back', toString(round(100 * returned / toFloat64(peak.1)))) AS details
    FROM (
        SELECT event_id, event_time, symbol, direction, account, back, toFloat64(given_back - peak.2) AS returned, countIf(ignited) OVER lately AS bursts,
            -- The burst at its fullest.
            argMaxIf((taken, given_back, first_ms, move, least, orders, share, followers), (taken, ms), ignited) OVER lately AS peak
        FROM (
            SELECT traded.*, toFloat64(taken) / toFloat64(volume) AS share, if(direction = 'buy', 1, -1) * log(paid / first_paid) AS move,
                greatest({least_move}, {least_sigmas} * sqrt(${burst}) * if(usual.minute > calm - toIntervalMinute(${history}), sigma, 0)) AS least,
                forth AND orders >= {least_orders} AND followers >= {least_followers} AND share >= {least_share} AND move >= least AS ignited
            FROM (
                SELECT event_id, event_time, ms, symbol, direction, account, forth, back, paid, toStartOfMinute(event_time - toIntervalMinute(${burst} + 1)) AS calm,
                    sumIf(quantity, is_taker) OVER everybody AS volume, argMin(paid, (ms, event_id)) OVER everybody AS first_paid,
                    uniqExactIf(account, forth) OVER everybody - 1 AS followers, sumIf(quantity, forth) OVER own AS taken, uniqExactIf(taker_order_id, forth) OVER own AS orders,
                    minIf(ms, forth) OVER own AS first_ms,
                    -- Only its differences are used, and sums of decimals are exact: where it begins does not matter.
                    sumIf(quantity, back) OVER (PARTITION BY symbol, direction, account ORDER BY ms) AS given_back
                FROM (${sides}
                )
                WINDOW everybody AS (PARTITION BY symbol, direction ${within}), own AS (PARTITION BY symbol, direction, account ${within})
            ) AS traded
            ASOF LEFT JOIN (${usual}
            ) AS usual ON usual.symbol = traded.symbol AND usual.minute <= traded.calm
        )
        WINDOW lately AS (PARTITION BY symbol, direction, account ORDER BY ms RANGE BETWEEN ${inMillis(unwind)} PRECEDING AND CURRENT ROW)
    )
    WHERE back AND bursts > 0 AND returned >= {least_back} * toFloat64(peak.1)`),
    // Of repeated trades the volume would be too large, and an account's part of it too small.
    suspects: suspects.replaceAll("trading.user_trades", "trading.user_trades FINAL"),
    evidence: proofs(
        proof(
            "user_trades",
            `(${unwind} + ${burst})`,
            "{entity_id} IN (maker_account_id, taker_account_id) AND trade_version = 1 AND startsWith({trigger_key}, concat(toString(symbol), ' '))",
        ),
    ),
    reason: "{orders} aggressive orders in {symbol} ({direction}), {share}% of its volume, moved the price by {move}%; {followers} others followed; then {back}% of it was traded back",
});
