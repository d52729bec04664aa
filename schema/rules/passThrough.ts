// Money that only passes: in, and at once out to somebody else, as it came or as another asset (domain.md 3.8; FATF 2020).
import { rule } from "./spec";
import { during, firstOf, money, priced, proof, proofs, score, withdrawing } from "./sql";

const window = "{window_minutes}";
const twice = `(2 * ${window})`;
const never = "toDateTime64('2200-01-01 00:00:00', 6, 'UTC')";

const deposits = priced("user_deposits", twice, "ifNull(transaction_hash, '') AS hash", "state = 'credited'");
const withdrawals = priced("user_withdrawals", twice, "ifNull(address, '') AS destination", "state = 'requested'");

/** Who sent what came in, as the chain says; nothing where chains are not watched. Senders come before their deposits are credited. */
const senders = `
    SELECT transaction_hash AS hash, groupUniqArray(lower(from_address)) AS sent_by
    FROM trading.on_chain_transfers
    WHERE ${during(`(2 * ${window} + 60)`)} AND transaction_hash IN (
        SELECT assumeNotNull(transaction_hash) FROM trading.user_deposits WHERE ${during(twice)} AND isNotNull(transaction_hash) AND user_id IN (${withdrawing}))
    GROUP BY hash`;

const destinations = `
    SELECT user_id AS who, value AS destination, first_seen AS known_from
    FROM trading.first_seen
    WHERE run = {run} AND kind = 'address' AND last_seen >= {since} - toIntervalDay(400) AND first_seen <= {as_of} AND user_id IN (${withdrawing})`;

/** Users who ask for money among the triggers and got some within the window. */
const suspects = `
    SELECT user_id
    FROM trading.user_deposits
    WHERE ${during(window)} AND state = 'credited' AND user_id IN (${withdrawing})`;

export const passThrough = rule("pass_through", {
    version: 1,
    title: "Money that passes through",
    severity: "high",
    entity: "user",
    owner: "fraud",
    mode: "active",
    description:
        "What a user withdraws within the window after a deposit to addresses that are new for him, and that the deposit did not come from, is nearly what came in: " +
        "as the same asset, or swapped for another. Refunds to the sender and the user's own known addresses do not count.",
    parameters: {
        window_minutes: {
            type: "UInt32",
            unit: "minutes",
            default: "180",
            description: "From the first deposit to the last withdrawal that counts",
            source: "domain.md 3.8 allows 24 h; three hours are 'often immediately' (FATF), and fewer coincidences (guess, uncalibrated)",
        },
        floor_usd: {
            type: "Decimal(38, 18)",
            unit: "USD",
            default: "1000",
            description: "Deposits at least",
            source: "guess, uncalibrated",
        },
        least_share: {
            type: "Float64",
            unit: "share",
            default: "0.85",
            description: "Withdrawn of what came in, at least",
            source: "domain.md 3.8: 0.9, less what fees and a swap cost",
        },
        most_share: {
            type: "Float64",
            unit: "share",
            default: "1.1",
            description: "Withdrawn of what came in, at most: more is the user's own money leaving",
            source: "guess, uncalibrated",
        },
        known_days: {
            type: "UInt32",
            unit: "days",
            default: "7",
            description: "Destinations used for so long are the user's own",
            source: "domain.md 3.6: own addresses older than 7 days",
        },
    },
    reads: {
        facts: ["user_withdrawals", "user_deposits", "on_chain_transfers"],
        triggers: ["user_withdrawals"],
        rollups: ["token_prices", "first_seen"],
        references: [],
    },
    lookBackMinutes: 360,
    latenessMinutes: 10,
    stepSeconds: 1,
    historyDays: 7,
    suppressionMinutes: 240,
    query: `WITH incoming AS (
    SELECT came.who AS who, came.t AS came_at, came.tie AS deposit, came.asset AS asset, assumeNotNull(came.usd) AS usd, sources.sent_by AS sent_by
    FROM (${deposits}) AS came LEFT JOIN (${senders}) AS sources ON sources.hash = came.hash AND came.hash != ''
    WHERE came.usd > 0
),
outgoing AS (
    SELECT gone.who AS who, gone.t AS t, gone.tie AS tie, gone.asset AS asset, assumeNotNull(gone.usd) AS usd, gone.account AS account, gone.destination AS destination
    FROM (${withdrawals}) AS gone LEFT JOIN (${destinations}) AS known ON known.who = gone.who AND known.destination = gone.destination
    WHERE gone.usd > 0 AND if(known.destination = '', ${never}, known.known_from) > gone.t - toIntervalDay({known_days})
)
${firstOf(`
    SELECT who AS entity_id, first_deposit AS trigger_key, complete AS t, done AS tie, began AS window_from, [account] AS accounts, ${score("out_usd", "{least_share} * in_usd")} AS score,
        map('kind', if(hasAll(in_assets, out_assets), 'as it came', 'as another asset'), 'in', ${money("in_usd")}, 'out', ${money("out_usd")},
            'share', toString(round(100 * out_usd / in_usd, 1)), 'minutes', toString(round(dateDiff('second', began, complete) / 60, 1))) AS details
    FROM (
        SELECT who, complete, done, account, toFloat64(sum(usd)) AS in_usd, min(came_at) AS began, argMin(deposit, (came_at, deposit)) AS first_deposit,
            groupUniqArray(asset) AS in_assets, arrayFlatten(groupArray(sent_by)) AS all_senders, any_outs AS outs,
            -- What left after the first of the deposits, to none of their senders.
            arrayFilter(o -> o.1 >= began AND NOT has(all_senders, lower(o.4)), outs) AS left,
            arraySum(o -> o.2, left) AS out_usd, arrayMap(o -> o.3, left) AS out_assets
        FROM (
            SELECT who, t AS complete, tie AS done, account,
                groupArray((t, toFloat64(usd), toString(asset), destination)) OVER (PARTITION BY who ORDER BY t RANGE UNBOUNDED PRECEDING) AS any_outs
            FROM outgoing
        ) AS triggers
        INNER JOIN incoming USING (who)
        WHERE came_at <= complete AND came_at >= complete - toIntervalMinute(${window})
        GROUP BY who, complete, done, account, any_outs
    )
    WHERE in_usd >= {floor_usd} AND out_usd >= {least_share} * in_usd AND out_usd <= {most_share} * in_usd AND has(arrayMap(o -> o.1, left), complete)`)}`,
    suspects,
    evidence: proofs(
        proof("user_deposits", window, "user_id = {entity_id} AND state = 'credited'"),
        proof("user_withdrawals", window, "user_id = {entity_id} AND state = 'requested'"),
    ),
    reason: "{in} USD came in and {out} USD ({share}%) left {kind} within {minutes} min, to addresses that are new for him",
});
