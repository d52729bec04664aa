// Reads tables back from the server, in the shape of their declaration.
import { createTable, name } from "../../../schema/ddl";
import { type ColumnSpec, type IndexSpec, type TableSpec } from "../../../schema/ddl/spec";
import { type ClickHouse } from "../clients";
import { bracket, clauses, split, unquoted } from "./text";

/** A table as the server has it. */
export interface ObservedTable {
    spec: TableSpec;
    rows: number;
}

interface TableRow {
    engine: string;
    create_table_query: string;
    comment: string;
    as_select: string;
    rows: string;
}

interface ColumnRow {
    name: string;
    type: string;
    compression_codec: string;
    comment: string;
    default_kind: string;
    default_expression: string;
}

const tail = [
    "ENGINE =",
    "PARTITION BY",
    "PRIMARY KEY",
    "ORDER BY",
    "SAMPLE BY",
    "TTL",
    "SETTINGS",
    "COMMENT",
] as const;

/** A row of system.tables; undefined if there is no such object. */
async function tableRow(clickhouse: ClickHouse, database: string, table: string): Promise<TableRow | undefined> {
    const [row] = await clickhouse.rows<TableRow>(
        "SELECT engine, create_table_query, comment, as_select, toString(ifNull(total_rows, 0)) AS rows FROM system.tables WHERE database = {database:String} AND name = {name:String}",
        { database, name: table },
    );
    return row;
}

const columnRows = (clickhouse: ClickHouse, database: string, table: string): Promise<ColumnRow[]> =>
    clickhouse.rows<ColumnRow>(
        "SELECT name, type, compression_codec, comment, toString(default_kind) AS default_kind, default_expression FROM system.columns WHERE database = {database:String} AND table = {name:String} ORDER BY position",
        { database, name: table },
    );

/** The table and, if it is asked for, the view it is read through; undefined if there is no such table. */
export async function observeTable(
    clickhouse: ClickHouse,
    database: string,
    table: string,
    view?: { database: string; name: string },
): Promise<ObservedTable | undefined> {
    const row = await tableRow(clickhouse, database, table);
    if (row === undefined) return undefined;
    const spec = specOf(database, table, row, await columnRows(clickhouse, database, table));
    const query = view === undefined ? undefined : await observeView(clickhouse, view.database, view.name);
    if (view !== undefined && query !== undefined) spec.readingView = { ...view, query: query.query };
    return { spec, rows: Number(row.rows) };
}

/** A plain view's query and comment; undefined if there is none. */
export async function observeView(
    clickhouse: ClickHouse,
    database: string,
    view: string,
): Promise<{ query: string; comment: string } | undefined> {
    const row = await tableRow(clickhouse, database, view);
    return row?.engine === "View" ? { query: row.as_select, comment: row.comment } : undefined;
}

/** Rows of a table, 0 if it is not there. */
export async function rowsOf(clickhouse: ClickHouse, database: string, table: string): Promise<number> {
    return Number((await tableRow(clickhouse, database, table))?.rows ?? 0);
}

/**
 * The declaration as the server would print it: `Delta` as `Delta(8)`, `Decimal(38,18)` as `Decimal(38, 18)`. Made by a temporary table in
 * a session of its own, so nothing is left behind and a bad type or codec is found before anything acts.
 */
export function normalForm(clickhouse: ClickHouse, table: TableSpec): Promise<TableSpec> {
    const probe = "declared_table";
    const statement = createTable(table).replace(
        /^CREATE TABLE IF NOT EXISTS \S+/,
        `CREATE TEMPORARY TABLE ${name(probe)}`,
    );
    return clickhouse.session(async (session) => {
        await session.run(statement);
        const row = await tableRow(session, "", probe);
        if (row === undefined) throw new Error(`ClickHouse does not show a temporary table in its own session`);
        const spec = specOf(table.database, table.name, row, await columnRows(session, "", probe));
        await session.run(`DROP TEMPORARY TABLE ${name(probe)}`);
        return spec;
    });
}

function specOf(database: string, table: string, row: TableRow, columns: ColumnRow[]): TableSpec {
    const parts = bracket(row.create_table_query);
    const found = clauses(parts?.after ?? "", tail);
    const settings = settingsOf(found["SETTINGS"] ?? "");
    const indexes = indexesOf(parts?.inside ?? "");
    const ttl = found["TTL"];
    // system.tables has no comment for temporary tables, their statement does.
    const comment = unquoted(found["COMMENT"] ?? "");
    return {
        database,
        name: table,
        ...(comment === "" ? {} : { comment }),
        columns: Object.fromEntries(columns.map((column) => [column.name, columnOf(column)])),
        engine: found["ENGINE ="] ?? row.engine,
        orderBy: keysOf(found["ORDER BY"] ?? ""),
        ...(found["PARTITION BY"] === undefined ? {} : { partitionBy: found["PARTITION BY"] }),
        ...(ttl === undefined ? {} : { ttl: ttlOf(ttl) }),
        ...(Object.keys(settings).length === 0 ? {} : { settings }),
        ...(Object.keys(indexes).length === 0 ? {} : { indexes }),
    };
}

function columnOf(row: ColumnRow): ColumnSpec {
    const codec = /^CODEC\((.*)\)$/s.exec(row.compression_codec)?.[1];
    const isDefault = row.default_kind === "DEFAULT";
    return {
        type: row.type,
        ...(codec === undefined ? {} : { codec }),
        ...(row.comment === "" ? {} : { comment: row.comment }),
        ...(row.default_kind === ""
            ? {}
            : { default: `${isDefault ? "" : `${row.default_kind} `}${row.default_expression}` }),
    };
}

/** `(a, f(b))` and `a` alike as a list; `tuple()` is empty. */
function keysOf(text: string): string[] {
    const whole = bracket(text);
    return split(/^(tuple)?\(/.test(text) && whole?.after === "" ? whole.inside : text);
}

/** Rows deleted some days after a column; any other expression stands in `column`, as drift that can be read. */
function ttlOf(text: string): { column: string; days: number } {
    const [, column, days] = /^toDateTime\(([^()]+)\) \+ toIntervalDay\((\d+)\)$/.exec(text) ?? [];
    return column === undefined ? { column: text, days: 0 } : { column: unquoted(column), days: Number(days) };
}

function settingsOf(text: string): Record<string, string | number> {
    const pairs = split(text).map((pair): [string, string | number] => {
        const [key = "", value = ""] = split(pair, "=");
        return [key, /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : unquoted(value)];
    });
    // The server adds this one to every table.
    return Object.fromEntries(pairs.filter(([key, value]) => key !== "index_granularity" || value !== 8192));
}

function indexesOf(body: string): Record<string, IndexSpec> {
    const indexes = split(body).filter((item) => item.startsWith("INDEX "));
    return Object.fromEntries(
        indexes.map((item) => {
            const parts = clauses(item, ["INDEX", "TYPE", "GRANULARITY"]);
            const [index = "", ...expression] = split(parts["INDEX"] ?? "", " ");
            return [
                unquoted(index),
                {
                    expression: expression.join(" "),
                    type: parts["TYPE"] ?? "",
                    granularity: Number(parts["GRANULARITY"] ?? 1),
                },
            ];
        }),
    );
}
