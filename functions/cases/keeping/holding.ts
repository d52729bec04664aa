// Facts somebody must not lose: copied aside until they are released. A copy is made when the command runs; what comes later needs it once more.
import { catalogue, type Declaration } from "../../../schema";
import { heldFacts, holds } from "../../../schema/detection";
import { literal, name, qualified } from "../../../schema/ddl";
import { type Database } from "../../shared/clickhouse";
import { clickhouseMillis } from "../../shared/time";
import { sha256 } from "../../evaluator/rules/canonical";
import { alertOf, evidenceOf } from "../alert";
import { inPeriod, scopeOf } from "../pack/subjects";
import { type Session } from "../session";
import { columns } from "../text";
import { accountsOf, ofTokens, ofUsers, symbolsOf } from "./matching";

/** What is held. */
export interface Subject {
    readonly kind: "user" | "token" | "alert";
    readonly subject: string;
}

interface Hold extends Subject {
    hold_id: string;
    reason: string;
    author: string;
    held_at: string;
    released_at: string | null;
}

/** Rows to be copied: a condition on each fact, and what it is bound with. */
interface Covered {
    readonly condition: (declaration: Declaration) => string | undefined;
    readonly parameters: Readonly<Record<string, unknown>>;
}

/** Around an alert as much is held as its case pack shows by itself. */
const aroundMinutes = 60;
const idOf = ({ kind, subject }: Subject): string => sha256(`${kind}|${subject}`).slice(0, 32);
const heldTable = qualified(heldFacts.database, heldFacts.name);

async function coveredBy(database: Database, { kind, subject }: Subject): Promise<Covered> {
    if (kind === "user") {
        const users = [subject];
        return { condition: ofUsers, parameters: { users, accounts: await accountsOf(database, users) } };
    }
    if (kind === "token") {
        const tokens = [subject];
        return { condition: ofTokens, parameters: { tokens, symbols: await symbolsOf(database, tokens) } };
    }
    const { alert } = await alertOf(database, subject);
    const evidence = await evidenceOf(database, alert);
    const events = evidence.flatMap(({ content }) =>
        content === "" ? [] : [(JSON.parse(content) as { event_id?: string }).event_id ?? ""],
    );
    const scope = await scopeOf(database, alert, evidence, aroundMinutes);
    const condition = (declaration: Declaration): string => {
        const theirs = ofUsers(declaration);
        const around = theirs === undefined ? "" : ` OR (${inPeriod} AND ${theirs})`;
        return `(event_id IN {events:Array(String)}${around})`;
    };
    return { condition, parameters: { ...scope, events } };
}

/** A row as canonical JSON, as evidence has it: keys sorted, numbers as text. */
function contentOf({ columns: own }: Declaration): string {
    const parts = Object.entries(own)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([column, { type }]) => {
            const plain =
                type.startsWith("Array") || type.includes("Bool") ? name(column) : `toString(${name(column)})`;
            return `${literal(`"${column}":`)}, ifNull(toJSONString(${plain}), 'null')`;
        });
    return `concat('{', ${parts.join(", ',', ")}, '}')`;
}

/** Copies what is not copied yet; how many rows there are now. */
async function copy(database: Database, hold: Subject): Promise<number> {
    const id = idOf(hold);
    const { condition, parameters } = await coveredBy(database, hold);
    for (const declaration of catalogue) {
        const rows = condition(declaration);
        if (rows === undefined) continue;
        await database.client.command({
            query: `INSERT INTO ${heldTable} (hold_id, fact, event_id, event_time, content, hash, copied_at, version)
                SELECT {hold:String}, {fact:String}, event_id, event_time, content, lower(hex(SHA256(content))), now64(3),
                    bitNot(toUInt64(toUnixTimestamp64Micro(now64(6))))
                FROM (SELECT event_id, event_time, ${contentOf(declaration)} AS content FROM trading.${name(declaration.name)}
                    WHERE ${rows} AND event_id NOT IN (SELECT event_id FROM ${heldTable} WHERE hold_id = {hold:String} AND fact = {fact:String}))`,
            query_params: { ...parameters, hold: id, fact: declaration.name },
            use_multipart_params: true,
            clickhouse_settings: {
                output_format_json_escape_forward_slashes: 0,
                output_format_json_quote_decimals: 1,
                output_format_json_quote_64bit_integers: 1,
            },
        });
    }
    const [held] = await database.rows<{ rows: number }>(
        `SELECT count() AS rows FROM trading.held_facts WHERE hold_id = {id:String}`,
        { id },
    );
    return held?.rows ?? 0;
}

/** Holds that are not released. */
export const openHolds = (database: Database): Promise<Hold[]> =>
    database.rows<Hold>(
        `SELECT hold_id, toString(kind) AS kind, subject, reason, author, toString(held_at) AS held_at, toString(released_at) AS released_at
         FROM trading.holds WHERE isNull(trading.holds.released_at) ORDER BY trading.holds.held_at, hold_id`,
    );

const write = (database: Database, hold: Subject, own: Readonly<Record<string, unknown>>): Promise<void> =>
    database.insert(`${holds.database}.${holds.name}`, [
        { hold_id: idOf(hold), ...hold, ...own, version: String(BigInt(Date.now()) * 1_000n) },
    ]);

/** Holds a subject, or copies once more what it covers. Throws where there is no such alert. */
export async function hold(session: Session, subject: Subject, reason: string): Promise<string> {
    const { database, actor } = session;
    if (subject.kind === "alert") await alertOf(database, subject.subject);
    const known = (await openHolds(database)).some(({ hold_id: id }) => id === idOf(subject));
    const held_at = clickhouseMillis(Date.now());
    // The hold comes first: an erasure meanwhile must see it.
    if (!known) await write(database, subject, { reason, author: actor, held_at, released_by: "", released_at: null });
    await session.audit("hold.add", `${subject.kind}:${subject.subject}`, { reason });
    const rows = await copy(database, subject);
    return `${subject.kind} ${subject.subject} is held: ${String(rows)} rows; what comes later: npm run alerts -- hold copy\n`;
}

/** Copies once more what all open holds cover. */
export async function copyAll(session: Session): Promise<string> {
    const lines: string[] = [];
    for (const { kind, subject } of await openHolds(session.database)) {
        const rows = await copy(session.database, { kind, subject });
        await session.audit("hold.copy", `${kind}:${subject}`, { rows: String(rows) });
        lines.push(`${kind} ${subject}: ${String(rows)} rows\n`);
    }
    return lines.length === 0 ? "nothing is held\n" : lines.join("");
}

/** Ends a hold: its copies are deleted. Throws where nothing is held. */
export async function release(session: Session, subject: Subject): Promise<string> {
    const { database, actor } = session;
    const found = (await openHolds(database)).find(({ hold_id: id }) => id === idOf(subject));
    if (found === undefined)
        throw new Error(`${subject.kind} ${JSON.stringify(subject.subject)} is not held; npm run alerts -- hold list`);
    const { reason, author, held_at } = found;
    await session.audit("hold.release", `${subject.kind}:${subject.subject}`);
    await write(database, subject, {
        reason,
        author,
        held_at,
        released_by: actor,
        released_at: clickhouseMillis(Date.now()),
    });
    // Rewrites the parts: a lightweight delete would only hide the rows.
    await database.client.command({
        query: `ALTER TABLE ${heldTable} DELETE WHERE hold_id = ${literal(idOf(subject))} SETTINGS mutations_sync = 2`,
    });
    return `${subject.kind} ${subject.subject} is released; its copies are deleted\n`;
}

/** `hold list` in words. */
export async function listHolds(session: Session): Promise<string> {
    const counts = await session.database.rows<{ id: string; rows: number; copied: string }>(
        "SELECT hold_id AS id, count() AS rows, toString(max(copied_at)) AS copied FROM trading.held_facts GROUP BY hold_id",
    );
    const open = await openHolds(session.database);
    await session.audit("hold.list", "holds", { found: String(open.length) });
    if (open.length === 0) return "nothing is held\n";
    const rows = open.map(({ hold_id, kind, subject, author, held_at, reason }) => {
        const own = counts.find(({ id }) => id === hold_id);
        return [kind, subject, String(own?.rows ?? 0), own?.copied ?? "", `${author} ${held_at}`, reason];
    });
    return columns([["KIND", "SUBJECT", "ROWS", "LAST COPIED (UTC)", "HELD BY, SINCE", "REASON"], ...rows]);
}
