// Orders that are not meant to trade press on one side of the book while their owner trades on the other (domain.md 3.2; Reg. (EU) 2016/522 Annex II).
import { rule } from "./spec";
import { during, firstOf, found, inMillis, millis, minutesDuring, money, proof, proofs, score } from "./sql";

const window = "{window_minutes}";
const twice = `(2 * ${window})`;
/** Depth is compared as the last minutes had it. */
const depthMinutes = `(${twice} + 10)`;

/** What an order has to be to stand in the book, and to have been taken out of it by its owner's doing. */
const restsInBook = "type IN ('limit', 'post_only') AND time_in_force NOT IN ('ioc', 'fok')";
const takenOut =
    "if(state = 'cancelled', ifNull(toString(reason), 'user') IN ('user', 'self_trade_prevention'), state = 'amended') AND toFloat64(filled_quantity) <= {most_filled} * toFloat64(quantity)";
const isFill = "state IN ('partially_filled', 'filled')";

/** The least depth there was of each side, 0 where it is not known, and whether it is known of both for all triggers. */
const leastDepth = `
                SELECT toString(venue) AS place, toString(symbol) AS instrument, minIf(toFloat64(bid_depth), bid_depth > 0) AS bids, minIf(toFloat64(ask_depth), ask_depth > 0) AS asks,
                    min(minute) <= toStartOfMinute({since}) - 60 AND min(bid_depth) > 0 AND min(ask_depth) > 0 AS covered
                FROM trading.market_minutes
                WHERE ${minutesDuring(depthMinutes)} AND snapshots > 0
                GROUP BY place, instrument`;

/**
 * Users who took an order out among the triggers and had traded on the other side within the window: what completes a pattern is such an order, so nobody
 * else can be alerted, nor for another instrument. Where the depth is known they must have taken out enough of it (an amended order's row does not tell what
 * it was worth before), where it is not, several orders. A little less is enough, since sums of floats differ by their order.
 */
const suspects = `
            SELECT who, instrument, if(pressed_side = 'buy', bids, asks) AS stood
            FROM (
                SELECT user_id AS who, toString(symbol) AS instrument, if(${isFill} = (side = 'sell'), 'buy', 'sell') AS pressed_side,
                    minIf(toString(venue), ${takenOut}) AS place, maxIf(toString(venue), ${takenOut}) AS last_place, countIf(${takenOut}) AS layers,
                    countIf(${takenOut} AND state = 'amended') AS amended, sumIf(toFloat64(quantity - filled_quantity) * toFloat64(price), ${takenOut}) AS pressed
                FROM trading.user_orders
                WHERE ${during(twice)} AND if(${isFill}, true, ${restsInBook} AND ${takenOut})
                    AND (user_id, toString(symbol)) IN (SELECT user_id, toString(symbol) FROM trading.user_orders WHERE ${during("0")} AND ${restsInBook} AND ${takenOut})
                GROUP BY who, instrument, pressed_side
                HAVING countIf(${isFill} AND event_time >= {since} - toIntervalMinute(${window})) > 0 AND countIf(${takenOut} AND event_time > {since}) > 0
            ) AS pressing
            LEFT JOIN (${leastDepth}
            ) AS known USING (place, instrument)
            WHERE place != last_place OR (NOT ifNull(covered, false) AND layers >= {least_layers})
                OR (stood > 0 AND (amended > 0 OR pressed >= 0.999999 * {least_depth_share} * stood))`;

/** Each state of an order that rests or rested in the book, with what it was before. */
const states = `
            SELECT user_id AS who, account_id AS account, venue, symbol, side, order_id, event_id, event_time, ${millis}, toString(state) AS now, toString(reason) AS why, price,
                quantity, filled_quantity, best_bid, best_ask, ${restsInBook} AS rests,
                lagInFrame(toNullable(event_time)) OVER whole AS before_at, lagInFrame(price) OVER whole AS before_price, lagInFrame(filled_quantity) OVER whole AS before_filled,
                min(event_time) OVER (PARTITION BY symbol, order_id, price ORDER BY event_time, toUInt64OrZero(revision)) AS priced_at,
                lagInFrame(toNullable(event_time), 1) OVER (PARTITION BY symbol, order_id, price ORDER BY event_time, toUInt64OrZero(revision) ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS same_price_before
            FROM trading.user_orders
            WHERE ${during(twice)} AND (user_id, toString(symbol)) IN (${found(suspects, ["who", "instrument"])})
            WINDOW whole AS (PARTITION BY symbol, order_id ORDER BY event_time, toUInt64OrZero(revision) ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`;

/**
 * Layers: orders near the best price that were taken out again soon and nearly unfilled, cancelled or moved away. What each side of the user's
 * lost within the window is beside it: who quotes both sides withdraws on both.
 */
const layers = `
        SELECT *, sumIf(open, side = 'buy') OVER recent AS bids_gone, sumIf(open, side = 'sell') OVER recent AS asks_gone
        FROM (
            SELECT who, account, venue, symbol, toString(side) AS side, order_id, event_id, event_time AS gone_at, ms, ifNull(why, '') = 'self_trade_prevention' AS gave_way, toFloat64(quantity - filled_quantity) AS open,
                toFloat64(if(now = 'amended', before_price, price)) AS stood_at, open * stood_at AS notional, if(now = 'amended', before_at, priced_at) AS placed_at,
                if(side = 'buy', 1 - stood_at / toFloat64(best_bid), stood_at / toFloat64(best_ask) - 1) * 10000 AS distance,
                if(side = 'buy', 1, -1) * (toFloat64(before_price) - toFloat64(price)) / toFloat64(before_price) * 10000 AS moved
            FROM states
            WHERE rests AND isNotNull(before_at) AND toFloat64(filled_quantity) <= {most_filled} * toFloat64(quantity)
                AND ((now = 'cancelled' AND ifNull(why, 'user') IN ('user', 'self_trade_prevention') AND isNotNull(same_price_before)) OR now = 'amended')
        )
        WHERE ifNull(distance, 0) <= {most_distance} AND (isNull(moved) OR moved = 0 OR moved >= {away})
            AND placed_at >= gone_at - toIntervalMinute(${window})
        WINDOW recent AS (PARTITION BY who, symbol ORDER BY ms RANGE BETWEEN ${inMillis(window)} PRECEDING AND CURRENT ROW)`;

const fills = `
        SELECT who, symbol, if(side = 'buy', 'sell', 'buy') AS side, order_id AS fill_order, event_time AS filled_at, toFloat64(filled_quantity - ifNull(before_filled, 0)) AS lots
        FROM states WHERE now IN ('partially_filled', 'filled') AND filled_quantity > ifNull(before_filled, 0)`;

/** Depth within one percent, as the minutes before had it. */
const depth = `
        SELECT toString(venue) AS venue, toString(symbol) AS symbol, minute, toFloat64(bid_depth) AS bids, toFloat64(ask_depth) AS asks FROM trading.market_minutes
        WHERE ${minutesDuring(depthMinutes)} AND snapshots > 0`;

export const layering = rule("layering", {
    version: 2,
    title: "Layering and spoofing",
    severity: "high",
    entity: "user",
    owner: "surveillance",
    mode: "active",
    description:
        "While a user's orders stand near the best price of one side, he trades on the other; the orders, which are several times what he traded and a large part of " +
        "the depth of their side, are then taken out nearly unfilled, or amended far away; also by prevention, when his own trade runs into them. Orders that expire, that prevention or the venue takes out " +
        "otherwise, and those that never rest do not count; nor does it when he withdraws alike on both sides, as a maker does. Where the book is not known, several layers are needed.",
    parameters: {
        window_minutes: {
            type: "UInt32",
            unit: "minutes",
            default: "2",
            description: "Layers stand no longer",
            source: "domain.md 3.2: public rules cancel within 5 s to 120 s",
        },
        least_ratio: {
            type: "Float64",
            unit: "times",
            default: "3",
            description: "Quantity of the layers over what was traded on the other side, at least",
            source: "domain.md 3.2: 5; less finds bolder ones (guess, uncalibrated)",
        },
        least_depth_share: {
            type: "Float64",
            unit: "share",
            default: "0.25",
            description: "Layers over the depth of their side within one percent, at least",
            source: "guess, uncalibrated: share of near-touch depth",
        },
        least_layers: {
            type: "UInt32",
            unit: "orders",
            default: "3",
            description: "Layers at least where the depth is not known",
            source: "domain.md 3.2: three orders or more on one side",
        },
        most_filled: {
            type: "Float64",
            unit: "share",
            default: "0.2",
            description: "Of a layer that is filled, at most",
            source: "domain.md 3.2: unfilled; some of it trades by accident (guess, uncalibrated)",
        },
        most_distance: {
            type: "Float64",
            unit: "basis points",
            default: "100",
            description: "Of a layer to the best price of its side when it was accepted, at most",
            source: "domain.md 3.2: within 0.5%; wider for thin books (guess, uncalibrated)",
        },
        away: {
            type: "Float64",
            unit: "basis points",
            default: "50",
            description: "An amendment by so much away from the market counts as a cancellation",
            source: "guess, uncalibrated",
        },
        same_moment_ms: {
            type: "UInt32",
            unit: "milliseconds",
            default: "100",
            description: "A layer that prevention takes out counts when the other side traded so shortly before",
            source: "CFTC v. Oystacher (2015): layers withdrawn by one's own crossing order; 100 ms as KX's price fade (domain.md 3.2)",
        },
        most_other_side: {
            type: "Float64",
            unit: "share",
            default: "0.5",
            description: "What is withdrawn on the other side over the layers, at most",
            source: "domain.md 3.2: two-sided quotes have similar cancelled quantities (guess, uncalibrated)",
        },
    },
    overrides: [
        {
            accountClass: "maker",
            terms: "exempt",
            expires: "2027-06-30",
            approver: "head of surveillance",
            reason: "quotes under a market-making agreement; reviewed with it",
        },
    ],
    reads: { facts: ["user_orders"], rollups: ["market_minutes"], references: [] },
    lookBackMinutes: 4,
    latenessMinutes: 5,
    stepSeconds: 5,
    historyDays: 0,
    suppressionMinutes: 60,
    query: `WITH states AS (${states}
)
${firstOf(`
    SELECT who AS entity_id, concat(toString(symbol), ' ', fill_order) AS trigger_key, gone_at AS t, event_id AS tie, first_placed AS window_from, [account] AS accounts,
        ${score("withdrawn", "{least_ratio} * traded")} AS score,
        map('symbol', toString(symbol), 'side', side, 'layers', toString(layers), 'quantity', toString(withdrawn), 'traded', toString(traded), 'notional', ${money("pressed")},
            'depth_share', if(stood > 0, concat(toString(round(100 * pressed / stood)), '%'), 'an unknown part')) AS details
    FROM (
        SELECT *, if(side = 'buy', book.bids, book.asks) AS stood
        FROM (
            SELECT who, account, symbol, venue, side, fill_order, event_id, gone_at, toStartOfMinute(gone_at) - 60 AS known_minute, if(side = 'buy', asks_gone, bids_gone) AS other_side,
                count() OVER sofar AS layers, sum(open) OVER sofar AS withdrawn, sum(notional) OVER sofar AS pressed, max(own_traded) OVER sofar AS traded, min(placed_at) OVER sofar AS first_placed
            FROM (
                SELECT who, account, symbol, toString(venue) AS venue, side, fill_order, event_id, gone_at, bids_gone, asks_gone, open, notional, placed_at, sum(lots) AS own_traded
                FROM (${layers}
                ) AS layers
                INNER JOIN (${fills}
                ) AS fills USING (who, symbol, side)
                -- The layer stood when the other side traded; prevention took it out in the middle of that trade, or it is not his doing.
                WHERE filled_at >= placed_at AND filled_at <= gone_at AND (NOT gave_way OR filled_at >= gone_at - toIntervalMillisecond({same_moment_ms}))
                GROUP BY who, account, symbol, venue, side, fill_order, event_id, gone_at, bids_gone, asks_gone, open, notional, placed_at
            )
            WINDOW sofar AS (PARTITION BY who, symbol, fill_order ORDER BY gone_at)
        ) AS pressing
        ASOF LEFT JOIN (${depth}) AS book ON book.venue = pressing.venue AND book.symbol = toString(pressing.symbol) AND book.minute <= pressing.known_minute
    )
    WHERE withdrawn >= {least_ratio} * traded AND other_side <= {most_other_side} * withdrawn
        AND if(ifNull(stood, 0) > 0, pressed >= {least_depth_share} * stood, layers >= {least_layers})`)}`,
    suspects,
    evidence: proofs(
        proof(
            "user_orders",
            twice,
            "user_id = {entity_id} AND startsWith({trigger_key}, concat(toString(symbol), ' '))",
        ),
    ),
    reason: "{layers} orders on the {side} side of {symbol}, {notional} in quote units ({depth_share} of the depth), taken out after {traded} were traded on the other side",
});
