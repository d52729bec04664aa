// Silences and maintenance windows: what is not sent for a while. Alerts are recorded all the same.
import { createHash } from "node:crypto";
import { silences } from "../../schema/detection";
import { type Database } from "../shared/clickhouse";
import { clickhouseMillis } from "../shared/time";
import { type Session } from "./session";
import { ruleOf } from "./switching";
import { columns } from "./text";

const table = `${silences.database}.${silences.name}`;

/** Which alerts are meant: what is left out fits all. */
export interface Muted {
    readonly rule?: string;
    readonly entityKind?: string;
    readonly entity?: string;
    readonly owner?: string;
    readonly severity?: string;
}

/** A silence as it is asked for. */
export interface Silencing extends Muted {
    /** Announced work on the system, not a decision about alerts. */
    readonly maintenance: boolean;
    readonly from: Date;
    readonly until: Date;
    readonly reason: string;
}

const moment = (at: Date): string => clickhouseMillis(at.getTime());
const version = (): string => String(Date.now() * 1_000);

/** `alerts silence add` in words. Throws for a rule that there is not, for a silence of everything and for one that ends before it begins. */
export async function silence(session: Session, wanted: Silencing): Promise<string> {
    const {
        rule = "",
        entityKind = "",
        entity = "",
        owner = "",
        severity = "",
        maintenance,
        from,
        until,
        reason,
    } = wanted;
    if (rule !== "") ruleOf(rule);
    if (!maintenance && [rule, entity, owner, severity].every((each) => each === ""))
        throw new Error(
            "a silence of all alerts is a maintenance window (--maintenance on the command line): name a rule, an entity, an owner or a severity",
        );
    if (until <= from)
        throw new Error(`a silence must end after it begins, found ${from.toISOString()} to ${until.toISOString()}`);
    const kind = maintenance ? "maintenance" : "silence";
    const about = { kind, rule, entity_kind: entityKind, entity_id: entity, owner, severity };
    const what = { ...about, starts_at: moment(from), ends_at: moment(until), author: session.actor };
    const silence_id = createHash("sha256")
        .update(JSON.stringify(Object.values(what)))
        .digest("hex")
        .slice(0, 12);
    await session.database.insert(table, [{ silence_id, ...what, reason, version: version() }]);
    await session.audit("alerts.silence.add", silence_id, { ...about, until: until.toISOString(), reason });
    return `${silence_id}: from ${from.toISOString()} until ${until.toISOString()} these alerts are recorded and not sent\n`;
}

/** A silence that is not over; times are UTC as ClickHouse writes them. */
export interface Silence {
    readonly silence_id: string;
    readonly kind: "silence" | "maintenance";
    /** Which alerts, in words; empty: all. */
    readonly alerts: string;
    readonly starts: string;
    readonly ends: string;
    readonly author: string;
    readonly reason: string;
}

/** Those that are not over, in the order they begin. */
export const silencesNow = (database: Database): Promise<Silence[]> =>
    database.rows<Silence>(
        `SELECT silence_id, toString(kind) AS kind, toString(starts_at) AS starts, toString(ends_at) AS ends, author, reason,
            arrayStringConcat(arrayFilter(part -> part != '', [toString(rule), entity_kind, entity_id, toString(owner), toString(severity)]), ' ') AS alerts
         FROM trading.silences WHERE ends_at > {now:DateTime64(3, 'UTC')} ORDER BY starts_at, silence_id`,
        { now: moment(new Date()) },
    );

/** `alerts silence list` in words: those that are not over. */
export async function listSilences({ database }: Session): Promise<string> {
    const rows = await silencesNow(database);
    if (rows.length === 0) return "no silence\n";
    const cells = rows.map(({ silence_id, kind, alerts, starts, ends, author, reason }) => [
        ...[silence_id, kind, alerts === "" ? "all" : alerts, starts, ends, author, reason],
    ]);
    return columns([["SILENCE", "KIND", "ALERTS", "FROM (UTC)", "UNTIL (UTC)", "BY", "WHY"], ...cells]);
}

/** `alerts silence end` in words: alerts that come from now on are sent again. Throws where there is no such silence. */
export async function endSilence(session: Session, id: string): Promise<string> {
    const now = moment(new Date());
    const rows = await session.database.rows<object>(
        `SELECT * REPLACE(toString(kind) AS kind, toString(starts_at) AS starts_at, toString(ends_at) AS ends_at) FROM trading.silences
         WHERE silence_id = {id:String} AND trading.silences.ends_at > {now:DateTime64(3, 'UTC')}`,
        { id, now },
    );
    const [found] = rows;
    if (found === undefined)
        throw new Error(`no silence ${JSON.stringify(id)} that lasts; npm run alerts -- silence list names them`);
    await session.database.insert(table, [{ ...found, ends_at: now, version: version() }]);
    await session.audit("alerts.silence.end", id);
    return `${id} is over\n`;
}
