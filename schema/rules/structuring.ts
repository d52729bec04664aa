// Amounts chosen so that none reaches the threshold from which they are looked at (domain.md 3.8; FATF 2020: structuring under thresholds).
import { rule } from "./spec";
import { during, firstOf, money, priced, proof, proofs, score, withdrawing } from "./sql";

const window = "(60 * {window_hours})";
/** A day an alert belongs to, and the window before it. */
const lookBack = `(1440 + ${window})`;
const frame = `PARTITION BY who ORDER BY ms RANGE BETWEEN ${window} * 60000 PRECEDING AND CURRENT ROW`;

/** The threshold of each withdrawal: what is reported, or the most the user's tier may take at once, whichever is less. */
const judged = `
            SELECT who, account, t, tie, usd, toUnixTimestamp64Milli(t) AS ms,
                toFloat64(coalesce(least(reporting_threshold, single_withdrawal), reporting_threshold, single_withdrawal, {threshold_usd})) AS threshold,
                usd >= toFloat64(1 - {margin}) * threshold AND usd < threshold AS is_under, usd <= {small_share} * threshold AS is_small
            FROM (
                SELECT moved.who AS who, moved.account AS account, moved.t AS t, moved.tie AS tie, moved.event_time AS event_time, toFloat64(assumeNotNull(moved.usd)) AS usd, holders.kyc_tier AS kyc_tier
                FROM (${priced("user_withdrawals", lookBack, "event_time", "state = 'requested'")}) AS moved
                ASOF LEFT JOIN (
                    SELECT user_id AS who, kyc_tier, valid_from FROM trading.users WHERE ifNull(run_id, '') IN ({run}, '') AND user_id IN (${withdrawing})
                ) AS holders ON holders.who = moved.who AND holders.valid_from <= moved.event_time
                WHERE isNotNull(moved.usd)
            ) AS tiered
            ASOF LEFT JOIN (
                SELECT kyc_tier, valid_from, reporting_threshold, single_withdrawal FROM trading.limits WHERE ifNull(run_id, '') IN ({run}, '')
            ) AS bounds ON bounds.kyc_tier = tiered.kyc_tier AND bounds.valid_from <= tiered.event_time`;

/** Users who ask for money among the triggers and have done so often enough within the window, whatever the amounts. The minute more is for the frame, which begins at a whole millisecond. */
const suspects = `
    SELECT user_id
    FROM trading.user_withdrawals
    WHERE ${during(`(${window} + 1)`)} AND state = 'requested' AND user_id IN (${withdrawing})
    GROUP BY user_id
    HAVING count() >= least({least_under}, {least_small})`;

export const structuring = rule("structuring", {
    version: 1,
    title: "Structured withdrawals",
    severity: "high",
    entity: "user",
    owner: "fraud",
    mode: "active",
    description:
        "Within the window, several withdrawals each just under the threshold that together reach it; or many small ones that together do. The threshold is that " +
        "of the user's tier as of the withdrawal: what is reported, or the most it may take at once, whichever is less. Withdrawals without a price do not count.",
    parameters: {
        window_hours: {
            type: "UInt32",
            unit: "hours",
            default: "24",
            description: "Withdrawals within so long count together",
            source: "domain.md 3.8: sliding 24 h",
        },
        threshold_usd: {
            type: "Decimal(38, 18)",
            unit: "USD",
            default: "10000",
            description: "Threshold where the tier has none",
            source: "domain.md 3.8: 10,000 (Lux; the reporting amount of many countries)",
        },
        margin: {
            type: "Decimal(38, 18)",
            unit: "share",
            default: "0.1",
            description: "Just under: by this share of the threshold at most",
            source: "domain.md 3.8: 1,000 under 10,000 (Lux)",
        },
        least_under: {
            type: "UInt32",
            unit: "withdrawals",
            default: "3",
            description: "Withdrawals just under the threshold at least",
            source: "domain.md 3.8: 3 in 24 h (Lux, Yggdrasil)",
        },
        small_share: {
            type: "Float64",
            unit: "share",
            default: "0.25",
            description: "Small: this share of the threshold at most",
            source: "guess, uncalibrated",
        },
        least_small: {
            type: "UInt32",
            unit: "withdrawals",
            default: "10",
            description: "Small withdrawals at least that together reach the threshold",
            source: "guess, uncalibrated: people split in two or three, not in ten",
        },
    },
    reads: { facts: ["user_withdrawals"], rollups: ["token_prices"], references: ["users", "limits"] },
    lookBackMinutes: 2_880,
    latenessMinutes: 10,
    stepSeconds: 1,
    historyDays: 1,
    suppressionMinutes: 720,
    query: firstOf(`
    SELECT who AS entity_id, concat(if(many, 'many small ', 'just under '), toString(toDate(t))) AS trigger_key, t, tie, fromUnixTimestamp64Milli(if(many, small_first, under_first), 'UTC') AS window_from,
        accounts, ${score("total", "threshold")} AS score,
        map('kind', if(many, 'small', 'just under the threshold'), 'count', toString(if(many, small, under)), 'amount', ${money("total")}, 'threshold', ${money("threshold")}, 'hours', toString({window_hours})) AS details
    FROM (
        SELECT *, arrayJoin([false, true]) AS many, if(many, small_usd, under_usd) AS total
        FROM (
            SELECT who, t, tie, threshold, is_under, is_small, [account] AS accounts,
                countIf(is_under) OVER w AS under, sumIf(usd, is_under) OVER w AS under_usd, minIf(ms, is_under) OVER w AS under_first,
                countIf(is_small) OVER w AS small, sumIf(usd, is_small) OVER w AS small_usd, minIf(ms, is_small) OVER w AS small_first
            FROM (${judged}
            )
            WINDOW w AS (${frame})
        )
    )
    WHERE total >= threshold AND if(many, is_small AND small >= {least_small}, is_under AND under >= {least_under})`),
    suspects,
    evidence: proofs(proof("user_withdrawals", window, "user_id = {entity_id} AND state = 'requested'")),
    reason: "{count} withdrawals, each {kind}, of {amount} USD together within {hours} h; the threshold is {threshold} USD",
});
