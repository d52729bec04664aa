// Renders a table declaration as ClickHouse SQL.
import { literal, name, qualified, settings } from "./quote";
import { type ColumnSpec, type IndexSpec, type TableSpec } from "./spec";

/** `price` Decimal(38, 18) DEFAULT … CODEC(…) COMMENT '…' */
export function columnClause(column: string, spec: ColumnSpec): string {
    const parts = [name(column), spec.type];
    if (spec.default !== undefined) parts.push(`DEFAULT ${spec.default}`);
    if (spec.comment !== undefined && spec.comment !== "") parts.push(`COMMENT ${literal(spec.comment)}`);
    if (spec.codec !== undefined) parts.push(`CODEC(${spec.codec})`);
    return parts.join(" ");
}

/** INDEX `n` expression TYPE minmax GRANULARITY 1 */
export const indexClause = (index: string, spec: IndexSpec): string =>
    `INDEX ${name(index)} ${spec.expression} TYPE ${spec.type} GRANULARITY ${String(spec.granularity)}`;

/** The expression after TTL. */
export const ttlExpression = (ttl: { column: string; days: number }): string =>
    `toDateTime(${name(ttl.column)}) + toIntervalDay(${String(ttl.days)})`;

/** CREATE TABLE IF NOT EXISTS … */
export function createTable(table: TableSpec): string {
    const body = [
        ...Object.entries(table.columns).map(([column, spec]) => columnClause(column, spec)),
        ...Object.entries(table.indexes ?? {}).map(([index, spec]) => indexClause(index, spec)),
    ];
    const lines = [
        `CREATE TABLE IF NOT EXISTS ${qualified(table.database, table.name)}`,
        `(\n    ${body.join(",\n    ")}\n)`,
        `ENGINE = ${table.engine}`,
    ];
    if (table.partitionBy !== undefined) lines.push(`PARTITION BY ${table.partitionBy}`);
    lines.push(table.orderBy.length === 0 ? "ORDER BY tuple()" : `ORDER BY (${table.orderBy.join(", ")})`);
    if (table.ttl !== undefined) lines.push(`TTL ${ttlExpression(table.ttl)}`);
    if (table.settings !== undefined && Object.keys(table.settings).length > 0)
        lines.push(`SETTINGS ${settings(table.settings)}`);
    if (table.comment !== undefined) lines.push(`COMMENT ${literal(table.comment)}`);
    return lines.join("\n");
}

/** CREATE OR REPLACE VIEW … for the view people read the table through, where it has one. */
export function readingViewSql(table: TableSpec): string | undefined {
    const view = table.readingView;
    return view === undefined
        ? undefined
        : `CREATE OR REPLACE VIEW ${qualified(view.database, view.name)} AS\n${view.query}`;
}
