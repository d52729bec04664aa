// What the evaluator keeps about itself: every evaluation, how far each rule has come, where it could not see,
// and what came too late for it.
import { type ColumnSpec, type TableSpec } from "../ddl/spec";
import { detectionDatabase, lastWins, micros, millis, readAll, readOnce, word } from "./columns";

const judged: Record<string, ColumnSpec> = {
    rule: word("Rule"),
    rule_version: { type: "UInt32", comment: "Version of the rule" },
    run: word("Run of a replay or simulation; empty for live and backfill"),
};

export const evaluations: TableSpec = {
    database: detectionDatabase,
    name: "evaluations",
    comment: "One row per evaluation of a rule, also of those that failed",
    columns: {
        ...judged,
        pass: { type: "Enum8('early' = 1, 'final' = 2)", comment: "early: at once; final: after the allowed lateness" },
        since: micros("Triggers after it were judged"),
        as_of: micros("up to and including this one"),
        known_at: {
            type: "Map(LowCardinality(String), DateTime64(3, 'UTC'))",
            comment: "by rows of each fact that the broker had received until then",
        },
        started_at: millis("When"),
        duration_ms: { type: "UInt32", comment: "How long the query took, with its alerts written" },
        read_rows: { type: "UInt64", comment: "Rows the query read" },
        alerts: { type: "UInt32", comment: "Alerts it found, old and new" },
        new_alerts: { type: "UInt32", comment: "Alerts that were not there before" },
        error: { type: "String", comment: "Why it failed; empty if it did not" },
    },
    engine: "MergeTree",
    partitionBy: "toDate(started_at)",
    orderBy: ["rule", "run", "started_at"],
    // As long as somebody may ask what a rule knew when it judged; facts are gone after 30 days.
    ttl: { column: "started_at", days: 90 },
    settings: { ttl_only_drop_parts: 1 },
    readingView: readAll("evaluations"),
};

export const ruleProgress: TableSpec = {
    database: detectionDatabase,
    name: "rule_progress",
    comment: "How far each rule has come in each run",
    columns: {
        ...judged,
        early_to: micros("Triggers up to here have been judged once"),
        final_to: micros("Triggers up to here have been judged for good"),
        late_from: micros("Rows that came after their range was judged begin here"),
        late_to: micros("and can change triggers up to here; not after late_from: there are none"),
        known_at: millis("Rows the broker received until then have been taken account of"),
        origin: word("live, replay or synthetic"),
        covered_from: micros("Where the data of this run begins, for what the rule reads"),
        state: {
            type: "Enum8('running' = 1, 'warming' = 2, 'failing' = 3)",
            comment: "warming: the history it needs is not covered yet; failing: the last evaluation failed",
        },
        error: { type: "String", comment: "Why it fails" },
        updated_at: millis("When"),
        version: lastWins,
    },
    engine: "ReplacingMergeTree(version)",
    orderBy: ["rule", "rule_version", "run"],
    ttl: { column: "updated_at", days: 400 },
    readingView: readOnce("rule_progress"),
};

export const blindSpans: TableSpec = {
    database: detectionDatabase,
    name: "blind_spans",
    comment:
        "When a rule could not see, because one of its inputs was silent: no alerts then does not mean that nothing happened",
    columns: {
        rule: word("Rule"),
        run: word("Run of a replay or simulation; empty for live"),
        fact: word("Input that was silent"),
        blind_from: micros("Last event of the input before the silence"),
        blind_to: { type: "Nullable(DateTime64(6, 'UTC'))", comment: "First event after it; NULL while it lasts" },
        reason: { type: "String", comment: "In words" },
        noted_at: millis("When it was noted"),
        version: lastWins,
    },
    engine: "ReplacingMergeTree(version)",
    orderBy: ["rule", "run", "fact", "blind_from"],
    ttl: { column: "blind_from", days: 5 * 366 },
    readingView: readOnce("blind_spans"),
};

export const lateArrivals: TableSpec = {
    database: detectionDatabase,
    name: "late_arrivals",
    comment:
        "Rows that came after a rule had judged their time for good: it has seen them in what came afterwards alone, where a backtest sees them everywhere. " +
        "They are those of the fact and run that the broker received within the span and whose event_time is not after judged_to",
    columns: {
        ...judged,
        fact: word("Fact or reference they are of"),
        judged_to: micros("Triggers up to here had been judged for good"),
        first_event: micros("None of them is of an earlier event_time"),
        received_after: millis("The broker received them after it"),
        received_to: millis("and not after this"),
        noted_at: millis("When it was noted"),
    },
    engine: "MergeTree",
    partitionBy: "toDate(noted_at)",
    orderBy: ["rule", "run", "noted_at"],
    // As long as the evaluations they missed.
    ttl: { column: "noted_at", days: 90 },
    settings: { ttl_only_drop_parts: 1 },
    readingView: readAll("late_arrivals"),
};
