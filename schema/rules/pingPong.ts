// Two accounts sell each other the same lots to and fro: trades without a change of positions (domain.md 3.1, W2; Reg. (EU) 2016/522 Annex II).
import { rule } from "./spec";
import { during, firstOf, inMillis, millis, proof, proofs, score, timeOf } from "./sql";

const window = "{window_minutes}";
const lookBack = `(60 + ${window})`;
const frame = `ORDER BY ms RANGE BETWEEN ${inMillis(window)} PRECEDING AND CURRENT ROW`;

/** A row for each side of each trade; the side of the account that comes first in the pair stands for the trade itself. */
const sides = `
            SELECT event_id, event_time, ${millis}, symbol, toFloat64(quantity) AS lots, toFloat64(price) * lots AS notional,
                arraySort([maker_account_id, taker_account_id]) AS pair, arrayJoin(pair) AS account, account = pair[1] AS is_trade,
                -- Whether the first of the pair bought.
                (taker_side = 'buy') = (taker_account_id = pair[1]) AS forth
            FROM trading.user_trades
            WHERE ${during(lookBack)} AND trade_version = 1 AND maker_account_id != taker_account_id`;

export const pingPong = rule("ping_pong", {
    version: 1,
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
        SELECT event_id, event_time, symbol, pair, max(pair_trades) AS trades, max(pair_forth) AS forths, max(pair_gross) AS gross,
            max(abs(pair_net)) AS net, max(pair_value) AS value, min(pair_first) AS first_ms,
            groupArray(pair_gross / volume) AS shares,
            -- Of each: what part of the rest of the market it is.
            groupArray((volume - pair_gross) / greatest(all_volume - pair_gross, 1e-18)) AS presence
        FROM (
            SELECT event_id, event_time, symbol, pair, account, sum(lots) OVER (PARTITION BY symbol, account ${frame}) AS volume,
                sumIf(lots, is_trade) OVER (PARTITION BY symbol ${frame}) AS all_volume,
                countIf(is_trade) OVER both AS pair_trades, countIf(is_trade AND forth) OVER both AS pair_forth, sumIf(lots, is_trade) OVER both AS pair_gross,
                sumIf(if(forth, lots, -lots), is_trade) OVER both AS pair_net, sumIf(notional, is_trade) OVER both AS pair_value, min(ms) OVER both AS pair_first
            FROM (${sides}
            )
            WINDOW both AS (PARTITION BY symbol, pair ${frame})
        )
        GROUP BY event_id, event_time, symbol, pair
        HAVING trades >= {least_trades} AND forths >= trades / 3 AND trades - forths >= trades / 3 AND net <= {most_net} * gross
    )
    WHERE arrayMin(shares) >= {least_share} AND arrayMin(shares) >= {beyond_chance} * arrayMax(presence)`),
    evidence: proofs(
        proof(
            "user_trades",
            window,
            "arrayStringConcat(arraySort([maker_account_id, taker_account_id]), '|') = {entity_id} AND trade_version = 1 AND startsWith({trigger_key}, concat(toString(symbol), ' '))",
        ),
    ),
    reason: "{trades} trades in {symbol} to and fro within {minutes} min, {notional} in quote units, of which {net}% changed hands; at least {share}% of each one's volume",
});
