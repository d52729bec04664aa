// Pure: from what a table is to what it is to be: the statements that get there, and what cannot or must not be done.
import { columnClause, indexClause, literal, name, qualified, settingValue, ttlExpression } from "../../../schema/ddl";
import { type ColumnSpec, type TableSpec } from "../../../schema/ddl/spec";
import { squeezed } from "./text";
import { widens } from "./types";

/** Something the provider does not do to a table that holds rows. */
export interface Refusal {
    /** What would change, e.g. `orderBy would change from (a) to (a, b)`. */
    what: string;
    /** What to do instead. */
    recipe: string;
    /** It takes a new table: allowed while the table is empty, never in place. */
    replaces?: true;
    /** Refused on an empty table too: the column must be named in allowDrop. */
    evenEmpty?: true;
}

/** The way from one table to the other. */
export interface Alteration {
    /** In the order in which they are run. */
    statements: string[];
    refusals: Refusal[];
    /** Columns that are dropped, with leave. */
    drops: string[];
}

const replaceRecipe = (table: TableSpec): string =>
    `declare ${table.name}_v2 with the new one, backfill it and repoint the feed (README, "Replace a table")`;
const list = (items: readonly string[]): string => `(${items.join(", ")})`;
const differs = (one = "", other = ""): boolean => squeezed(one) !== squeezed(other);

/** Compares two tables of the same database and name. `allowDrop` lists the columns that may go. */
export function alterTable(before: TableSpec, after: TableSpec, allowDrop: readonly string[] = []): Alteration {
    const table = qualified(after.database, after.name);
    const columns = alterColumns(before, after, allowDrop);
    const rest = [...alterIndexes(before, after), ...alterTtl(before, after), ...alterSettings(before, after)];
    if ((before.comment ?? "") !== (after.comment ?? "")) rest.push(`MODIFY COMMENT ${literal(after.comment ?? "")}`);
    // Indexes that use a column go before it, new ones come after it.
    const [first, last] = [
        rest.filter((action) => action.startsWith("DROP INDEX")),
        rest.filter((action) => !action.startsWith("DROP INDEX")),
    ];
    return {
        statements: [...first, ...columns.actions, ...last].map((action) => `ALTER TABLE ${table} ${action}`),
        refusals: [...layoutRefusals(before, after), ...columns.refusals],
        drops: columns.drops,
    };
}

/** What a view that selects every column shows otherwise after a change, in words: `gains fee`. Empty where it shows the same. */
export function viewChanges(before: TableSpec, after: TableSpec, drops: readonly string[]): string[] {
    const gained = Object.keys(after.columns).filter((column) => !(column in before.columns));
    const retyped = Object.entries(after.columns).filter(([column, { type }]) =>
        differs(before.columns[column]?.type ?? type, type),
    );
    return [
        ...gained.map((column) => `gains ${column}`),
        ...drops.map((column) => `loses ${column}`),
        ...retyped.map(([column, { type }]) => `shows ${column} as ${type}`),
    ];
}

function layoutRefusals(before: TableSpec, after: TableSpec): Refusal[] {
    const pairs: [property: string, old: string, next: string][] = [
        ["engine", before.engine, after.engine],
        ["orderBy", list(before.orderBy), list(after.orderBy)],
        ["partitionBy", before.partitionBy ?? "none", after.partitionBy ?? "none"],
    ];
    return pairs
        .filter(([, old, next]) => differs(old, next))
        .map(([property, old, next]) => ({
            what: `${property} would change from ${old} to ${next}, which ClickHouse cannot do in place`,
            recipe: replaceRecipe(after),
            replaces: true as const,
        }));
}

interface ColumnActions {
    actions: string[];
    refusals: Refusal[];
    drops: string[];
}

function alterColumns(before: TableSpec, after: TableSpec, allowDrop: readonly string[]): ColumnActions {
    const result: ColumnActions = { actions: [], refusals: [], drops: [] };
    let previous: string | undefined;
    for (const [column, spec] of Object.entries(after.columns)) {
        const old = before.columns[column];
        const place = previous === undefined ? "FIRST" : `AFTER ${name(previous)}`;
        if (old === undefined) result.actions.push(`ADD COLUMN IF NOT EXISTS ${columnClause(column, spec)} ${place}`);
        else alterColumn(column, old, spec, after, result);
        previous = column;
    }
    for (const column of Object.keys(before.columns).filter((known) => !(known in after.columns))) {
        if (allowDrop.includes(column)) {
            result.drops.push(column);
            result.actions.push(`DROP COLUMN IF EXISTS ${name(column)}`);
        } else
            result.refusals.push({
                what: `column ${column} would be dropped with its values`,
                recipe: `declare it, or say so with allowDrop: ["${column}"] (README, "Drop a column")`,
                evenEmpty: true,
            });
    }
    return result;
}

function alterColumn(column: string, old: ColumnSpec, next: ColumnSpec, table: TableSpec, result: ColumnActions): void {
    const typeChanges = differs(old.type, next.type);
    if (typeChanges && !widens(old.type, next.type))
        result.refusals.push({
            what: `column ${column} would change from ${old.type} to ${next.type}, which cannot hold every value`,
            recipe: `add a column of the new type under another name, or ${replaceRecipe(table)}`,
        });
    const removed = (["codec", "default"] as const).filter(
        (part) => old[part] !== undefined && next[part] === undefined,
    );
    result.actions.push(...removed.map((part) => `MODIFY COLUMN ${name(column)} REMOVE ${part.toUpperCase()}`));
    const set = (["codec", "default"] as const).filter(
        (part) => next[part] !== undefined && differs(old[part], next[part]),
    );
    const rewritten = typeChanges || set.length > 0;
    if (rewritten) result.actions.push(`MODIFY COLUMN ${columnClause(column, next)}`);
    const comment = next.comment ?? "";
    if ((old.comment ?? "") !== comment && (!rewritten || comment === ""))
        result.actions.push(`COMMENT COLUMN ${name(column)} ${literal(comment)}`);
}

function alterIndexes(before: TableSpec, after: TableSpec): string[] {
    const [old, next] = [before.indexes ?? {}, after.indexes ?? {}];
    const clause = (indexes: typeof old, index: string): string =>
        indexes[index] === undefined ? "" : squeezed(indexClause(index, indexes[index]));
    const changed = [...new Set([...Object.keys(old), ...Object.keys(next)])].filter(
        (index) => clause(old, index) !== clause(next, index),
    );
    return [
        ...changed.filter((index) => index in old).map((index) => `DROP INDEX IF EXISTS ${name(index)}`),
        ...changed.filter((index) => index in next).map((index) => `ADD ${clause(next, index)}`),
    ];
}

function alterTtl(before: TableSpec, after: TableSpec): string[] {
    const text = (table: TableSpec): string => (table.ttl === undefined ? "" : ttlExpression(table.ttl));
    if (text(before) === text(after)) return [];
    // Without materialize_ttl_after_modify=0 the server rewrites every part of the table at once.
    return after.ttl === undefined
        ? ["REMOVE TTL"]
        : [`MODIFY TTL ${text(after)} SETTINGS materialize_ttl_after_modify = 0`];
}

function alterSettings(before: TableSpec, after: TableSpec): string[] {
    const [old, next] = [before.settings ?? {}, after.settings ?? {}];
    const set = Object.entries(next).filter(([key, value]) => String(old[key] ?? "") !== String(value));
    const reset = Object.keys(old).filter((key) => !(key in next));
    return [
        ...set.map(([key, value]) => `MODIFY SETTING ${key} = ${settingValue(value)}`),
        ...reset.map((key) => `RESET SETTING ${key}`),
    ];
}
