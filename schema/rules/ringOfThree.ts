// Three accounts pass the same lots round in a circle: trades without a change of positions (domain.md 3.1, W3; Reg. (EU) 2016/522 Annex II).
import { rule } from "./spec";
import { during, firstOf, found, inMillis, millis, proof, proofs, score, timeOf } from "./sql";

const window = "{window_minutes}";
const lookBack = `(60 + ${window})`;
const frame = `ORDER BY ms RANGE BETWEEN ${inMillis(window)} PRECEDING AND CURRENT ROW`;

const traded = "trade_version = 1 AND maker_account_id != taker_account_id";
const parties =
    "if(taker_side = 'buy', maker_account_id, taker_account_id) AS seller, if(taker_side = 'buy', taker_account_id, maker_account_id) AS buyer";

/**
 * Edges with a trade among the triggers along which enough was sold: what completes a circle is a trade along one of its edges, and each of them has its
 * trades within the window, so only circles in the instruments of such edges can be alerted. The minute more is for the frame, which begins at a whole millisecond.
 */
const suspects = `
                    SELECT toString(symbol) AS instrument, ${parties}
                    FROM trading.user_trades
                    WHERE ${during(`(${window} + 1)`)} AND ${traded}
                        AND (instrument, seller, buyer) IN (SELECT toString(symbol), ${parties} FROM trading.user_trades WHERE ${during("0")} AND ${traded})
                    GROUP BY instrument, seller, buyer
                    HAVING count() >= {least_rounds}`;

const trades = (selected: string): string => `
                SELECT symbol, ${parties}, ${selected}
                FROM trading.user_trades
                WHERE ${during(lookBack)} AND ${traded} AND toString(symbol) IN (${found(suspects, ["instrument"])})`;

/**
 * Circles along which enough was sold to be looked at closer, each once: it begins at the account that comes first. An edge of a circle has its
 * trades within a window, hence within all that is read. Without those who trade with everybody there are few edges, which are held against each other.
 */
const circles = `
            SELECT symbol, [first.1, first.2, second.2] AS ring
            FROM (
                SELECT symbol, groupArray((seller, buyer)) AS edges
                FROM (
                    SELECT symbol, seller, buyer, count() OVER (PARTITION BY symbol, seller) AS buyers, count() OVER (PARTITION BY symbol, buyer) AS sellers
                    FROM (${trades("count() AS sales")}
                        GROUP BY symbol, seller, buyer
                        HAVING sales >= {least_rounds}
                    )
                )
                WHERE buyers <= {most_counterparties} AND sellers <= {most_counterparties}
                GROUP BY symbol
            )
            ARRAY JOIN edges AS first
            ARRAY JOIN arrayFilter(e -> e.1 = first.2 AND first.1 < first.2 AND first.1 < e.2 AND has(edges, (e.2, first.1)), edges) AS second`;

export const ringOfThree = rule("ring_of_three", {
    version: 2,
    title: "Trades in a circle of three accounts",
    severity: "high",
    entity: "ring",
    owner: "surveillance",
    mode: "shadow",
    description:
        "Three accounts sell an instrument round in a circle, about as much from each to the next, until next to nothing has changed hands, and each does so for a large " +
        "part of its volume: more than it would meet the others by chance, given their shares of what the rest of the market trades.",
    parameters: {
        window_minutes: {
            type: "UInt32",
            unit: "minutes",
            default: "60",
            description: "Trades within so long count together",
            source: "domain.md 3.1 (W3): the shortest window of Victor and Weintraud, 1 h",
        },
        least_rounds: {
            type: "UInt32",
            unit: "trades",
            default: "3",
            description: "Trades from each of the three to the next, at least",
            source: "guess, uncalibrated: half of what W2 (domain.md 3.1) asks of two accounts, for each of three legs",
        },
        most_counterparties: {
            type: "UInt32",
            unit: "accounts",
            default: "50",
            description: "Accounts that one of the three sells to, or buys from, that often, at most",
            source: "guess, uncalibrated: a maker, which has an edge with everybody; bounds the work, which grows with the square of the edges",
        },
        most_net: {
            type: "Float64",
            unit: "share",
            default: "0.1",
            description: "Largest less smallest quantity that went from one to the next, over the largest, at most",
            source: "domain.md 3.1 (W3) has a margin of 0.01, in code 0.1; the wider one for hands that are not exact",
        },
        least_share: {
            type: "Float64",
            unit: "share",
            default: "0.4",
            description: "Share of each account's volume in the instrument that goes round the circle, at least",
            source: "as ping_pong: domain.md 3.1 (W2) proposes 0.8, halved (guess, uncalibrated)",
        },
        beyond_chance: {
            type: "Float64",
            unit: "times",
            default: "3",
            description: "That share over what part of the rest of the market the three are, at least",
            source: "guess, uncalibrated",
        },
    },
    reads: { facts: ["user_trades"], rollups: [], references: [] },
    lookBackMinutes: 120,
    latenessMinutes: 10,
    stepSeconds: 30,
    historyDays: 0,
    suppressionMinutes: 240,
    query: firstOf(`
    SELECT arrayStringConcat(ring, '|') AS entity_id, concat(toString(symbol), ' ', toString(toStartOfHour(event_time))) AS trigger_key,
        event_time AS t, event_id AS tie, ${timeOf("first_ms")} AS window_from, ring AS accounts, ${score("arrayMin(sales)", "{least_rounds}")} AS score,
        map('symbol', toString(symbol), 'trades', toString(arraySum(sales)), 'minutes', toString(${window}), 'notional', toString(round(value, 2)),
            'difference', toString(round(100 * (1 - arrayMin(passed) / arrayMax(passed)), 1)), 'share', toString(round(100 * arrayMin(shares), 1))) AS details
    FROM (
        SELECT event_id, event_time, symbol, ring, leg, first_ms, value, sales, passed, all_volume, volumes,
            -- An account's part of the circle is what it got and what it gave on.
            [passed[1] + passed[3], passed[1] + passed[2], passed[2] + passed[3]] AS round_volumes, arrayMap((r, v) -> r / v, round_volumes, volumes) AS shares
        FROM (
            SELECT event_id, event_time, symbol, ring, leg, minIf(ms, leg > 0) OVER near AS first_ms, sumIf(notional, leg > 0) OVER near AS value, sum(lots) OVER near AS all_volume,
                [countIf(leg = 1) OVER near, countIf(leg = 2) OVER near, countIf(leg = 3) OVER near] AS sales,
                [sumIf(lots, leg = 1) OVER near, sumIf(lots, leg = 2) OVER near, sumIf(lots, leg = 3) OVER near] AS passed,
                sumForEach(parts) OVER near AS volumes
            FROM (
                SELECT sold.event_id AS event_id, sold.event_time AS event_time, sold.ms AS ms, sold.symbol AS symbol, sold.lots AS lots, sold.notional AS notional, ring,
                    -- From which of them to the next; 0 for other trades.
                    indexOf([(ring[1], ring[2]), (ring[2], ring[3]), (ring[3], ring[1])], (sold.seller, sold.buyer)) AS leg,
                    arrayMap(one -> if(one IN (sold.seller, sold.buyer), sold.lots, 0), ring) AS parts
                FROM (${trades(`event_id, event_time, ${millis}, toFloat64(quantity) AS lots, toFloat64(price) * lots AS notional`)}
                ) AS sold
                INNER JOIN (${circles}
                ) AS circles ON circles.symbol = sold.symbol
            )
            WINDOW near AS (PARTITION BY symbol, ring ${frame})
        )
        WHERE leg > 0 AND arrayMin(sales) >= {least_rounds} AND arrayMin(passed) >= (1 - {most_net}) * arrayMax(passed)
    )
    WHERE arrayMin(shares) >= {least_share}
        AND arrayMin(shares) >= {beyond_chance} * (arraySum(volumes) - arraySum(round_volumes)) / greatest(all_volume - arraySum(passed), 1e-18)`),
    suspects,
    evidence: proofs(
        proof(
            "user_trades",
            window,
            "has(splitByChar('|', {entity_id}), maker_account_id) AND has(splitByChar('|', {entity_id}), taker_account_id) AND maker_account_id != taker_account_id " +
                "AND trade_version = 1 AND startsWith({trigger_key}, concat(toString(symbol), ' '))",
        ),
    ),
    reason: "{trades} trades in {symbol} in a circle of three within {minutes} min, {notional} in quote units; what went from each to the next differs by {difference}%; at least {share}% of each one's volume",
});
