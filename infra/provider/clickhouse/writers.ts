// Which materialized views write a column: one that its target lost is dropped from every row without an error.
import { type ClickHouse } from "../clients";

/** The views that insert into a table, with their columns. */
interface Writer {
    view: string;
    columns: string[];
}

/** Objects of one database. */
export interface Objects {
    database: string;
    names: readonly string[];
}

/** Every materialized view that inserts into the table; with `among`, of these only, which spares the server writing out all tables. */
async function writersOf(clickhouse: ClickHouse, database: string, table: string, among?: Objects): Promise<Writer[]> {
    const these = (alias: string, column: string): string =>
        among === undefined
            ? ""
            : `AND ${alias}.database = {own:String} AND ${alias}.${column} IN {names:Array(String)}`;
    return clickhouse.rows<Writer>(
        `SELECT concat(t.database, '.', t.name) AS view, groupArray(c.name) AS columns
        FROM system.tables AS t INNER JOIN system.columns AS c ON c.database = t.database AND c.table = t.name
        WHERE t.engine = 'MaterializedView' AND match(t.create_table_query, {target:String})
            ${these("t", "name")} ${these("c", "table")} GROUP BY view ORDER BY view`,
        {
            target: `^CREATE MATERIALIZED VIEW \\S+ TO \`?${database}\`?\\.\`?${table}\`?[ (]`,
            ...(among === undefined ? {} : { own: among.database, names: among.names }),
        },
    );
}

/** Names of the materialized views that write a column of the table. */
export async function viewsThatWrite(
    clickhouse: ClickHouse,
    database: string,
    table: string,
    column: string,
): Promise<string[]> {
    const writers = await writersOf(clickhouse, database, table);
    return writers.filter(({ columns }) => columns.includes(column)).map(({ view }) => view);
}

/** Columns that one of the views writes and the table does not have. */
export async function lostColumns(
    clickhouse: ClickHouse,
    database: string,
    table: string,
    among: Objects,
): Promise<{ view: string; column: string }[]> {
    const own = await clickhouse.rows<{ name: string }>(
        "SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String}",
        { database, table },
    );
    const known = new Set(own.map(({ name }) => name));
    const writers = await writersOf(clickhouse, database, table, among);
    return writers.flatMap(({ view, columns }) =>
        columns.filter((column) => !known.has(column)).map((column) => ({ view, column })),
    );
}
