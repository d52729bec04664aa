// Somebody else in the account: a new address or device, then the money leaves (domain.md 3.6).
import { rule } from "./spec";
import { during, firstOf, money, networkOf, priced, proof, proofs, score, withdrawing, worth } from "./sql";

const window = "{window_minutes}";
const twice = `(2 * ${window})`;
const never = "toDateTime64('2200-01-01 00:00:00', 6, 'UTC')";

/** When the user was first seen with a value of a kind; never, for what was not. */
const first = (kind: string, value: string): string =>
    `if(mapContains(seen, concat('${kind} ', ${value})), seen[concat('${kind} ', ${value})], ${never})`;

/** Each user's withdrawals in order: one read, however many starts they are counted from. */
const withdrawals = `
    SELECT who, arraySort(groupArray((t, tie, toString(asset), ifNull(usd, 0) AS value, ifNull(${worth("held", "price")}, 0), address, network, account, isNull(usd)))) AS outs
    FROM (${priced(
        "user_withdrawals",
        twice,
        `ifNull(toString(ip), '') AS address, ifNull(${networkOf("ip")}, '') AS network, ifNull(balance_after, 0) + amount + ifNull(fee, 0) AS held`,
        "state = 'requested'",
    )})
    GROUP BY who`;

/** What each user was seen with, and since when he is known. */
const history = `
    SELECT user_id AS who, mapFromArrays(groupArray(concat(toString(kind), ' ', value)), groupArray(first_seen)) AS seen,
        minIf(first_seen, kind = 'ip') AS known_since
    FROM trading.first_seen
    WHERE run = {run} AND last_seen >= {since} - toIntervalDay(400) AND first_seen <= {as_of} AND user_id IN (${withdrawing})
    GROUP BY user_id`;

/** Each user's logins: time, id, address, device, network, autonomous system. */
const logins = `
    SELECT assumeNotNull(user_id) AS who,
        groupArray((event_time, event_id, ifNull(toString(ip), ''), ifNull(device_id, ''), ifNull(${networkOf("ip")}, ''), ifNull(toString(asn), ''))) AS entries
    FROM trading.user_actions
    WHERE ${during(twice)} AND action = 'login_succeeded' AND user_id IN (${withdrawing})
    GROUP BY who`;

const newDevice = `l.4 != '' AND ${first("device", "l.4")} >= l.1`;
const knownDevice = `l.4 != '' AND ${first("device", "l.4")} < l.1`;
const newAddress = `l.3 != '' AND ${first("ip", "l.3")} >= l.1`;
const knownNetwork = `(${first("ip_network", "l.5")} < l.1 OR (l.6 != '' AND ${first("asn", "l.6")} < l.1))`;

/**
 * Starts a withdrawal `out` is counted from: key, time, the only address that counts, what, where. Logins within the window that are the first with
 * their address or device; a new address is nothing on a known device in a known network, since providers hand them out anew. And the withdrawal's own
 * address, where nobody has logged in from it or its network: that looks back a window.
 */
const starts = `
        arrayConcat(
            arrayMap(l -> (l.2, l.1, '', if(${newDevice}, 'new device', 'new address'), l.3),
                arrayFilter(l -> l.1 <= out.1 AND l.1 >= out.1 - toIntervalMinute(${window}) AND known_since <= l.1 - toIntervalHour({known_hours})
                    AND (${newDevice} OR (${newAddress} AND NOT (${knownDevice} AND ${knownNetwork}))), entries)),
            if(out.6 != '' AND known_since <= out.1 - toIntervalHour({known_hours}) AND ${first("ip", "out.6")} > out.1 AND ${first("ip_network", "out.7")} > out.1,
                [(concat('ip ', out.6, ' ', toString(toStartOfHour(out.1))), out.1 - toIntervalMinute(${window}), out.6, 'an address without a login', out.6)], []))`;

/** The largest withdrawal of each past day. */
const days = `
    SELECT user_id AS who, groupArray((day, toFloat64(largest_withdrawal))) AS largest
    FROM trading.user_days
    WHERE run = {run} AND day >= toDate({since}) - 92 AND day <= toDate({as_of}) AND withdrawals > 0 AND user_id IN (${withdrawing})
    GROUP BY user_id`;

/**
 * Users who ask for money among the triggers, were first seen with an address or device within the window, or ask from an address they had not been seen with
 * when it began: what a withdrawal is counted from is one of the two.
 */
const suspects = `
    SELECT user_id
    FROM trading.first_seen
    WHERE run = {run} AND first_seen > {since} - toIntervalMinute(${window}) AND first_seen <= {as_of} AND kind IN ('ip', 'device') AND user_id IN (${withdrawing})
    UNION ALL
    SELECT user_id
    FROM trading.user_withdrawals
    WHERE ${during("0")} AND state = 'requested' AND isNotNull(ip) AND (user_id, assumeNotNull(toString(ip))) NOT IN (
        SELECT user_id, value FROM trading.first_seen
        WHERE run = {run} AND last_seen >= {since} - toIntervalDay(400) AND first_seen <= {as_of} AND kind = 'ip' AND user_id IN (${withdrawing}))`;

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
        triggers: ["user_withdrawals"],
        rollups: ["first_seen", "token_prices", "user_days"],
        references: [],
    },
    lookBackMinutes: 120,
    latenessMinutes: 10,
    stepSeconds: 1,
    historyDays: 30,
    suppressionMinutes: 120,
    query: firstOf(`
    SELECT who AS entity_id, start.1 AS trigger_key, out.1 AS t, out.2 AS tie, start.2 AS window_from, arraySort(arrayDistinct(counted.8)) AS accounts,
        ${score("total", "threshold")} AS score,
        map('what', start.4, 'ip', start.5, 'amount', ${money("total")}, 'withdrawals', toString(length(counted)),
            'minutes', toString(round(dateDiff('second', start.2, out.1) / 60, 1)), 'balance', ${money("balance")}, 'unpriced', toString(arrayCount(o -> o.9, counted))) AS details
    FROM (
        SELECT who, out, start, largest, arrayFilter(o -> o.1 >= start.2 AND o.1 <= out.1 AND (start.3 = '' OR o.6 = start.3), outs) AS counted,
            arraySum(o -> o.4, counted) AS total,
            -- What there was of each asset before the first withdrawal of it.
            arraySum((o, n) -> if(indexOf(counted.3, o.3) = n, o.5, 0), counted, arrayEnumerate(counted)) AS balance,
            greatest(toFloat64({floor_usd}), toFloat64({balance_share}) * toFloat64(balance)) AS threshold,
            arrayMap(d -> d.2, arrayFilter(d -> d.1 < toDate(out.1) AND d.1 >= toDate(out.1) - 90, largest)) AS past
        FROM (
            SELECT who, outs, largest, arrayJoin(outs) AS out, arrayJoin(${starts}) AS start
            FROM (${withdrawals}) AS withdrawals
            INNER JOIN (${history}) AS history USING (who)
            LEFT JOIN (${logins}) AS logins USING (who)
            LEFT JOIN (${days}) AS days USING (who)
        )
    )
    WHERE total > {floor_usd} AND (
        total > {balance_share} * balance
        OR (length(past) >= 5 AND toFloat64(total) > {own_factor} * arrayReduce('quantileExact(0.95)', past)))`),
    suspects,
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
