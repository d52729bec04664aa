// Whether what is sent arrives: feeds, dead letters, gaps, and how far detection is.
import { type Dashboard, point } from "./spec";

const received = "received_at >= {from} AND received_at <= {to}";

export const ingestionHealth: Dashboard = {
    id: "ingestion-health",
    title: "Ingestion health",
    description:
        "From the topics to the facts: what is stored, what was refused, what is missing, and how far the rules are.",
    variables: [],
    panels: [
        {
            id: "facts",
            title: "Facts",
            description:
                "Rows as stored (a repeated event counts until merges have removed it), size on disk, parts, and when the last one was written.",
            kind: "table",
            unit: "rows",
            sql: `SELECT table AS fact, sum(rows) AS stored_rows, formatReadableSize(sum(bytes_on_disk)) AS size, count() AS parts, toString(max(modification_time)) AS last_written
FROM system.parts WHERE database = 'facts' AND active GROUP BY table ORDER BY stored_rows DESC, fact`,
        },
        {
            id: "consumers",
            title: "Feeds",
            description:
                "Consumers of ClickHouse: messages since its start, last poll and commit, the last error of each.",
            kind: "table",
            unit: "none",
            sql: `SELECT replaceRegexpOne(table, '_kafka$', '') AS feed, num_messages_read AS messages, num_commits AS commits, toString(last_poll_time) AS last_poll, toString(last_commit_time) AS last_commit,
    if(empty(exceptions.text), '', exceptions.text[-1]) AS last_error
FROM system.kafka_consumers ORDER BY num_messages_read DESC, feed`,
        },
        {
            id: "dead-letters",
            title: "Dead letters",
            description: "Lines that could not become a row, by fact; refused or too late.",
            kind: "lines",
            unit: "count",
            sql: `SELECT ${point("received_at")} AS time, concat(toString(fact), ' ', toString(class)) AS series, count() AS value FROM trading.dead_letters WHERE ${received} GROUP BY time, series ORDER BY time, series`,
        },
        {
            id: "reasons",
            title: "Why lines were refused",
            description: "The most frequent reasons, with an example.",
            kind: "table",
            unit: "count",
            sql: `SELECT fact, class, extract(reason, '^[^,]*') AS why, count() AS lines, any(reason) AS example FROM trading.dead_letters WHERE ${received} GROUP BY fact, class, why ORDER BY lines DESC, fact LIMIT 50`,
        },
        {
            id: "gaps",
            title: "Offsets without a row",
            description:
                "lost: rows were gone and have been read again from Kafka (repaired) or not; expired: Kafka no longer had them; empty: messages without content.",
            kind: "table",
            unit: "count",
            sql: `SELECT fact, toString(kind) AS kind, sum(last_offset - first_offset + 1) AS offsets, countIf(NOT repaired) AS open, toString(max(found_at)) AS last_found FROM trading.gaps WHERE found_at >= {from} AND found_at <= {to} GROUP BY fact, kind ORDER BY open DESC, offsets DESC`,
        },
        {
            id: "lag",
            title: "How far rules are behind",
            description: "Time of the newest event less the moment up to which a rule has judged, by rule.",
            kind: "bars",
            unit: "seconds",
            sql: `SELECT toString(rule) AS label, greatest(0, dateDiff('second', early_to, (SELECT max(known_at) FROM trading.rule_progress WHERE run = {run}))) AS value FROM trading.rule_progress WHERE run = {run} ORDER BY value DESC, label`,
        },
        {
            id: "cost",
            title: "What evaluations cost",
            description: "p95 of the time a rule's evaluation took.",
            kind: "lines",
            unit: "ms",
            sql: `SELECT ${point("started_at")} AS time, toString(rule) AS series, quantile(0.95)(duration_ms) AS value FROM trading.evaluations WHERE run = {run} AND started_at >= {from} AND started_at <= {to} GROUP BY time, series ORDER BY time, series`,
        },
    ],
};
