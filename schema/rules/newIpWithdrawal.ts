// Somebody else in the account: a new address or device, then the money leaves (domain.md 3.6).
import { rule } from "./spec";
import { during, firstOf, money, networkOf, priced, proof, proofs, score, withdrawing, worth } from "./sql";

const window = "{window_minutes}";
const twice = `(2 * ${window})`;
const never = "toDateTime64('2200-01-01 00:00:00', 6, 'UTC')";

/** When the user was first seen with a value of a kind; never, for what was not. */
const first = (kind: string, value: string): string =>
    `if(mapContains(seen, concat('${kind} ', ${value})), seen[concat('${kind} ', ${value})], ${never})`;

const withdrawals = priced(
    "user_withdrawals",
    twice,
    "ifNull(toString(ip), '') AS address, ip AS from_ip, ifNull(balance_after, 0) + amount + ifNull(fee, 0) AS held",
    "state = 'requested'",
);

/** What each user was seen with, and since when he is known. */
const history = `
    SELECT user_id AS who, mapFromArrays(groupArray(concat(toString(kind), ' ', value)), groupArray(first_seen)) AS seen,
        minIf(first_seen, kind = 'ip') AS known_since
    FROM trading.first_seen
    WHERE run = {run} AND last_seen >= {since} - toIntervalDay(400) AND first_seen <= {as_of} AND user_id IN (${withdrawing})
    GROUP BY user_id`;

/** Logins that are the first with their address or device. A new address is nothing on a known device in a known network: providers hand them out anew. */
const newcomers = `
    SELECT who, t AS began, login AS key, '' AS only_address, if(new_device, 'new device', 'new address') AS what, address AS place
    FROM (
        SELECT who, t, login, address, known_since,
            device != '' AND ${first("device", "device")} >= t AS new_device,
            device != '' AND ${first("device", "device")} < t AS known_device,
            address != '' AND ${first("ip", "address")} >= t AS new_address,
            ${first("ip_network", "network")} < t OR (asn != '' AND ${first("asn", "asn")} < t) AS known_network
        FROM (
            SELECT assumeNotNull(user_id) AS who, event_time AS t, event_id AS login, ifNull(toString(ip), '') AS address, ifNull(device_id, '') AS device,
                ifNull(${networkOf("ip")}, '') AS network, ifNull(toString(user_actions.asn), '') AS asn
            FROM trading.user_actions
            WHERE ${during(twice)} AND action = 'login_succeeded' AND user_id IN (${withdrawing})
        ) AS logins
        INNER JOIN history USING (who)
    )
    WHERE known_since <= t - toIntervalHour({known_hours}) AND (new_device OR (new_address AND NOT (known_device AND known_network)))`;

/** Withdrawals from an address and network nobody has logged in from for the user: each looks back a window. */
const strangers = `
    SELECT who, t AS complete, t - toIntervalMinute(${window}) AS began, concat('ip ', address, ' ', toString(toStartOfHour(t))) AS key,
        address AS only_address, 'an address without a login' AS what, address AS place
    FROM withdrawals INNER JOIN history USING (who)
    WHERE address != '' AND known_since <= t - toIntervalHour({known_hours})
        AND ${first("ip", "address")} > t AND ${first("ip_network", `assumeNotNull(${networkOf("from_ip")})`)} > t`;

/** The largest withdrawal of each past day. */
const days = `
    SELECT user_id AS who, groupArray((day, toFloat64(largest_withdrawal))) AS largest
    FROM trading.user_days
    WHERE run = {run} AND day >= toDate({since}) - 92 AND day <= toDate({as_of}) AND withdrawals > 0 AND user_id IN (${withdrawing})
    GROUP BY user_id`;

export const newIpWithdrawal = rule("new_ip_withdrawal", {
    version: 1,
    title: "New address or device, then withdrawals",
    severity: "critical",
    entity: "user",
    owner: "fraud",
    mode: "active",
    description:
        "After the first login from an address or device, or from an address nobody ever logged in from, withdrawals are requested that sum to more than a " +
        "floor and, beside it, to more than a share of the balance or several times the user's own 95th percentile. The balance is that of the assets " +
        "withdrawn; where it is not known, the floor decides. Withdrawals without a price do not count.",
    parameters: {
        window_minutes: {
            type: "UInt32",
            unit: "minutes",
            default: "60",
            description: "From the login to the last withdrawal that counts, inclusive",
            source: "issue 3: withdrawals within the hour",
        },
        floor_usd: {
            type: "Decimal(38, 18)",
            unit: "USD",
            default: "1000",
            description: "Sum that must be exceeded in any case",
            source: "guess, uncalibrated: less is not worth a call to the user",
        },
        balance_share: {
            type: "Decimal(38, 18)",
            unit: "share",
            default: "0.5",
            description: "Share of the balance that must be exceeded",
            source: "domain.md 3.6 proposes 0.8 of the balance; half finds thieves who stop early (guess, uncalibrated)",
        },
        own_factor: {
            type: "Float64",
            unit: "times",
            default: "3",
            description:
                "Times the 95th percentile of the user's largest withdrawals a day over 90 days, of five days or more",
            source: "domain.md 3.6: k times the user's own p95; k is a guess, uncalibrated",
        },
        known_hours: {
            type: "UInt32",
            unit: "hours",
            default: "24",
            description: "Users are known for so long at least: of a new one everything is new",
            source: "domain.md 3.6: account age of 24 h",
        },
    },
    reads: {
        facts: ["user_withdrawals", "user_actions"],
        rollups: ["first_seen", "token_prices", "user_days"],
        references: [],
    },
    lookBackMinutes: 120,
    latenessMinutes: 10,
    stepSeconds: 1,
    historyDays: 30,
    suppressionMinutes: 120,
    query: `WITH withdrawals AS (${withdrawals}),
history AS (${history}),
starts AS (
    SELECT newcomers.*, withdrawals.t AS complete FROM (${newcomers}) AS newcomers INNER JOIN withdrawals USING (who)
    WHERE complete >= began AND complete <= began + toIntervalMinute(${window})
    UNION ALL
    SELECT who, began, key, only_address, what, place, complete FROM (${strangers})
)
${firstOf(`
    SELECT who AS entity_id, key AS trigger_key, complete AS t, '' AS tie, began AS window_from, accounts, ${score("total", "threshold")} AS score,
        map('what', what, 'ip', place, 'amount', ${money("total")}, 'withdrawals', toString(count), 'minutes', toString(round(dateDiff('second', began, complete) / 60, 1)),
            'balance', ${money("balance")}, 'unpriced', toString(unpriced)) AS details
    FROM (
        SELECT who, key, complete, began, what, place, sum(asset_usd) AS total, sum(asset_balance) AS balance, sum(asset_count) AS count, sum(asset_unpriced) AS unpriced,
            arraySort(arrayDistinct(groupArrayArray(asset_accounts))) AS accounts,
            greatest(toFloat64({floor_usd}), toFloat64({balance_share}) * toFloat64(balance)) AS threshold
        FROM (
            SELECT who, key, complete, began, what, place, asset, sum(ifNull(usd, 0)) AS asset_usd, count() AS asset_count, countIf(isNull(usd)) AS asset_unpriced,
                groupArray(account) AS asset_accounts, argMin(ifNull(${worth("held", "price")}, 0), (t, tie)) AS asset_balance
            FROM starts INNER JOIN withdrawals USING (who)
            WHERE t >= began AND t <= complete AND (only_address = '' OR address = only_address)
            GROUP BY who, key, complete, began, what, place, asset
        )
        GROUP BY who, key, complete, began, what, place
    ) AS sums
    LEFT JOIN (${days}) AS days USING (who)
    WHERE total > {floor_usd} AND (
        total > {balance_share} * balance
        OR (length(arrayFilter(d -> d.1 < toDate(complete) AND d.1 >= toDate(complete) - 90, largest) AS past) >= 5
            AND toFloat64(total) > {own_factor} * arrayReduce('quantileExact(0.95)', past.2)))`)}`,
    evidence: proofs(
        proof("user_withdrawals", window, "user_id = {entity_id} AND state = 'requested'"),
        proof(
            "user_actions",
            window,
            "user_id = {entity_id} AND action IN ('login_succeeded', 'login_failed', 'new_device', 'password_reset', 'address_added')",
        ),
    ),
    reason: "{amount} USD in {withdrawals} withdrawals within {minutes} min of {what} ({ip}); the balance was {balance} USD",
});
