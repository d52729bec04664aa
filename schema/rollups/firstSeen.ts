// When a user was first and last seen with an address, network, device, country or withdrawal address.
import { common, longDays, type Rollup, text } from "./spec";
import { arrivals, fact, inMinutes, run } from "./sql";

/** Networks as providers hand them out: a /24 of IPv4 (stored mapped, so 120 bits), a /48 of IPv6. */
const network = "toString(tupleElement(IPv6CIDRToRange(ip, if(startsWith(toString(ip), '::ffff:'), 120, 48)), 1))";

/** What a successful login shows; what does not arrive is ''. */
const shown = [
    ["ip", "toString(ip)"],
    ["ip_network", network],
    ["device", "device_id"],
    ["country", "toString(country)"],
    ["asn", "toString(asn)"],
]
    .map(([kind, value]) => `('${String(kind)}', ifNull(${String(value)}, ''))`)
    .join(", ");

const logins =
    `SELECT ${run}, assumeNotNull(user_id) AS user_id, event_time, arrayJoin([${shown}]) AS shown\n` +
    `FROM ${fact("user_actions")} WHERE isNotNull(user_id) AND action = 'login_succeeded' AND ${inMinutes}`;
const withdrawals =
    `SELECT ${run}, user_id, event_time, ('address', ifNull(address, '')) AS shown\n` +
    `FROM ${fact("user_withdrawals")} WHERE state = 'requested' AND ${inMinutes}`;

const state = (aggregate: string, description: string) => ({
    type: `SimpleAggregateFunction(${aggregate}, DateTime64(6, 'UTC'))`,
    codec: "Delta(8), ZSTD(1)",
    description,
});

export const firstSeen: Rollup = {
    name: "first_seen",
    description: "When a user was first and last seen with an address, network, device, country or withdrawal address",
    grain: "minute",
    columns: {
        run: common.run,
        user_id: common.user_id,
        kind: {
            type: "Enum8('ip' = 1, 'ip_network' = 2, 'device' = 3, 'country' = 4, 'asn' = 5, 'address' = 6)",
            description: "What: of successful logins, and the destination (address) of requested withdrawals",
        },
        value: text("Its value; a network is its first address, a /24 of IPv4 or a /48 of IPv6", true),
        first_seen: state("min", "Event time it was first seen at"),
        last_seen: state("max", "Event time it was last seen at"),
    },
    key: ["run", "user_id", "kind", "value"],
    expiresBy: "last_seen",
    retentionDays: longDays,
    keeps: "merged",
    touched: [
        arrivals("user_actions", "action = 'login_succeeded'"),
        arrivals("user_withdrawals", "state = 'requested'"),
    ],
    select:
        `SELECT run, user_id, shown.1 AS kind, shown.2 AS value, min(event_time) AS first_seen, max(event_time) AS last_seen\n` +
        `FROM (${logins}\nUNION ALL\n${withdrawals}) WHERE shown.2 != '' GROUP BY run, user_id, kind, value`,
    reads: [],
};
