// Many withdrawals in a short time: more than anybody of the same tier makes in a day (domain.md 3.8).
import { rule } from "./spec";
import { during, firstOf, inMillis, money, priced, proof, proofs, score, withdrawing } from "./sql";

const window = "{window_minutes}";
const lookBack = `(60 + ${window})`;

/** The tier of each withdrawal's user as of it. */
const tiered = `
            SELECT moved.who AS who, moved.account AS account, moved.t AS t, moved.tie AS tie, moved.usd AS usd, toUnixTimestamp64Milli(t) AS ms, toString(holders.kyc_tier) AS tier
            FROM (${priced("user_withdrawals", lookBack, "event_time", "state = 'requested'")}) AS moved
            ASOF LEFT JOIN (
                SELECT user_id AS who, kyc_tier, valid_from FROM trading.users WHERE ifNull(run_id, '') IN ({run}, '') AND user_id IN (${withdrawing})
            ) AS holders ON holders.who = moved.who AND holders.valid_from <= moved.event_time`;

/** Of each tier and day: the withdrawals of users that made any, for the 28 days before each day that is judged. */
const peers = `
        SELECT tier, judged, quantileExact(0.99)(withdrawals) AS peer_count, count() AS peer_days
        FROM (
            SELECT toString(holders.kyc_tier) AS tier, days.day AS day, days.withdrawals AS withdrawals
            FROM (
                SELECT user_id AS who, day, toDateTime64(day, 6, 'UTC') AS event_time, withdrawals FROM trading.user_days
                WHERE run = {run} AND day >= toDate({since}) - 29 AND day <= toDate({as_of}) AND withdrawals > 0
            ) AS days
            ASOF LEFT JOIN (
                SELECT user_id AS who, kyc_tier, valid_from FROM trading.users WHERE ifNull(run_id, '') IN ({run}, '')
            ) AS holders ON holders.who = days.who AND holders.valid_from <= days.event_time
        )
        ARRAY JOIN arrayMap(n -> day + n, range(1, 29)) AS judged
        WHERE judged >= toDate({since}) - 1 AND judged <= toDate({as_of})
        GROUP BY tier, judged`;

/** Users who ask for money among the triggers and have done so often enough within the window. The minute more is for the frame, which begins at a whole millisecond. */
const suspects = `
    SELECT user_id
    FROM trading.user_withdrawals
    WHERE ${during(`(${window} + 1)`)} AND state = 'requested' AND user_id IN (${withdrawing})
    GROUP BY user_id
    HAVING count() >= {least_count}`;

export const withdrawalVelocity = rule("withdrawal_velocity", {
    version: 1,
    title: "Many withdrawals in a short time",
    severity: "medium",
    entity: "user",
    owner: "fraud",
    mode: "active",
    description:
        "Within the window a user requests more withdrawals than a least number, worth more than a floor, and several times as many as all but one in a hundred of " +
        "the users of the same tier that withdraw make in a whole day. The user's own past does not excuse: a mule's is like this all the time.",
    parameters: {
        window_minutes: {
            type: "UInt32",
            unit: "minutes",
            default: "60",
            description: "Withdrawals within so long count together",
            source: "domain.md 3.8: count and sum over 1 h",
        },
        least_count: {
            type: "UInt32",
            unit: "withdrawals",
            default: "6",
            description: "Withdrawals at least",
            source: "guess, uncalibrated: Lux warns from 20 transactions of any kind an hour",
        },
        floor_usd: {
            type: "Decimal(38, 18)",
            unit: "USD",
            default: "2000",
            description: "Sum that must be exceeded",
            source: "guess, uncalibrated",
        },
        peer_factor: {
            type: "Float64",
            unit: "times",
            default: "2",
            description:
                "Times the 99th percentile of the withdrawals a day of users of the tier, over 28 days; without peers nothing is asked",
            source: "domain.md 3.8: p99; the factor is a guess, uncalibrated",
        },
    },
    reads: { facts: ["user_withdrawals"], rollups: ["token_prices", "user_days"], references: ["users"] },
    lookBackMinutes: 120,
    latenessMinutes: 10,
    stepSeconds: 1,
    historyDays: 28,
    suppressionMinutes: 240,
    query: firstOf(`
    SELECT who AS entity_id, toString(toStartOfHour(t)) AS trigger_key, t, tie, fromUnixTimestamp64Milli(began, 'UTC') AS window_from, [account] AS accounts,
        ${score("count", "greatest({least_count}, least_of_peers)")} AS score,
        map('withdrawals', toString(count), 'amount', ${money("total")}, 'minutes', toString(${window}), 'peers', toString(peer_count), 'tier', tier, 'unpriced', toString(unpriced)) AS details
    FROM (
        SELECT who, account, t, tie, tier, toDate(t) AS judged, count() OVER w AS count, sum(usd) OVER w AS total, countIf(isNull(usd)) OVER w AS unpriced, min(ms) OVER w AS began
        FROM (${tiered}
        )
        WINDOW w AS (PARTITION BY who ORDER BY ms RANGE BETWEEN ${inMillis(window)} PRECEDING AND CURRENT ROW)
    ) AS counted
    LEFT JOIN (SELECT *, {peer_factor} * peer_count AS least_of_peers FROM (${peers})) AS peers USING (tier, judged)
    WHERE count >= {least_count} AND total > {floor_usd} AND count > least_of_peers`),
    suspects,
    evidence: proofs(proof("user_withdrawals", window, "user_id = {entity_id} AND state = 'requested'")),
    reason: "{withdrawals} withdrawals of {amount} USD together within {minutes} min; of the tier ({tier}) one in a hundred makes {peers} a day",
});
