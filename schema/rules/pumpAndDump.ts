// A price is bought up with a crowd and sold into (domain.md 3.5; La Morgia et al., Pump and dumps in the Bitcoin era, ICCCN 2020).
import { rule } from "./spec";
import { during, firstOf, found, inMillis, millis, minutesDuring, proof, proofs, score, timeOf } from "./sql";

const pump = "{pump_minutes}";
const dump = "{dump_minutes}";
const stock = "{stock_minutes}";
/** A sale, the hour it belongs to, the purchases before it, and the rise before the first sale into it. */
const lookBack = `(60 + ${dump} + ${stock} + ${pump})`;
/** Minutes from which usual volume and movement are taken; what is usual may be as old again. */
const history = 60;
const within = (minutes: string): string => `ORDER BY ms RANGE BETWEEN ${inMillis(minutes)} PRECEDING AND CURRENT ROW`;

const traded = "trade_version = 1 AND maker_account_id != taker_account_id";

/**
 * Instruments that were bought up within the time before a trigger that sales count, judged by whole minutes, of which a rise reaches into one more than it
 * lasts: with enough buyers in a rush, while the price went far enough. What completes a pattern is a trade in such an instrument, so nothing in another one can be
 * alerted. The minute more is for frames, which begin at a whole millisecond.
 */
const suspects = `
                                SELECT toString(symbol) AS instrument
                                FROM (
                                    SELECT symbol, sum(buyers) OVER rise AS all_buyers, log((max(high) OVER rise) / (min(low) OVER rise)) AS risen, max(latest) OVER (PARTITION BY symbol) AS traded_last
                                    FROM (
                                        SELECT symbol, minute, max(dearest) AS high, min(cheapest) AS low, max(last) AS latest, length(groupUniqArrayArray(rushing)) AS buyers
                                        FROM (
                                            SELECT symbol, toStartOfMinute(event_time) AS minute, ${millis}, max(toFloat64(price)) AS dearest, min(toFloat64(price)) AS cheapest, max(event_time) AS last,
                                                if(countIf(taker_side = 'buy') >= {least_fills}, groupUniqArrayIf(taker_account_id, taker_side = 'buy'), []) AS rushing
                                            FROM trading.user_trades
                                            WHERE ${during(`(${dump} + ${pump} + 1)`)} AND ${traded}
                                            GROUP BY symbol, minute, ms
                                        )
                                        GROUP BY symbol, minute
                                    )
                                    WINDOW rise AS (PARTITION BY symbol ORDER BY toUnixTimestamp(minute) RANGE BETWEEN ${pump} * 60 PRECEDING AND CURRENT ROW)
                                )
                                WHERE all_buyers >= {least_takers} AND traded_last > {since} AND risen >= 0.999999 * log(1 + {least_rise})`;

/** A row for each side of each trade; the taker's stands for the trade itself. */
const sides = `
                        SELECT event_id, event_time, ms, symbol, paid, lots, swept, taker_account_id AS taker,
                            arrayJoin([(maker_account_id, false), (taker_account_id, true)]) AS party, party.1 AS account, party.2 AS is_taker, is_taker = (taker_side = 'buy') AS buys
                        FROM (
                            SELECT event_id, event_time, ${millis}, symbol, toFloat64(price) AS paid, toFloat64(quantity) AS lots, taker_side, taker_account_id, maker_account_id,
                                taker_side = 'buy' AND count() OVER (PARTITION BY symbol, taker_side, ms) >= {least_fills} AS swept
                            FROM trading.user_trades
                            WHERE ${during(lookBack)} AND ${traded} AND toString(symbol) IN (${found(suspects, ["instrument"])})
                        )`;

/** What is usual in a minute, over the hour until a minute: volume, minutes without trades counted as 0, and root of the mean square of the move. */
const usual = `
                        SELECT symbol, minute, sum(toFloat64(base_volume)) OVER hour / ${history} AS volume,
                            sqrt(avg(pow(log(toFloat64(assumeNotNull(close)) / toFloat64(assumeNotNull(open))), 2)) OVER hour) AS sigma
                        FROM trading.token_minutes
                        WHERE ${minutesDuring(`(${lookBack} + ${2 * history + 2})`)} AND isNotNull(close)
                        WINDOW hour AS (PARTITION BY symbol ORDER BY toUnixTimestamp(minute) RANGE BETWEEN ${history * 60} PRECEDING AND CURRENT ROW)`;

export const pumpAndDump = rule("pump_and_dump", {
    version: 1,
    title: "Pump and dump",
    severity: "high",
    entity: "account",
    owner: "surveillance",
    mode: "shadow",
    description:
        "Within minutes many accounts buy an instrument with orders that sweep the book (several fills within one millisecond), at many times the usual volume, and the price rises by " +
        "far more than usual; an account that made a large part of the purchases before this rush then sells into it what it bought, at a gain. A rise without a rush is none; " +
        "moves of the whole market are not told apart.",
    parameters: {
        least_fills: {
            type: "UInt32",
            unit: "trades",
            default: "2",
            description: "Purchases by takers within one millisecond, at least, to be a rush",
            source: "domain.md 3.5: a rush order has two fills or more with the same millisecond",
        },
        pump_minutes: {
            type: "UInt32",
            unit: "minutes",
            default: "5",
            description: "The price is bought up within so long",
            source: "guess, uncalibrated; domain.md 3.5 looks at chunks of 5 to 25 s",
        },
        stock_minutes: {
            type: "UInt32",
            unit: "minutes",
            default: "60",
            description: "Before a sale, purchases count for so long",
            source: "domain.md 3.5: 70% of what is bought before trades within the last hour",
        },
        dump_minutes: {
            type: "UInt32",
            unit: "minutes",
            default: "30",
            description: "Sales count for so long after the rise",
            source: "domain.md 3.5: 30 min",
        },
        least_takers: {
            type: "UInt32",
            unit: "accounts",
            default: "5",
            description: "Accounts that bought in the rush, at least",
            source: "guess, uncalibrated",
        },
        least_volume: {
            type: "Float64",
            unit: "times",
            default: "4",
            description: "Volume in the rise over what is usual in so long, at least",
            source: "domain.md 3.5 (from memory): Kamps and Kleinberg, order of +300%",
        },
        least_rise: {
            type: "Float64",
            unit: "share",
            default: "0.05",
            description: "Rise of the price at least, however quiet it was before",
            source: "domain.md 3.5 (from memory): Kamps and Kleinberg, order of +5%",
        },
        least_sigmas: {
            type: "Float64",
            unit: "standard deviations",
            default: "3",
            description: "Rise of the price over what is usual in so long, at least",
            source: "as momentum_ignition: domain.md 3.4",
        },
        least_share: {
            type: "Float64",
            unit: "share",
            default: "0.05",
            description: "Part of all that was bought before the rush that the account bought, at least",
            source: "guess, uncalibrated",
        },
        least_sold: {
            type: "Float64",
            unit: "share",
            default: "0.5",
            description: "Of what the account had bought that it sells into the rise, at least",
            source: "as momentum_ignition: domain.md 3.4",
        },
        least_gain: {
            type: "Float64",
            unit: "share",
            default: "0.01",
            description: "Mean price of those sales over that of the purchases, less one, at least",
            source: "guess, uncalibrated",
        },
    },
    overrides: [
        {
            accountClass: "maker",
            terms: "exempt",
            expires: "2027-06-30",
            approver: "head of surveillance",
            reason: "sells to whoever buys under a market-making agreement; reviewed with it",
        },
    ],
    reads: { facts: ["user_trades"], rollups: ["token_minutes"], references: [] },
    lookBackMinutes: 280,
    latenessMinutes: 10,
    stepSeconds: 30,
    historyDays: 0,
    suppressionMinutes: 240,
    query: firstOf(`
    SELECT account AS entity_id, concat(toString(symbol), ' ', toString(toStartOfHour(event_time))) AS trigger_key, event_time AS t, event_id AS tie,
        ${timeOf("first_ms")} AS window_from, [account] AS accounts, ${score("peak.1", "peak.2")} AS score,
        map('symbol', toString(symbol), 'rise', toString(round(100 * (exp(peak.1) - 1), 1)), 'takers', toString(peak.3), 'volume', toString(round(peak.4, 1)),
            'bought', toString(round(100 * bought / all_bought)), 'sold', toString(round(100 * sold / bought)), 'gain', toString(round(100 * gain, 1))) AS details
    FROM (
        SELECT event_id, event_time, symbol, account, buys, risen, peak, sumIf(lots, buys AND early) OVER own AS bought, sumIf(lots, NOT buys AND risen) OVER own AS sold,
            minIf(ms, buys AND early) OVER own AS first_ms, sumIf(lots, buys AND early) OVER everybody AS all_bought,
            sumIf(lots * paid, NOT buys AND risen) OVER own / sold / (sumIf(lots * paid, buys AND early) OVER own / bought) - 1 AS gain
        FROM (
            SELECT event_id, event_time, ms, symbol, account, buys, lots, paid, countIf(pumped) OVER lately > 0 AS risen, NOT risen AND takers < {least_takers} AS early,
                argMaxIf((rise, least, takers, times), rise, pumped) OVER lately AS peak
            FROM (
                SELECT traded.*, log(paid / first_paid) AS rise, usual.minute > calm - toIntervalMinute(${history}) AS known,
                    traded.traded_lots / greatest(${pump} * if(known, usual.volume, 0), 1e-18) AS times, greatest(log(1 + {least_rise}), {least_sigmas} * sqrt(${pump}) * if(known, sigma, 0)) AS least,
                    takers >= {least_takers} AND times >= {least_volume} AND rise >= least AS pumped
                FROM (
                    SELECT event_id, event_time, ms, symbol, account, buys, lots, paid, toStartOfMinute(event_time - toIntervalMinute(${pump} + 1)) AS calm,
                        sumIf(lots, is_taker) OVER everybody AS traded_lots, argMin(paid, (ms, event_id)) OVER everybody AS first_paid, uniqExactIf(taker, swept) OVER everybody AS takers
                    FROM (${sides}
                    )
                    WINDOW everybody AS (PARTITION BY symbol ${within(pump)})
                ) AS traded
                ASOF LEFT JOIN (${usual}
                ) AS usual ON usual.symbol = traded.symbol AND usual.minute <= traded.calm
            )
            WINDOW lately AS (PARTITION BY symbol ${within(dump)})
        )
        WINDOW own AS (PARTITION BY symbol, account ${within(stock)}), everybody AS (PARTITION BY symbol ${within(stock)})
    )
    WHERE NOT buys AND risen AND bought > 0 AND bought >= {least_share} * all_bought AND sold >= {least_sold} * bought AND gain >= {least_gain}`),
    suspects,
    evidence: proofs(
        proof(
            "user_trades",
            `(${stock} + ${dump})`,
            "{entity_id} IN (maker_account_id, taker_account_id) AND trade_version = 1 AND startsWith({trigger_key}, concat(toString(symbol), ' '))",
        ),
    ),
    reason: "{symbol} rose by {rise}% at {volume} times its usual volume, {takers} accounts bought in a rush; the account had bought {bought}% of what was bought before, and sold {sold}% of that into it, {gain}% dearer",
});
