/** ClickHouse's part of a backup: its own BACKUP and RESTORE, of every table that keeps rows. */
import { setTimeout as pause } from "node:timers/promises";
import { literal, name, qualified } from "../../../schema/ddl/quote";
import { type ClickHouse } from "../../provider/clients";
import { UserError } from "../terminal";
import { type BackedUp } from "./manifest";

const pollMs = 200;
/** Of the stack; a table of the engine itself is none of its own. */
const foreign = ["system", "INFORMATION_SCHEMA", "information_schema"];

/** Tables that keep rows. */
export function keptTables(clickhouse: ClickHouse): Promise<BackedUp[]> {
    return clickhouse.rows<BackedUp>(
        `SELECT database, name, engine, toUInt32(ifNull(total_rows, 0)) AS rows FROM system.tables
         WHERE engine LIKE '%MergeTree' AND NOT is_temporary AND database NOT IN {foreign:Array(String)} ORDER BY database, name`,
        { foreign },
    );
}

const nameOf = ({ database, name: table }: Pick<BackedUp, "database" | "name">): string => qualified(database, table);

/** Runs a BACKUP or RESTORE to its end, however long it takes. @throws UserError with the server's words */
async function operation(clickhouse: ClickHouse, statement: string, id: string): Promise<void> {
    await clickhouse.run(`${statement} ASYNC`);
    for (;;) {
        const [row] = await clickhouse.rows<{ status: string; error: string }>(
            "SELECT toString(status) AS status, error FROM system.backups WHERE id = {id:String}",
            { id },
        );
        if (row === undefined) throw new UserError(`ClickHouse was started again during it: ${statement}`);
        if (/^(BACKUP_CREATED|RESTORED)$/.test(row.status)) return;
        if (/FAILED|CANCELLED/.test(row.status)) throw new UserError(`ClickHouse: ${row.error}\n${statement}`);
        await pause(pollMs);
    }
}

/** Copies tables into the folder `archive` of ClickHouse's backups: each as it is at one moment, parts as they lie on the disk. */
export const backUp = (clickhouse: ClickHouse, tables: readonly BackedUp[], archive: string): Promise<void> =>
    operation(
        clickhouse,
        `BACKUP ${tables.map((table) => `TABLE ${nameOf(table)}`).join(", ")} TO File(${literal(archive)}) SETTINGS id = ${literal(archive)}`,
        archive,
    );

/** How a table comes back. */
export interface Bringing {
    archive: string;
    /** Distinguishes this restore's operations from any other's. */
    id: string;
    /** Of rows that say where in Kafka they came from: what is put behind the topic's name, where that Kafka is gone. */
    mark?: string;
}

/** Puts a table's rows to those that are there. */
export async function bring(clickhouse: ClickHouse, table: BackedUp, { archive, id, mark }: Bringing): Promise<void> {
    const operationId = `${id} ${table.database}.${table.name}`;
    const from = (as: string): string =>
        `RESTORE TABLE ${nameOf(table)}${as} FROM File(${literal(archive)}) SETTINGS id = ${literal(operationId)}, allow_non_empty_tables = 1, allow_different_table_def = 1`;
    const topic = mark === undefined ? undefined : await topicColumn(clickhouse, table);
    if (topic === undefined) return operation(clickhouse, from(""), operationId);
    const beside = qualified(table.database, `restoring_${table.name}`);
    await clickhouse.run(`DROP TABLE IF EXISTS ${beside}`);
    await operation(clickhouse, from(` AS ${beside}`), operationId);
    const columns = await columnsOf(clickhouse, table.database, `restoring_${table.name}`);
    const values = columns.map((column) =>
        column === topic ? `concat(${name(column)}, ${literal(mark ?? "")})` : name(column),
    );
    await clickhouse.run(
        `INSERT INTO ${nameOf(table)} (${columns.map(name).join(", ")}) SELECT ${values.join(", ")} FROM ${beside}`,
    );
    await clickhouse.run(`DROP TABLE ${beside}`);
}

async function columnsOf(clickhouse: ClickHouse, database: string, table: string): Promise<string[]> {
    const rows = await clickhouse.rows<{ name: string }>(
        `SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String}
         AND default_kind NOT IN ('MATERIALIZED', 'ALIAS') ORDER BY position`,
        { database, table },
    );
    return rows.map((row) => row.name);
}

async function topicColumn(clickhouse: ClickHouse, { database, name: table }: BackedUp): Promise<string | undefined> {
    const columns = await columnsOf(clickhouse, database, table);
    return ["_topic", "topic"].find((column) => columns.includes(column));
}

/** Tables of whose rows some are older than the backup and would be there twice after it; of the others, the engine keeps one of each. */
export async function alreadyThere(
    clickhouse: ClickHouse,
    tables: readonly BackedUp[],
    before: string,
): Promise<string[]> {
    const found: string[] = [];
    for (const { database, name: table, engine } of tables) {
        const [time] =
            engine === "MergeTree"
                ? await clickhouse.rows<{ name: string }>(
                      `SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String}
                       AND startsWith(type, 'DateTime') ORDER BY position LIMIT 1`,
                      { database, table },
                  )
                : [];
        if (time === undefined) continue;
        const [row] = await clickhouse.rows<{ rows: number }>(
            `SELECT toUInt32(count()) AS rows FROM ${qualified(database, table)} WHERE ${name(time.name)} < parseDateTime64BestEffort({before:String}, 3)`,
            { before },
        );
        if (row !== undefined && row.rows > 0) found.push(`${database}.${table} (${String(row.rows)} rows)`);
    }
    return found;
}
