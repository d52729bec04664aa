// Whether what was sent has come: feeds behind their topics, sources that are silent.
import { warning } from "./spec";

const feeds =
    "SELECT arrayJoin({feeds}) AS feed, feed.1 AS fact, feed.2 AS complete_to, feed.3 AS kept, dateDiff('second', complete_to, {at}) AS seconds";

export const feedLag = warning("feed_lag", {
    version: 1,
    title: "A feed is behind its topic",
    severity: "high",
    entity: "feed",
    owner: "operations",
    description: "Messages the broker received so long ago are not stored yet.",
    parameters: {
        most_seconds: {
            type: "UInt32",
            unit: "seconds",
            default: "300",
            description: "Age of the oldest message that is not stored, at most",
            source: "guess, uncalibrated: rows are there within a second (README), a rolling restart takes minutes",
        },
    },
    everySeconds: 60,
    query: `
SELECT fact AS entity_id, toString(toStartOfHour({at})) AS trigger_key, complete_to AS since, map('fact', fact, 'seconds', toString(seconds)) AS details
FROM (${feeds})
WHERE seconds > {most_seconds}`,
    reason: "Feed {fact} is {seconds} s behind its topic: rules that read it wait; make status shows the feeds",
});

export const lagAgainstRetention = warning("lag_against_retention", {
    version: 1,
    title: "A feed is so far behind that Kafka will drop messages it has not read",
    severity: "critical",
    entity: "feed",
    owner: "operations",
    description: "The oldest message that is not stored has used up a large part of the time its topic keeps messages.",
    parameters: {
        most_share: {
            type: "Float64",
            unit: "share",
            default: "0.5",
            description: "Age of the oldest message that is not stored over the topic's retention, at most",
            source: "guess, uncalibrated: half of the time is left to mend it",
        },
    },
    everySeconds: 60,
    query: `
SELECT fact AS entity_id, toString(toStartOfHour({at})) AS trigger_key, complete_to AS since,
    map('fact', fact, 'share', toString(round(100 * seconds / (kept * 3600))), 'hours', toString(round(kept - seconds / 3600, 1))) AS details
FROM (${feeds})
WHERE seconds > {most_share} * kept * 3600`,
    reason: "Feed {fact} is behind by {share}% of its topic's retention: Kafka drops messages it has not read in {hours} h; make the feed go on or raise the topic's retention",
});

export const staleSource = warning("stale_source", {
    version: 2,
    title: "A source that never rests is silent",
    severity: "high",
    entity: "source",
    owner: "operations",
    description:
        "No event of a fact has come for longer than its declaration allows (staleAfterMinutes), or a source that posted heartbeats has stopped; rules that read it are blind meanwhile. What has never come is not switched on.",
    parameters: {},
    everySeconds: 60,
    query: `
SELECT toString(fact) AS entity_id, toString(min(blind_from)) AS trigger_key, min(blind_from) AS since,
    map('fact', toString(fact), 'minutes', toString(dateDiff('minute', since, {at})), 'rules', arrayStringConcat(arraySort(groupUniqArray(toString(rule))), ', ')) AS details
FROM trading.blind_spans
WHERE run = '' AND isNull(blind_to) AND blind_from <= {at} AND splitByString(' of ', toString(fact))[1] IN (SELECT table FROM system.parts WHERE database = 'facts' AND active AND rows > 0)
GROUP BY fact`,
    reason: "No {fact} for {minutes} min: these rules are blind: {rules}; look at the source's worker",
});
