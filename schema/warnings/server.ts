// Whether the server keeps up with what it stores, has room for it, and clocks can be trusted.
import { measures } from "../views";
import { databases, literal, qualified } from "../ddl";
import { warning } from "./spec";

export const partsAndMerges = warning("parts_and_merges", {
    version: 1,
    title: "Merges do not keep up",
    severity: "high",
    entity: "table",
    owner: "operations",
    description:
        "A partition has so many parts, or a merge has run for so long, that writes will be slowed down and then refused.",
    parameters: {
        most_parts: {
            type: "UInt32",
            unit: "parts",
            default: "300",
            description: "Active parts of a partition, at most",
            source: "a third of what the server slows down writes at (parts_to_delay_insert, 1000 by default)",
        },
        most_merge_seconds: {
            type: "UInt32",
            unit: "seconds",
            default: "3600",
            description: "Time a merge may take",
            source: "guess, uncalibrated",
        },
    },
    everySeconds: 300,
    query: `
SELECT concat(database, '.', table) AS entity_id, toString(toStartOfHour({at})) AS trigger_key, {at} AS since,
    map('table', entity_id, 'parts', toString(max(parts)), 'seconds', toString(round(max(seconds)))) AS details
FROM (
    SELECT database, table, count() AS parts, 0. AS seconds FROM system.parts WHERE active GROUP BY database, table, partition_id
    UNION ALL
    SELECT database, table, 0 AS parts, elapsed AS seconds FROM system.merges
)
GROUP BY database, table
HAVING max(parts) > {most_parts} OR max(seconds) > {most_merge_seconds}`,
    reason: "{table}: {parts} parts in one partition, the longest merge runs for {seconds} s; fewer and larger inserts, or more disk throughput",
});

export const diskDaysLeft = warning("disk_days_left", {
    version: 1,
    title: "The disk will be full",
    severity: "critical",
    entity: "disk",
    owner: "operations",
    description:
        "What is free lasts for so few days, when each day brings as much as the day before (UTC) left on disk; or so little is free that merges fail. " +
        "What expires meanwhile is not counted: a disk that only just holds the retention warns until the retention is reached.",
    parameters: {
        least_days: {
            type: "Float64",
            unit: "days",
            default: "7",
            description: "Days left, at least",
            source: "guess, uncalibrated: a working week to get a disk",
        },
        least_free: {
            type: "Float64",
            unit: "share",
            default: "0.1",
            description: "Free share of the disk, at least",
            source: "guess, uncalibrated: the largest merges write a tenth of a disk anew",
        },
    },
    everySeconds: 600,
    query: `
SELECT name AS entity_id, toString(toDate({at})) AS trigger_key, {at} AS since,
    map('disk', name, 'days', if(daily > 0, toString(round(free_space / daily, 1)), 'unknown'), 'free', toString(round(100 * free_space / total_space, 1)),
        'daily', formatReadableSize(daily), 'left', formatReadableSize(free_space)) AS details
FROM (
    SELECT name, free_space, total_space, grown.bytes AS daily
    FROM system.disks AS disks
    LEFT JOIN (SELECT disk_name, sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND partition = toString(toDate({at}) - 1) GROUP BY disk_name) AS grown ON grown.disk_name = disks.name
    WHERE total_space > 0
)
WHERE free_space < {least_days} * daily OR free_space < {least_free} * total_space`,
    reason: "Disk {disk}: {left} free ({free}%), yesterday brought {daily}: {days} days are left; a larger disk, or fewer days of retention",
});

/** Live events that are ahead of the present; facts are sorted by minute, so that the past is not read. */
const ahead = measures
    .map(
        ({ declaration: { name } }) =>
            `SELECT ${literal(name)} AS fact, source_id, event_time FROM ${qualified(databases.facts, name)} ` +
            "WHERE toStartOfMinute(event_time) >= toStartOfMinute({at}) AND event_time > {at} + toIntervalSecond({most_seconds}) AND origin = 'live' AND isNull(run_id)",
    )
    .join("\n    UNION ALL ");

export const clockSkew = warning("clock_skew", {
    version: 1,
    title: "A source's clock is ahead",
    severity: "medium",
    entity: "source",
    owner: "operations",
    description:
        "Events are dated in the future: the source's clock, or ours, is wrong, and rules do not judge these events before their time comes. A clock that is " +
        "behind cannot be told from events that are late.",
    parameters: {
        most_seconds: {
            type: "UInt32",
            unit: "seconds",
            default: "60",
            description: "Seconds an event may be ahead of the present",
            source: "guess, uncalibrated: clocks under NTP differ by milliseconds",
        },
    },
    everySeconds: 300,
    query: `
SELECT toString(source_id) AS entity_id, toString(toStartOfHour({at})) AS trigger_key, {at} AS since,
    map('source', toString(source_id), 'events', toString(count()), 'facts', arrayStringConcat(arraySort(groupUniqArray(fact)), ', '),
        'seconds', toString(dateDiff('second', {at}, max(future.event_time)))) AS details
FROM (
    ${ahead}
) AS future
GROUP BY source_id`,
    reason: "{events} events of {source} ({facts}) are dated up to {seconds} s in the future; set its clock",
});
