// Two logins of a user further apart than anybody travels in the time between them (after Panther's impossible_travel_login).
import { rule } from "./spec";
import { during, firstOf, found, proof, proofs, score } from "./sql";

const memory = "{memory_minutes}";

const located =
    "action = 'login_succeeded' AND isNotNull(user_id) AND isNotNull(latitude) AND isNotNull(longitude) AND ifNull(toString(asn_class), '') NOT IN ('vpn', 'hosting')";

/**
 * Users with a login among the triggers who were at more than one address and place lately: what completes a pattern is a login of its user, so nobody else
 * can be alerted.
 */
const suspects = `
                SELECT assumeNotNull(user_id) AS traveller
                FROM trading.user_actions
                WHERE ${during(memory)} AND ${located} AND user_id IN (SELECT user_id FROM trading.user_actions WHERE ${during("0")} AND ${located})
                GROUP BY traveller
                HAVING uniqExact(ifNull(toString(ip), '')) > 1 AND uniqExact((latitude, longitude)) > 1`;

export const impossibleTravel = rule("impossible_travel", {
    version: 1,
    title: "Impossible travel",
    severity: "medium",
    entity: "user",
    owner: "fraud",
    mode: "active",
    description:
        "Two successive successful logins from places between which nobody travels that fast. Logins from VPN and hosting networks say nothing of where " +
        "somebody is: they neither alert nor count as the place before; neither do logins without coordinates. Distances within which geo databases err do not count.",
    parameters: {
        memory_minutes: {
            type: "UInt32",
            unit: "minutes",
            default: "360",
            description: "A login is compared with the one before it if that is no older",
            source: "Panther keeps a day; six hours bound what is read, after them most of the world can be reached by plane",
        },
        speed_kmh: {
            type: "UInt32",
            unit: "km/h",
            default: "900",
            description: "Speed above which nobody travels",
            source: "Panther impossible_travel_login: 900 km/h, an airliner's speed",
        },
        least_km: {
            type: "UInt32",
            unit: "km",
            default: "300",
            description: "Shorter distances may be an error of the geo database",
            source: "guess, uncalibrated: Panther lowers its severity below 50 km; city databases err by more across carriers",
        },
    },
    reads: { facts: ["user_actions"], rollups: [], references: [] },
    lookBackMinutes: 360,
    latenessMinutes: 10,
    stepSeconds: 1,
    historyDays: 0,
    suppressionMinutes: 240,
    query: firstOf(`
    SELECT who AS entity_id, event_id AS trigger_key, event_time AS t, event_id AS tie, before.1 AS window_from, accounts,
        ${score("speed", "{speed_kmh}")} AS score,
        map('from', before.2, 'to', place, 'km', toString(round(km)), 'minutes', toString(round(hours * 60, 1)), 'kmh', toString(round(speed))) AS details
    FROM (
        SELECT *, geoDistance(before.3, before.4, east, north) / 1000 AS km,
            -- Logins at the same moment: as Panther does, the least time there is instead of none.
            greatest(dateDiff('millisecond', before.1, event_time) / 3600000, 0.0001) AS hours, km / hours AS speed
        FROM (
            SELECT who, event_id, event_time, place, address, east, north, accounts,
                lagInFrame((event_time, place, east, north, address), 1) OVER (PARTITION BY who ORDER BY event_time, event_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
            FROM (
                SELECT assumeNotNull(user_id) AS who, event_id, event_time, ifNull(toString(city), '') AS place, ifNull(toString(ip), '') AS address,
                    toFloat64(assumeNotNull(longitude)) AS east, toFloat64(assumeNotNull(latitude)) AS north,
                    arrayFilter(account -> account != '', [ifNull(account_id, '')]) AS accounts
                FROM trading.user_actions
                WHERE ${during(memory)} AND ${located} AND user_id IN (${found(suspects, ["traveller"])})
            )
        )
        -- The first login of the time that is read has none before it.
        WHERE before.1 > toDateTime64(0, 6, 'UTC') AND before.1 >= event_time - toIntervalMinute(${memory}) AND before.5 != address
    )
    WHERE km >= {least_km} AND speed > {speed_kmh}`),
    suspects,
    evidence: proofs(proof("user_actions", memory, "user_id = {entity_id} AND action = 'login_succeeded'")),
    reason: "logins from {from} and {to}, {km} km apart, within {minutes} min: {kmh} km/h",
});
