// What is kept of a person, removed: rows that are the person's go, rows that others share lose the person's columns. What is held stays, and that is said.
// Mutations rewrite the parts, where a lightweight delete would only hide rows; they read whom they concern from a table, since their own text is kept.
import { databases, deadLettersTable, literal, name, qualified } from "../../../schema/ddl";
import { alertEvents, alertEvidence, alerts, auditLog, erasing, holds, silences } from "../../../schema/detection";
import { rollupsDatabase } from "../../../schema/rollups";
import { type Database } from "../../shared/clickhouse";
import { sha256 } from "../../evaluator/rules/canonical";
import { type Session } from "../session";
import { openHolds } from "./holding";
import { accountColumn, accountsOf, userColumn } from "./matching";
import { columns } from "../text";

/** What is left in the place of a value. */
const erased = "'erased'";
const table = ({ database, name: own }: { database: string; name: string }): string => qualified(database, own);

type Kind = "user" | "account" | "address" | "pattern" | "alert" | "kept";
interface Values {
    readonly [kind: string]: readonly string[];
}

/** A statement of an erasure. */
interface Change {
    readonly table: string;
    /** DELETE or UPDATE … */
    readonly what: string;
    readonly where: string;
}

interface Marked {
    database: string;
    table: string;
    column: string;
    type: string;
    key: number;
}

/** Finds a name in text of any kind, also as JSON writes it, but not within a longer name. */
function patternOf(value: string): string {
    const ways = [...new Set([value, JSON.stringify(value).slice(1, -1)])];
    const any = ways.map((each) => each.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
    return `(^|[^A-Za-z0-9_-])(${any})($|[^A-Za-z0-9_-])`;
}

/** Reads of the table of what is being erased. */
class Named {
    constructor(private readonly erasure: string) {}

    private from(...kinds: Kind[]): string {
        const list = kinds.map((kind) => literal(kind)).join(", ");
        return `FROM ${table(erasing)} WHERE erasure = ${literal(this.erasure)} AND kind IN (${list})`;
    }

    /** True where the column is one of a kind. */
    has = (column: string, ...kinds: Kind[]): string => `${column} IN (SELECT value ${this.from(...kinds)})`;

    /** All of a kind as an array. */
    all = (...kinds: Kind[]): string => `(SELECT groupArray(value) ${this.from(...kinds)})`;

    /** True where a text names the person. */
    says = (text: string): string => `arrayExists(pattern -> match(${text}, pattern), ${this.all("pattern")})`;
}

/** What takes the place of a value of a type. */
const emptied = ({ type }: Marked): string =>
    type.includes("Nullable(")
        ? "NULL"
        : /^(LowCardinality\()?String/.test(type)
          ? erased
          : `defaultValueOfTypeName(${literal(type)})`;

/** Facts, references and rollups: by the names of their columns. */
function changesOf(own: readonly Marked[], named: Named): Change[] {
    const [first] = own;
    if (first === undefined) return [];
    const place = qualified(first.database, first.table);
    const theirs = (column: string): string => named.has(name(column), userColumn.test(column) ? "user" : "account");
    const names = own
        .map(({ column }) => column)
        .filter((column) => userColumn.test(column) || accountColumn.test(column));
    if (names.length === 0) return [];
    // The row is the person's alone, or cannot be kept without: what it is sorted by cannot be changed.
    if (own.some(({ key, column }) => key === 1 || /^(user|account)_id$/.test(column)))
        return [{ table: place, what: "DELETE", where: names.map(theirs).join(" OR ") }];
    const parties = [...new Set(names.map((column) => column.replace(/(user|account)_id$/, "")))];
    return parties.map((party) => ({
        table: place,
        what: `UPDATE ${own
            .filter(({ column }) => column.startsWith(party))
            .map((each) => `${name(each.column)} = ${emptied(each)}`)
            .join(", ")}`,
        where: names
            .filter((column) => column.startsWith(party))
            .map(theirs)
            .join(" OR "),
    }));
}

/** Where people stand under other names than user_id. */
const others = (named: Named): Change[] => [
    ...["from_address", "to_address"].map((column) => ({
        table: qualified(databases.facts, "on_chain_transfers"),
        what: `UPDATE ${column} = ${erased}`,
        where: named.has(column, "address"),
    })),
    {
        table: qualified(databases.facts, "scenario_labels"),
        what: "DELETE",
        where: `hasAny(splitByChar('|', entity_id), ${named.all("user", "account")})`,
    },
    {
        table: qualified(databases.facts, deadLettersTable),
        what: "DELETE",
        where: `${named.says("raw")} OR ${named.says("key")}`,
    },
];

/** Alerts about the person, their evidence, and what was written about them; those that are held stay. */
function inDetection(named: Named): Change[] {
    const held = named.has("alert_id", "kept");
    const about = named.has("alert_id", "alert");
    const entity = `arrayStringConcat(arrayMap(each -> if(has(${named.all("user", "account")}, each), ${erased}, each), splitByChar('|', entity_id)), '|')`;
    return [
        {
            table: table(alerts),
            what: `UPDATE entity_id = ${entity}, trigger_key = ${erased}, reason = ${erased}, details = map()`,
            where: about,
        },
        {
            table: table(alertEvidence),
            what: "UPDATE content = ''",
            where: `(${about} OR ${named.says("content")}) AND NOT ${held}`,
        },
        {
            table: table(alertEvents),
            what: `UPDATE note = ${erased}`,
            where: `(${about} OR ${named.says("note")}) AND NOT ${held}`,
        },
        {
            table: table(silences),
            what: `UPDATE entity_id = ${erased}, reason = ${erased}`,
            where: `${named.says("entity_id")} OR ${named.says("reason")}`,
        },
        {
            table: table(auditLog),
            what: `UPDATE subject = ${erased}, details = map()`,
            where: `${named.says("subject")} OR ${named.says("toString(details)")}`,
        },
        {
            table: table(holds),
            what: `UPDATE subject = ${erased}, reason = ${erased}`,
            // Also rows of a hold that a later one has replaced.
            where: `hold_id NOT IN (SELECT hold_id FROM ${table(holds)} FINAL WHERE isNull(released_at)) AND (${named.says("subject")} OR ${named.says("reason")})`,
        },
    ];
}

/** All columns of facts, references and rollups that are marked as personal data, by table. */
async function marked(database: Database): Promise<Marked[][]> {
    const rows = await database.rows<Marked>(
        `SELECT database, table, name AS column, type, toUInt8(is_in_sorting_key) AS key FROM system.columns
         WHERE database IN {databases:Array(String)} AND startsWith(comment, '[personal data]') AND table != {letters:String} ORDER BY database, table, position`,
        { databases: [databases.facts, rollupsDatabase], letters: deadLettersTable },
    );
    return [...Map.groupBy(rows, (row) => `${row.database}.${row.table}`).values()];
}

/** Everything a person is named by, while it can still be found. */
async function namesOf(database: Database, user: string): Promise<Values> {
    const accounts = await accountsOf(database, [user]);
    const addresses = await database.rows<{ address: string }>(
        `SELECT DISTINCT address FROM (
            SELECT address FROM trading.user_deposits WHERE user_id = {user:String} UNION ALL
            SELECT address FROM trading.user_withdrawals WHERE user_id = {user:String} UNION ALL
            SELECT toNullable(address) FROM trading.addresses WHERE user_id = {user:String}) WHERE address != ''`,
        { user },
    );
    return {
        ...{ user: [user], account: accounts, address: addresses.map(({ address }) => address) },
        pattern: [user, ...accounts].map(patternOf),
    };
}

/** Alerts that name the person; of those the ones that are held, by themselves or because the person is. */
async function alertsAbout(database: Database, names: Values): Promise<{ about: string[]; held: string[] }> {
    const open = await openHolds(database);
    const found = await database.rows<{ id: string }>(
        `SELECT DISTINCT alert_id AS id FROM detection.alerts
         WHERE hasAny(splitByChar('|', entity_id), {ids:Array(String)})
            OR arrayExists(pattern -> match(concat(reason, '\\n', trigger_key, '\\n', toString(details)), pattern), {patterns:Array(String)})`,
        { ids: [...(names["user"] ?? []), ...(names["account"] ?? [])], patterns: names["pattern"] },
    );
    const all = found.map(({ id }) => id);
    const user = names["user"]?.[0];
    if (open.some(({ kind, subject }) => kind === "user" && subject === user)) return { about: [], held: all };
    const held = open.filter(({ kind }) => kind === "alert").map(({ subject }) => subject);
    return { about: all.filter((id) => !held.includes(id)), held };
}

/** How many rows each change concerned, after it is carried out. */
async function carryOut(
    database: Database,
    { table: place, what, where }: Change,
): Promise<{ place: string; rows: number; what: string }> {
    const [count] = await database.rows<{ rows: number }>(`SELECT count() AS rows FROM ${place} WHERE ${where}`);
    const rows = count?.rows ?? 0;
    if (rows > 0)
        await database.client.command({
            query: `ALTER TABLE ${place} ${what} WHERE ${where}`,
            clickhouse_settings: {
                mutations_sync: "2",
                allow_nondeterministic_mutations: 1,
                mutations_execute_subqueries_on_initiator: 0,
                mutations_execute_nondeterministic_on_initiator: 0,
            },
        });
    return { place: place.replaceAll("`", ""), rows, what: what.startsWith("DELETE") ? "deleted" : "cleared" };
}

/** Holds whose copies name the person still. */
async function keptIn(database: Database, names: Values): Promise<string[]> {
    const rows = await database.rows<{ hold: string; rows: number }>(
        `SELECT concat(toString(kind), ' ', subject) AS hold, count() AS rows FROM trading.held_facts AS copies
         INNER JOIN (SELECT hold_id, kind, subject FROM trading.holds WHERE isNull(released_at)) AS open ON open.hold_id = copies.hold_id
         WHERE arrayExists(pattern -> match(content, pattern), {patterns:Array(String)}) GROUP BY hold ORDER BY hold`,
        { patterns: names["pattern"] },
    );
    return rows.map(({ hold, rows: count }) => `${String(count)} copied rows under the hold of ${hold}`);
}

/** Erases a person. It may be repeated, and is to be, when it was interrupted. Throws the server's error. */
export async function erase(session: Session, user: string): Promise<string> {
    const { database } = session;
    const names = await namesOf(database, user);
    const { about, held } = await alertsAbout(database, names);
    const pseudonym = sha256(user);
    // The same when it is repeated: an interrupted one has left there whom it named, which facts that are gone no longer tell.
    const erasure = pseudonym.slice(0, 32);
    await session.audit("erase.begin", `user:sha256:${pseudonym}`);
    const values: Values = { ...names, alert: about, kept: held };
    const rows = Object.entries(values).flatMap(([kind, all]) => all.map((value) => ({ erasure, kind, value })));
    await database.insert(`${erasing.database}.${erasing.name}`, rows);
    const named = new Named(erasure);
    const tables = await marked(database);
    const changes = [...tables.flatMap((own) => changesOf(own, named)), ...others(named), ...inDetection(named)];
    const done: { place: string; rows: number; what: string }[] = [];
    for (const change of changes) done.push(await carryOut(database, change));
    await database.client.command({ query: `ALTER TABLE ${table(erasing)} DROP PARTITION ${literal(erasure)}` });
    const kept = [
        ...(await keptIn(database, names)),
        ...(held.length > 0 && about.length === 0 ? [`${String(held.length)} alerts with their evidence`] : []),
    ];
    const changed = done.filter((each) => each.rows > 0);
    await session.audit("erase", `user:sha256:${pseudonym}`, {
        ...Object.fromEntries(changed.map((each) => [`${each.place} ${each.what}`, String(each.rows)])),
        kept: kept.length === 0 ? "" : `${String(kept.length)} holds`,
    });
    return [
        columns([["TABLE", "ROWS", ""], ...changed.map((each) => [each.place, String(each.rows), each.what])]),
        ...kept.map((line) => `kept, because it is held: ${line}\n`),
        "Kafka still has the events until their topics' retention has passed, and references until their keys are written again: run it again then\n",
    ].join("");
}
