// Where facts differ from what their sources say they sent: numbers missing or coming twice in a source's count, and control totals that do not
// agree. Dense Kafka offsets cannot show an event that was never sent; these can.
import { databases, literal, name, qualified } from "../ddl";
import { type Declaration } from "../dsl";
import { type Measure, measures } from "./measures";
import { type ViewSpec } from "./spec";

const from = "{from_time:DateTime64(6, 'UTC')}";
const until = "{until_time:DateTime64(6, 'UTC')}";

/** Events do not come in the order of their times: so far around the period a number counts as there. */
const marginHours = 1;

/** What tells sources, their runs and their counts apart; labels stay dictionary-coded. */
function keys({ subject, countsBySubject }: Measure): string {
    const counter = countsBySubject && subject !== undefined ? `ifNull(${name(subject)}, '')` : "''";
    return `source_id, ifNull(run_id, '') AS run, toLowCardinality(${counter}) AS counter`;
}

/** Every stored arrival of an event with a number, in and around the period. */
function arrivals(measure: Measure): string {
    const { declaration } = measure;
    return (
        `SELECT ${literal(declaration.name)} AS fact, ${keys(measure)}, assumeNotNull(source_seq) AS seq, event_time, ` +
        `cityHash64(event_id) AS event, cityHash64(_partition, _offset) AS place\n` +
        `FROM ${qualified(databases.facts, declaration.name)}\n` +
        `WHERE isNotNull(source_seq) AND event_time >= ${from} - toIntervalHour(${String(marginHours)}) ` +
        `AND event_time < ${until} + toIntervalHour(${String(marginHours)})`
    );
}

/** Where there is no sum, no total of one differs from it. */
const noSum = "CAST(NULL, 'Nullable(Decimal(76, 18))')";

/** The exact sum of a column; none where one of its values does not fit what totals are posted in (58 digits before the point). */
function sumOf({ columns }: Declaration, amount: string): string {
    if (columns[amount]?.type.startsWith("Decimal") === true)
        return `toNullable(sum(toDecimal256(${name(amount)}, 18)))`;
    // The engine converts 256-bit integers to decimals by their text only.
    const value = `toDecimal256OrNull(toString(${name(amount)}), 18)`;
    return `if(countIf(isNull(${value})) = 0, sum(${value}), NULL)`;
}

/** Events and their sum per subject and hour, each identity once. */
function sums({ declaration, subject, amount }: Measure): string {
    const symbol = subject === undefined ? "''" : `toString(${name(subject)})`;
    const sum = amount === undefined ? noSum : sumOf(declaration, amount);
    return (
        `SELECT ${literal(declaration.name)} AS fact, toString(source_id) AS source_id, ifNull(toString(run_id), '') AS run_id, ` +
        `${symbol} AS symbol, toStartOfHour(event_time) AS hour, count() AS events, ${sum} AS quantity\n` +
        `FROM ${qualified(databases.facts, declaration.name)} FINAL\n` +
        `WHERE event_time >= toStartOfHour(${from}) AND event_time < ${until}\n` +
        `GROUP BY source_id, run_id, symbol, hour`
    );
}

const union = (parts: readonly string[]): string => parts.join("\nUNION ALL\n");

/** The last revision of each total, for hours that begin in the period and totals that were posted in it. */
const claims =
    `SELECT toString(fact) AS fact, toString(source_id) AS source_id, ifNull(toString(run_id), '') AS run_id, ifNull(toString(symbol), '') AS symbol, hour,\n` +
    `    argMax(events, revision) AS events, argMax(tuple(quantity), revision).1 AS quantity,\n` +
    `    argMax(tuple(first_seq), revision).1 AS first_seq, argMax(tuple(last_seq), revision).1 AS last_seq\n` +
    `FROM ${qualified(databases.facts, "control_totals")} FINAL\n` +
    `WHERE hour >= ${from} AND hour < ${until} AND event_time < ${until}\n` +
    `GROUP BY fact, source_id, run_id, symbol, hour`;

const bySubject = measures
    .filter(({ countsBySubject }) => countsBySubject)
    .map(({ declaration }) => literal(declaration.name));

/** What a total says of the source's numbers: everything below `first_seq` and up to `last_seq` was given out. */
const claimedNumbers =
    `SELECT source_id, run_id AS run, if(fact IN (${bySubject.join(", ")}), symbol, '') AS counter, number AS seq, hour AS event_time, 1 AS claimed\n` +
    `FROM claims ARRAY JOIN arrayMap(n -> toUInt64(assumeNotNull(n)), arrayFilter(n -> isNotNull(n), [if(first_seq > 0, first_seq - 1, NULL), last_seq])) AS number\n` +
    `WHERE NOT (fact IN (${bySubject.join(", ")}) AND symbol = '')`;

/** Counts that are not dense, or of which a total says more than is there: no others need a second look. */
const suspicious =
    `SELECT source_id, run, counter FROM (\n` +
    `    SELECT source_id, run, counter, seq, 0 AS claimed FROM arrivals UNION ALL SELECT source_id, run, counter, seq, claimed FROM (${claimedNumbers}))\n` +
    `GROUP BY source_id, run, counter\n` +
    `HAVING uniqExactIf(seq, NOT claimed) != maxIf(seq, NOT claimed) - minIf(seq, NOT claimed) + 1\n` +
    `    OR maxIf(seq, claimed) > maxIf(seq, NOT claimed) OR (countIf(claimed) > 0 AND minIf(seq, claimed) + 1 < minIf(seq, NOT claimed))`;

const noNumber = "CAST(NULL, 'Nullable(UInt64)')";
const noHour = "CAST(NULL, 'Nullable(DateTime)')";

/** Ranges between a number and the highest one before it. */
const missing =
    `SELECT 'missing' AS kind, toString(source_id) AS source_id, toString(run) AS run_id, '' AS fact, toString(counter) AS symbol, ${noHour} AS hour,\n` +
    `    toNullable(toUInt64(assumeNotNull(before) + 1)) AS first, toNullable(toUInt64(if(claimed, seq, seq - 1))) AS last,\n` +
    `    toUInt64(if(claimed, seq, seq - 1) - assumeNotNull(before)) AS events, '' AS expected, '' AS found\n` +
    `FROM (SELECT source_id, run, counter, event_time, seq, claimed,\n` +
    `    max(toNullable(seq)) OVER (PARTITION BY source_id, run, counter ORDER BY seq, claimed ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before\n` +
    `    FROM (SELECT source_id, run, counter, seq, min(event_time) AS event_time, 0 AS claimed FROM arrivals GROUP BY source_id, run, counter, seq\n` +
    `        UNION ALL ${claimedNumbers})\n` +
    `    WHERE (source_id, run, counter) IN (${suspicious}))\n` +
    `WHERE isNotNull(before) AND seq > before + if(claimed, 0, 1) AND event_time >= ${from} AND event_time < ${until}`;

/** Ranges of numbers that came more than once: with another event (reused), or with the same and not yet merged (repeated). */
const repeated =
    `SELECT kind, toString(source_id) AS source_id, toString(run) AS run_id, fact, toString(counter) AS symbol, ${noHour} AS hour,\n` +
    `    toNullable(min(seq)) AS first, toNullable(max(seq)) AS last, count() AS events, '' AS expected, '' AS found\n` +
    `FROM (SELECT kind, source_id, run, fact, counter, seq,\n` +
    `    seq - row_number() OVER (PARTITION BY kind, source_id, run, fact, counter ORDER BY seq) AS island\n` +
    `    FROM (SELECT source_id, run, fact, counter, seq, if(min(event) != max(event), 'reused', 'repeated') AS kind\n` +
    `        FROM arrivals WHERE event_time >= ${from} AND event_time < ${until}\n` +
    `        GROUP BY source_id, run, fact, counter, seq HAVING count() > 1 AND (min(event) != max(event) OR min(place) != max(place))))\n` +
    `GROUP BY kind, source_id, run, fact, counter, island`;

const shownSum = "ifNull(concat(', sum ', toString(quantity)), '')";

/** Totals that differ from the facts, by symbol or over all symbols. */
const totals =
    `SELECT 'control_total' AS kind, claims.source_id AS source_id, claims.run_id AS run_id, claims.fact AS fact, claims.symbol AS symbol, toNullable(toDateTime(claims.hour)) AS hour,\n` +
    `    ${noNumber} AS first, ${noNumber} AS last, claims.events AS events,\n` +
    `    concat(toString(claims.events), ' events', if(isNull(claims.quantity), '', concat(', sum ', toString(claims.quantity)))) AS expected,\n` +
    `    concat(toString(stored.events), ' events', ifNull(if(isNull(claims.quantity), '', concat(', sum ', toString(stored.quantity))), '')) AS found\n` +
    `FROM claims LEFT JOIN (\n` +
    `    SELECT fact, source_id, run_id, symbol, hour, events, quantity FROM sums WHERE symbol != ''\n` +
    `    UNION ALL SELECT fact, source_id, run_id, '' AS symbol, hour, sum(events) AS events, sum(quantity) AS quantity FROM sums GROUP BY fact, source_id, run_id, hour\n` +
    `) AS stored ON claims.fact = stored.fact AND claims.source_id = stored.source_id AND claims.run_id = stored.run_id AND claims.symbol = stored.symbol AND claims.hour = stored.hour\n` +
    `WHERE claims.events != stored.events OR (isNotNull(claims.quantity) AND claims.quantity != stored.quantity)`;

/** Symbols with events in an hour of which the source posted totals by symbol, but none for this one. */
const unclaimed =
    `SELECT 'no_control_total' AS kind, source_id, run_id, fact, symbol, toNullable(toDateTime(hour)) AS hour,\n` +
    `    ${noNumber} AS first, ${noNumber} AS last, events, 'a total' AS expected,\n` +
    `    concat(toString(events), ' events', ${shownSum}) AS found\n` +
    `FROM sums WHERE symbol != ''\n` +
    `    AND (fact, source_id, run_id, hour) IN (SELECT fact, source_id, run_id, hour FROM claims WHERE symbol != '')\n` +
    `    AND (fact, source_id, run_id, hour, symbol) NOT IN (SELECT fact, source_id, run_id, hour, symbol FROM claims)`;

/** Differences of a period: `from_time` inclusive, `until_time` exclusive, both of event_time. */
export const sourceDifferences: ViewSpec = {
    database: databases.trading,
    name: "source_differences",
    comment: "Where facts differ from what their sources say they sent; parameters from_time and until_time (UTC)",
    query:
        `WITH arrivals AS (\n${union(measures.map(arrivals))}\n),\nsums AS (\n${union(measures.map(sums))}\n),\nclaims AS (\n${claims}\n)\n` +
        union([missing, repeated, totals, unclaimed]),
    streams: [...measures.map(({ declaration }) => declaration.name), "control_totals"],
    views: [],
};

/** Events are on their way for so long: what is not there after it is a difference. */
const graceMinutes = 10;

/** The differences of the last day, for warnings and dashboards. */
export const sourceWarnings: ViewSpec = {
    database: databases.trading,
    name: "source_warnings",
    comment: `Differences between facts and their sources' numbers and totals in the last 24 hours, ${String(graceMinutes)} minutes of grace`,
    query:
        `SELECT * FROM ${qualified(databases.trading, "source_differences")}` +
        `(from_time = now64(6, 'UTC') - toIntervalDay(1), until_time = now64(6, 'UTC') - toIntervalMinute(${String(graceMinutes)}))`,
    streams: [],
    views: ["source_differences"],
};
