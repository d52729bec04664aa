// Renders a feed: the Kafka table, the Null tables and the views that carry a topic into its fact table and its dead letters.
//
//   <n>_kafka -> (<n>_intake) -> <n>_landing -+- (<n>_feed)     -> the fact table: rows whose every value converts exactly
//                                             +- (<n>_suspects) -> suspects: offsets of all other messages
//
//   the auditor, from Kafka -> <n>_broken -> (<n>_recovered) -> <n>_lines -+- (<n>_mended)  -> the fact table
//                                                                          +- (<n>_refused) -> dead letters
//
// Each row is checked and converted once, where it is read; the Null tables hold it as it will be stored, with the verdict beside it.
// One view reads the Kafka table, and it is created last: it is the switch that starts consumption, so no block can meet half a feed.
// A message that holds a bad value has lost its bytes when a view sees it, and one that is skipped is seen by none. So the auditor brings
// both back from Kafka, and line by line they become rows, or dead letters with their bytes and the reason. The second way is apart from
// the first because the engine plans a Kafka table's whole chain of views again at each poll, also when there is nothing to read.
import { timeOf, wireColumn, type WireColumn } from "./checks";
import { literal, name, qualified, settings } from "./quote";
import { type FeedSpec } from "./spec";

/** A statement that creates one object of a feed. */
export interface FeedStatement {
    /** `database`.`name` */
    name: string;
    sql: string;
}

/** Odd input is an error of the message, never a default: only numbers are read as text, and exactly. */
const formatSettings = {
    kafka_format: "JSONEachRow",
    kafka_handle_error_mode: "stream",
    input_format_skip_unknown_fields: 1,
    input_format_json_read_numbers_as_strings: 1,
    input_format_json_read_bools_as_strings: 0,
    input_format_json_read_objects_as_strings: 0,
    input_format_json_read_arrays_as_strings: 0,
    input_format_json_throw_on_bad_escape_sequence: 1,
};

/** Kafka's own columns as the table of broken messages keeps them. */
const messageColumns = [
    "`_error` String",
    "`_raw_message` String",
    "`_key` String",
    "`_topic` LowCardinality(String)",
    "`_partition` UInt64",
    "`_offset` UInt64",
    "`_timestamp_ms` Nullable(DateTime64(3))",
];

/** Where a row comes from, as the Null tables of converted rows keep it. */
const originColumns = [
    "`received_at` DateTime64(3, 'UTC')",
    "`_topic` LowCardinality(String)",
    "`_partition` UInt32",
    "`_offset` UInt64",
];

/** Oldest event time taken for real; anything before is a broken clock or a missing value. */
const oldestSaneTime = "toDateTime64('2000-01-01 00:00:00', 6, 'UTC')";
const newestStorableTime = "toDateTime64('2100-01-01 00:00:00', 6, 'UTC')";

/** Where suspects are kept: offsets with a bad value, to be read again with their bytes. */
export const suspectsTable = "suspects";

/** Name of the table that takes messages brought back from Kafka, to be read line by line. */
export const brokenTable = (feed: string): string => `${feed}_broken`;

/** What a wire value should have been, in the words of JSON. */
const expected = {
    Array: "a list of [price, quantity] strings",
    Bool: "true or false",
    String: "a string or a number",
};

interface Parts {
    feed: FeedSpec;
    columns: WireColumn[];
    object: (suffix: string) => string;
}

const receivedAt = (table: string): string => `ifNull(${table}._timestamp_ms, now64(3))`;

/** What is wrong with an event's time, as SQL, and what is said of it. */
function timeBounds({ feed }: Parts, table: string): [bad: string, reason: string][] {
    const event = timeOf(`${table}.event_time`);
    const received = receivedAt(table);
    const { pastDays, futureHours } = feed.admission;
    const bounds: [bad: string, reason: string][] = [
        [`${event} < ${oldestSaneTime}`, "event_time: before the year 2000, found "],
        [
            `${event} > ${received} + toIntervalHour(${String(futureHours)}) OR ${event} >= ${newestStorableTime}`,
            `event_time: more than ${String(futureHours)} h ahead of the broker's clock, found `,
        ],
    ];
    if (pastDays === undefined) return bounds;
    const late = `late: event_time is over ${String(pastDays)} days old, the retention of this fact, found `;
    return [...bounds, [`${event} < ${received} - toIntervalDay(${String(pastDays)})`, late]];
}

/** Boolean SQL: the row may enter. */
function admitted(parts: Parts, table: string): string {
    const bounds = timeBounds(parts, table).map(([bad]) => `ifNull(NOT (${bad}), 0)`);
    return [...parts.columns.map((column) => column.ok), ...bounds].join("\n    AND ");
}

/** String SQL: each reason why a row may not enter, '' where there is none; `shape` is SQL of what is wrong with a column's JSON, '' if nothing. */
function problems(parts: Parts, table: string, shape: (index: number) => string): string {
    const reasons = parts.columns.map(
        ({ ok, reason }, index) => `multiIf(${shape(index)} != '', ${shape(index)}, NOT ${ok}, ${reason}, '')`,
    );
    // A time that is none has its reason already, and one bound is enough: what is before the year 2000 is not late as well.
    const bounds = timeBounds(parts, table).map(
        ([bad, reason]) => `ifNull(${bad}, 0), concat(${literal(reason)}, ifNull(${table}.event_time, ''))`,
    );
    const all = [...reasons, `multiIf(${bounds.join(",\n    ")}, '')`];
    return `arrayStringConcat(arrayFilter(reason -> reason != '', [${all.join(",\n    ")}]), '; ')`;
}

const kafkaTable = (parts: Parts): string => {
    const { feed, object } = parts;
    const own = { kafka_topic_list: feed.topic, kafka_group_name: feed.group, ...formatSettings, ...feed.settings };
    return `CREATE TABLE ${object("kafka")}\n(\n    ${rawColumns(parts).join(",\n    ")}\n)\nENGINE = Kafka(${feed.collection})\nSETTINGS ${settings(own)}`;
};

const nullTable = ({ object }: Parts, suffix: string, columns: readonly string[]): string =>
    `CREATE TABLE ${object(suffix)}\n(\n    ${columns.join(",\n    ")}\n)\nENGINE = Null`;

const rawColumns = ({ columns }: Parts): string[] => columns.map(({ column, raw }) => `${name(column)} ${raw}`);
const storedColumns = ({ feed }: Parts): string[] =>
    Object.entries(feed.columns).map(([column, type]) => `${name(column)} ${type}`);

const view = (parts: Parts, suffix: string, target: string, select: string): FeedStatement => ({
    name: parts.object(suffix),
    sql: `CREATE MATERIALIZED VIEW ${parts.object(suffix)} TO ${target} AS\n${select}`,
});

const messageNames = "_error, _raw_message, _key, _topic, _partition, _offset, _timestamp_ms";

/** Select list that turns rows of raw columns into rows as they are stored, and says where they come from. */
const converted = ({ columns }: Parts, from: string): string =>
    `SELECT ${columns.map(({ column, value }) => `${value} AS ${name(column)}`).join(",\n    ")},\n` +
    `    ${receivedAt(from)} AS received_at, ${from}._topic AS _topic, toUInt32(${from}._partition) AS _partition, ${from}._offset AS _offset`;

const intake = (parts: Parts): string =>
    `${converted(parts, "kafka")},\n    kafka._error = '' AND ${admitted(parts, "kafka")} AS _sound\nFROM ${parts.object("kafka")} AS kafka`;

/** Numbers of a line in quotes, so that JSON functions keep every digit; where that would break a text, the line as it is. */
const quotedNumbers = `replaceRegexpAll(line, '("[^"\\\\\\\\]*"\\\\s*:\\\\s*)(-?[0-9][-+.0-9eE]*)(\\\\s*[,}])', '\\\\1"\\\\2"\\\\3')`;

/** The lines of a broken message, each parsed by itself; `shape` says what stands where a value should be a string, a list or a flag. */
function recovered(parts: Parts): string {
    const { columns } = parts;
    const lines = `arrayFilter(item -> trimBoth(item.2) != '', arrayMap((text, number) -> (number - 1, text), splitByChar('\\n', broken._raw_message) AS texts, arrayEnumerate(texts)))`;
    const values = columns.map(({ column, raw, extract }) => {
        const path = `document, ${literal(column)}`;
        const value = `JSONExtract(${path}, ${literal(extract)})`;
        return `if(JSONType(${path}) = 'Null', NULL, CAST(${value}, ${literal(raw)})) AS ${name(column)}`;
    });
    const shapes = columns.map(({ column, extract }) => {
        const path = `document, ${literal(column)}`;
        const wanted = extract.startsWith("Array") ? "Array" : extract.includes("Bool") ? "Bool" : "String";
        const badLevels = wanted === "Array" ? ` OR match(JSONExtractRaw(${path}), '[\\\\[,]-?[0-9nt f]')` : "";
        return `if(JSONType(${path}) NOT IN ('Null', '${wanted}')${badLevels}, concat(${literal(`${column}: expected ${expected[wanted]}, found `)}, substring(JSONExtractRaw(${path}), 1, 200)), '')`;
    });
    const wrong = problems(parts, "parsed", (index) => `_shapes[${String(index + 1)}]`);
    return (
        `${converted(parts, "parsed")},\n    _key, _line, _raw, multiIf(_blank, _error, _form != '', _form, ${wrong}) AS _problem\nFROM (\n` +
        `SELECT ${values.join(", ")},\n    ${messageNames}, toUInt32(item.1) AS _line, line AS _raw, line = '' AS _blank,\n` +
        `    multiIf(NOT isValidUTF8(line), 'not valid UTF-8', NOT isValidJSON(line) OR JSONType(line) != 'Object', 'not a JSON object', '') AS _form,\n` +
        `    [${shapes.join(", ")}] AS _shapes\nFROM (\n` +
        `SELECT ${messageNames}, item, item.2 AS line, ${quotedNumbers} AS quoted, if(isValidJSON(quoted), quoted, line) AS document\nFROM (\n` +
        `SELECT broken.* EXCEPT(${columns.map(({ column }) => column).join(", ")}),\n    arrayJoin(if(empty(${lines} AS filled), [(toUInt32(0), '')], filled)) AS item\n` +
        `FROM ${parts.object("broken")} AS broken)\n)) AS parsed`
    );
}

const arrivedNow =
    "now64(3, 'UTC') AS ingested_at,\n    bitNot(toUInt64(toUnixTimestamp64Milli(now64(3, 'UTC')))) AS version";

/** Converted rows into the fact table. */
const stored = ({ columns, object }: Parts, from: string, where: string): string =>
    `SELECT ${columns.map(({ column }) => name(column)).join(", ")},\n    received_at, ${arrivedNow}, _topic, _partition, _offset\n` +
    `FROM ${object(from)}\nWHERE ${where}`;

const refused = ({ feed, object }: Parts): string =>
    `SELECT ${literal(feed.name)} AS fact, _topic AS topic, _partition AS partition, _offset AS offset, _line AS line,\n` +
    `    if(startsWith(_problem, 'late: '), 'late', 'refused') AS class, _problem AS reason, _raw AS raw, _key AS key,\n` +
    `    received_at, ${arrivedNow}\nFROM ${object("lines")}\nWHERE _problem != ''`;

const suspected = ({ feed, object }: Parts): string =>
    `SELECT ${literal(feed.name)} AS fact, _topic AS topic, _partition AS partition, _offset AS offset, received_at\n` +
    `FROM ${object("landing")}\nWHERE NOT _sound`;

/** Statements that create a feed, in order, and its objects in the order they are to be dropped (views before tables). */
export function feedStatements(feed: FeedSpec): { create: FeedStatement[]; dropOrder: string[] } {
    const object = (suffix: string): string => qualified(feed.database, `${feed.name}_${suffix}`);
    const parts = (table: string): Parts => ({
        feed,
        object,
        columns: Object.entries(feed.columns).map(([column, type]) => wireColumn(column, type, table)),
    });
    const [kafka, parsed] = [parts("kafka"), parts("parsed")];
    const fact = qualified(feed.target.database, feed.target.table);
    const deadLetters = qualified(feed.deadLetters.database, feed.deadLetters.table);
    const table = (suffix: string, sql: string): FeedStatement => ({ name: object(suffix), sql });
    const row = [...storedColumns(kafka), ...originColumns];
    const lineColumns = ["`_key` String", "`_line` UInt32", "`_raw` String", "`_problem` String"];
    const create: FeedStatement[] = [
        table("kafka", kafkaTable(kafka)),
        table("landing", nullTable(kafka, "landing", [...row, "`_sound` Bool"])),
        table("broken", nullTable(kafka, "broken", [...rawColumns(kafka), ...messageColumns])),
        table("lines", nullTable(kafka, "lines", [...row, ...lineColumns])),
        view(parsed, "refused", deadLetters, refused(parsed)),
        view(parsed, "mended", fact, stored(parsed, "lines", "_problem = ''")),
        view(parsed, "recovered", object("lines"), recovered(parsed)),
        view(kafka, "suspects", qualified(feed.database, suspectsTable), suspected(kafka)),
        view(kafka, "feed", fact, stored(kafka, "landing", "_sound")),
        view(kafka, "intake", object("landing"), intake(kafka)),
    ];
    const views = ["intake", "feed", "suspects", "recovered", "mended", "refused"];
    return { create, dropOrder: [...views, "kafka", "landing", "broken", "lines"].map(object) };
}
