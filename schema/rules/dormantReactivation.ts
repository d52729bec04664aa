// Back after a long silence, and out with the money (domain.md 3.8; FATF: previously inactive accounts).
import { rule } from "./spec";
import { firstOf, money, priced, proof, proofs, score, withdrawing, worth } from "./sql";

/** Days from the return to the last withdrawal that counts; the look-back covers the day of the return, whole. */
const lookBack = "(1440 * ({return_days} + 1))";

/** Days on which the user himself did something: what comes in by itself is no activity. */
const active = `
    SELECT user_id AS who, groupArray(day) AS days
    FROM trading.user_days
    WHERE run = {run} AND day >= toDate({since}) - 400 AND day <= toDate({as_of}) AND logins + orders + fills + withdrawals > 0 AND user_id IN (${withdrawing})
    GROUP BY user_id`;

/**
 * Users who ask for money among the triggers and were active once, but on none of the days before the last few that are not long enough ago: the day of the return is
 * among the last few, and what was active before it lies at least so long before.
 */
const suspects = `
    SELECT user_id
    FROM trading.user_days
    WHERE run = {run} AND day >= toDate({since}) - 400 AND day < greatest(toDate({since}) - {return_days}, toDate({as_of}) - {dormant_days} + 1)
        AND logins + orders + fills + withdrawals > 0 AND user_id IN (${withdrawing})
    GROUP BY user_id
    HAVING max(day) <= toDate({as_of}) - {dormant_days}`;

const withdrawals = priced(
    "user_withdrawals",
    lookBack,
    "ifNull(balance_after, 0) + amount + ifNull(fee, 0) AS held",
    "state = 'requested'",
);

export const dormantReactivation = rule("dormant_reactivation", {
    version: 2,
    title: "Withdrawals after a long silence",
    severity: "high",
    entity: "user",
    owner: "fraud",
    mode: "active",
    description:
        "A user who did nothing for months (no login, order, trade or withdrawal) comes back and within days requests withdrawals that sum to more than a floor and " +
        "more than a share of the balance. Who has no activity on record before the return is not judged: no history is inconclusive.",
    parameters: {
        dormant_days: {
            type: "UInt32",
            unit: "days",
            default: "180",
            description: "Days without activity before the return, at least",
            source: "domain.md 3.8: gap of 180 days (Tazama bands from 3 to 12 months)",
        },
        return_days: {
            type: "UInt32",
            unit: "days",
            default: "3",
            description: "Days from the return in which withdrawals count",
            source: "domain.md 3.8: within 72 h",
        },
        floor_usd: {
            type: "Decimal(38, 18)",
            unit: "USD",
            default: "100",
            description: "Sum that must be exceeded: less is dust",
            source: "Tazama's dormancy rule has no amount at all (domain.md 3.8): the silence and the share of the balance say it; 100 is a guess, uncalibrated",
        },
        balance_share: {
            type: "Decimal(38, 18)",
            unit: "share",
            default: "0.5",
            description:
                "Share of the balance of the withdrawn assets that must be exceeded; where the balance is not known, the floor decides",
            source: "guess, uncalibrated",
        },
    },
    reads: {
        facts: ["user_withdrawals", "user_actions"],
        triggers: ["user_withdrawals"],
        rollups: ["token_prices", "user_days"],
        references: [],
    },
    lookBackMinutes: 5_760,
    latenessMinutes: 10,
    stepSeconds: 1,
    historyDays: 180,
    suppressionMinutes: 1_440,
    query: `WITH withdrawals AS (${withdrawals})
${firstOf(`
    SELECT who AS entity_id, concat('return ', toString(returned)) AS trigger_key, complete AS t, done AS tie, toDateTime64(returned, 6, 'UTC') AS window_from, accounts,
        ${score("total", "greatest(toFloat64({floor_usd}), toFloat64({balance_share}) * toFloat64(balance))")} AS score,
        map('days', toString(returned - last_active), 'returned', toString(returned), 'amount', ${money("total")}, 'balance', ${money("balance")}) AS details
    FROM (
        SELECT who, complete, done, returned, last_active, sum(asset_usd) AS total, sum(asset_balance) AS balance, arraySort(arrayDistinct(groupArrayArray(asset_accounts))) AS accounts
        FROM (
            SELECT who, complete, done, returned, last_active, asset, sum(ifNull(usd, 0)) AS asset_usd, groupArray(account) AS asset_accounts,
                argMin(ifNull(${worth("held", "price")}, 0), (t, tie)) AS asset_balance
            FROM (
                -- The day of the return: the first active one of the last few; the trigger itself makes its own day active.
                SELECT who, t AS complete, tie AS done, days,
                    arrayMin(arrayPushBack(arrayFilter(d -> d >= toDate(t) - {return_days} AND d < toDate(t), days), toDate(t))) AS returned,
                    arrayMax(arrayFilter(d -> d < returned, days)) AS last_active
                FROM withdrawals INNER JOIN (${active}) AS active USING (who)
                WHERE notEmpty(arrayFilter(d -> d < toDate(t) - {return_days}, days)) AND returned - last_active >= {dormant_days}
            ) AS returns
            INNER JOIN withdrawals USING (who)
            WHERE toDate(t) >= returned AND t <= complete
            GROUP BY who, complete, done, returned, last_active, asset
        )
        GROUP BY who, complete, done, returned, last_active
    )
    WHERE total > {floor_usd} AND total > {balance_share} * balance`)}`,
    suspects,
    evidence: proofs(
        proof("user_withdrawals", lookBack, "user_id = {entity_id} AND state = 'requested'"),
        proof("user_actions", lookBack, "user_id = {entity_id} AND action != 'page_view' AND action != 'click'"),
    ),
    reason: "back on {returned} after {days} days, {amount} USD withdrawn of {balance} USD",
});
