// Whether all that has come is stored, and is what its sources say they sent.
import { warning } from "./spec";

/** Differences of the last three hours, as far as events are no longer on their way. */
const differences = `trading.source_differences(from_time = toDateTime64({at} - toIntervalHour(3), 6, 'UTC'), until_time = toDateTime64({at} - toIntervalMinute(10), 6, 'UTC'))`;

export const deadLetters = warning("dead_letters", {
    version: 1,
    title: "Many messages are refused",
    severity: "high",
    entity: "feed",
    owner: "operations",
    description: "Within an hour so many lines of a fact's topic did not become rows.",
    parameters: {
        most_an_hour: {
            type: "UInt32",
            unit: "lines",
            default: "100",
            description: "Dead letters of a fact within an hour, at most",
            source: "guess, uncalibrated",
        },
    },
    everySeconds: 60,
    query: `
SELECT toString(fact) AS entity_id, toString(toStartOfHour({at})) AS trigger_key, min(received_at) AS since,
    map('fact', toString(fact), 'lines', toString(count()), 'late', toString(countIf(class = 'late')), 'example', any(substring(reason, 1, 200))) AS details
FROM trading.dead_letters
WHERE received_at > {at} - toIntervalHour(1) AND received_at <= {at}
GROUP BY fact
HAVING count() > {most_an_hour}`,
    reason: "{lines} lines of {fact} within an hour became dead letters ({late} of them for being late), e.g. {example}; trading.dead_letters has them",
});

export const offsetGap = warning("offset_gap", {
    version: 1,
    title: "Messages are lost",
    severity: "critical",
    entity: "feed",
    owner: "operations",
    description: "The auditor found offsets that no row accounts for, and could not read them again from Kafka.",
    parameters: {},
    everySeconds: 60,
    query: `
SELECT toString(fact) AS entity_id, concat(toString(topic), ' ', toString(partition), ' ', toString(first_offset)) AS trigger_key, min(found_at) AS since,
    map('fact', toString(any(fact)), 'partition', toString(partition), 'first', toString(first_offset), 'last', toString(max(last_offset)), 'kind', toString(any(kind))) AS details
FROM trading.gaps
WHERE found_at > {at} - toIntervalHour(24) AND found_at <= {at} AND NOT repaired AND kind != 'empty'
GROUP BY fact, topic, partition, first_offset`,
    reason: "Offsets {first} to {last} of {fact}, partition {partition}, are {kind}: ask the source for them and bring them in with npm run backfill",
});

export const sequenceGap = warning("sequence_gap", {
    version: 1,
    title: "A source's numbers have a gap or come twice",
    severity: "high",
    entity: "source",
    owner: "operations",
    description:
        "Of the events a source numbers (source_seq), some are not there, or different events have the same number.",
    parameters: {},
    everySeconds: 1800,
    query: `
SELECT source_id AS entity_id, concat(kind, ' ', symbol, ' ', toString(ifNull(first, 0))) AS trigger_key, {at} AS since,
    map('source', source_id, 'kind', kind, 'symbol', symbol, 'first', toString(ifNull(first, 0)), 'last', toString(ifNull(last, 0)), 'events', toString(events)) AS details
FROM ${differences}
WHERE kind IN ('missing', 'reused') AND run_id = ''`,
    reason: "{events} events of {source} are {kind} ({symbol} numbers {first} to {last}); npm run reconcile shows all of it",
});

export const reconciliationDifference = warning("reconciliation_difference", {
    version: 1,
    title: "Facts differ from a source's control totals",
    severity: "high",
    entity: "source",
    owner: "operations",
    description:
        "Count or sum of an hour's events differs from the total the source posted, or it posted none for a symbol that has events.",
    parameters: {},
    everySeconds: 1800,
    query: `
SELECT source_id AS entity_id, concat(fact, ' ', symbol, ' ', toString(hour)) AS trigger_key, toDateTime64(assumeNotNull(hour), 3, 'UTC') AS since,
    map('source', source_id, 'fact', fact, 'symbol', symbol, 'hour', toString(assumeNotNull(hour)), 'expected', expected, 'found', found) AS details
FROM ${differences}
WHERE kind IN ('control_total', 'no_control_total') AND run_id = ''`,
    reason: "{fact} {symbol} of {source} in the hour from {hour}: the source says {expected}, stored are {found}; npm run reconcile shows all of it",
});
