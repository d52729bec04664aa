// Trades of a user with himself: no change in beneficial ownership (Reg. (EU) 2016/522 Annex II, wash trades).
import { rule } from "./spec";
import { during, firstOf, inMillis, millis, money, proof, proofs, score, timeOf } from "./sql";

const window = "{window_minutes}";
/** The hour an alert belongs to begins up to an hour before its trigger, and what completes in it looks back a window. */
const lookBack = `(60 + ${window})`;

/** Both sides of each trade as it was executed, an account at a time; a trade with oneself is one row. */
const sides = `
    SELECT event_id, event_time, ${millis}, symbol, quantity, price, arrayJoin(arrayDistinct([taker_user_id, maker_user_id])) AS user,
        taker_user_id = maker_user_id AS own, arrayDistinct([taker_account_id, maker_account_id]) AS accounts
    FROM trading.user_trades
    WHERE ${during(lookBack)} AND trade_version = 1`;

export const selfTrade = rule("self_trade", {
    version: 1,
    title: "Trades with oneself",
    severity: "high",
    entity: "user",
    owner: "surveillance",
    mode: "active",
    description:
        "A user is buyer and seller of his own trades, again and again within the window, and they are more than a small share of what he trades in " +
        "the instrument. Attempts that self-trade prevention stopped are no trades and do not count.",
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
    },
    reads: { facts: ["user_trades"], rollups: [], references: [] },
    lookBackMinutes: 120,
    latenessMinutes: 10,
    stepSeconds: 1,
    historyDays: 0,
    suppressionMinutes: 240,
    query: firstOf(`
    SELECT user AS entity_id, concat(toString(symbol), ' ', toString(toStartOfHour(t))) AS trigger_key, t, tie, accounts,
        ${timeOf("first_ms")} AS window_from, ${score("own_trades", "{least_trades}")} AS score,
        map('symbol', toString(symbol), 'trades', toString(own_trades), 'minutes', toString(${window}), 'notional', ${money("own_notional")},
            'share', toString(round(100 * toFloat64(own_quantity) / toFloat64(all_quantity), 1))) AS details
    FROM (
        SELECT user, symbol, event_time AS t, event_id AS tie, own, accounts,
            countIf(own) OVER w AS own_trades, sumIf(quantity, own) OVER w AS own_quantity, sum(quantity) OVER w AS all_quantity,
            sumIf(toFloat64(quantity) * toFloat64(price), own) OVER w AS own_notional, minIf(ms, own) OVER w AS first_ms
        FROM (${sides})
        WINDOW w AS (PARTITION BY user, symbol ORDER BY ms RANGE BETWEEN ${inMillis(window)} PRECEDING AND CURRENT ROW)
    )
    WHERE own AND own_trades >= {least_trades} AND toFloat64(own_quantity) >= toFloat64({least_share}) * toFloat64(all_quantity)`),
    evidence: proofs(
        proof(
            "user_trades",
            window,
            "maker_user_id = {entity_id} AND taker_user_id = {entity_id} AND trade_version = 1 AND startsWith({trigger_key}, concat(toString(symbol), ' '))",
        ),
    ),
    reason: "{trades} trades in {symbol} with himself within {minutes} min, {notional} in quote units, {share}% of what he traded in it",
});
