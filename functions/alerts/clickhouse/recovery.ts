// What a worker that starts finds of its past, and what people ask of it meanwhile: messages that have not ended, those to be sent after all, alerts nobody answers.
import { type Database } from "../../shared/clickhouse";
import { clickhouseMillis } from "../../shared/time";
import { type Recovered, type Told, toldKey, type Unanswered } from "../core/dispatcher";
import { type Pending } from "../core/lane";
import { kindOf } from "../core/messages";
import { type Alert, type Decision, type Delivery, type Message, rankOf } from "../core/model";
import { alertColumns } from "./inbox";

const ms = (column: string): string => `toUnixTimestamp64Milli(${column})`;
/** Alerts asked for at once. */
const page = 5_000;
/** Messages taken up at once: a digest of them all is a few megabytes. */
const messagesAtOnce = 100;
/** An alert nobody has answered for a day is told again by nobody. */
const followMs = 86_400_000;

/** Where a message stands. */
export interface LastRow {
    id: string;
    target: string;
    state: Delivery["state"] | "replayed";
    attempt: number;
    status: number;
    nextAt: number;
    /** When somebody asked for it after all, ms; 0: nobody did. */
    askedAt: number;
}

interface ToldRow {
    id: string;
    target: string;
    sequence: number;
    decision: Decision;
    by: string;
    at: number;
    alerts: string[];
}

/** The last row of messages: by time, then by state. */
const lastRows = (
    condition: string,
): string => `SELECT id, target, last.1 AS state, last.2 AS attempt, last.3 AS status, last.4 AS nextAt, askedAt
 FROM (SELECT message_id AS id, toString(any(target)) AS target,
        argMax((toString(state), attempt, status, ifNull(${ms("next_at")}, 0)), (at, state)) AS last,
        ifNull(${ms("maxOrNull(if(state = 'replayed', at, NULL))")}, 0) AS askedAt
    FROM detection.deliveries WHERE ${condition} GROUP BY message_id)`;

/** Where messages stand that have a row, by id. */
export async function stateOf(database: Database, ids: readonly string[]): Promise<ReadonlyMap<string, LastRow>> {
    const rows = await database.rows<LastRow>(lastRows("message_id IN {ids:Array(String)}"), { ids });
    return new Map(rows.map((row) => [row.id, row]));
}

/** Reads the past. */
export class Recovery {
    constructor(
        private readonly database: Database,
        private readonly withReason: boolean,
    ) {}

    /** All that is needed to go on after a restart; `fallbacks`: who stands in for a target. */
    async recover(from: number, now: number, fallbacks: ReadonlyMap<string, string>): Promise<Recovered> {
        const since = { from: clickhouseMillis(from) };
        const rows = await this.database.rows<LastRow>(lastRows("at > {from:DateTime64(3)} AND kind != 'test'"), since);
        const last = new Map(rows.map((row) => [row.id, row]));
        const begun = await this.database.rows<{ id: string }>(
            `SELECT DISTINCT message_id AS id FROM detection.notifications WHERE decided_at > {from:DateTime64(3)} AND message_id != ''`,
            since,
        );
        const open = begun.flatMap(({ id }) => (["accepted", "dead"].includes(last.get(id)?.state ?? "") ? [] : [id]));
        const pending = (await this.messages(open)).map((message) => ({
            message,
            ...standing(message, last.get(message.id), now),
        }));
        const held = new Map<string, number>();
        for (const { target, status, state, nextAt } of rows)
            if (state === "failed" && status === 429) held.set(target, Math.max(held.get(target) ?? 0, nextAt));
        const given = rows.filter(({ state, target }) => state === "dead" && fallbacks.has(target));
        const dead = await this.messages(given.slice(-messagesAtOnce).map(({ id }) => id));
        const told = await this.told(dead.flatMap(({ alerts }) => alerts.map(({ id }) => id)));
        return { pending, held, dead, told };
    }

    /** Messages that somebody has asked to be sent after all since then, and that have not been begun; without alerts: a test. Reports are made anew (report.ts). */
    async replayed(since: number, now: number): Promise<(Pending & { askedAt: number })[]> {
        const rows = await this.database.rows<{ id: string; target: string; kind: string; askedAt: number }>(
            `SELECT message_id AS id, toString(any(target)) AS target, toString(any(kind)) AS kind, ${ms("max(at)")} AS askedAt
             FROM detection.deliveries WHERE at > {since:DateTime64(3)} GROUP BY message_id
             HAVING argMax(toString(state), (at, state)) = 'replayed' AND kind != 'report' ORDER BY askedAt LIMIT ${String(messagesAtOnce)}`,
            { since: clickhouseMillis(since) },
        );
        const test = rows
            .filter(({ kind }) => kind === "test")
            .map(({ id, target }): Message => {
                return { id, target, kind: "test", sequence: 0, alerts: [], by: "", at: now };
            });
        const others = await this.messages(rows.filter(({ kind }) => kind !== "test").map(({ id }) => id));
        const asked = new Map(rows.map(({ id, askedAt }) => [id, askedAt]));
        return [...test, ...others].map((message) => {
            return { message, attempts: 0, nextAt: now, since: now, askedAt: asked.get(message.id) ?? now };
        });
    }

    /** Alerts that were told of `minutes` ago, or earlier, and that nobody has done anything about. */
    async unanswered(minutes: number, now: number): Promise<Unanswered[]> {
        const rows = await this.database.rows<Omit<Unanswered, "alert"> & { id: string }>(
            `SELECT told.alert_id AS id, toString(told.target) AS target, told.sequence AS sequence, told.toldAt AS toldAt, ${ms("assumeNotNull(states.notified_at)")} AS notifiedAt
             FROM (SELECT alert_id, target, max(sequence) AS sequence, ${ms("max(decided_at)")} AS toldAt FROM detection.notifications
                WHERE decision IN ('sent', 'digest') AND decided_at > {from:DateTime64(3)} GROUP BY alert_id, target) AS told
             INNER JOIN (SELECT alert_id, notified_at FROM trading.alert_states WHERE state IN ('notified', 'escalated') AND isNotNull(notified_at)
                AND alert_id IN (SELECT alert_id FROM detection.notifications WHERE decided_at > {from:DateTime64(3)} AND decided_at <= {to:DateTime64(3)})) AS states
                ON states.alert_id = told.alert_id
             ORDER BY toldAt LIMIT ${String(page)}`,
            { from: clickhouseMillis(now - followMs), to: clickhouseMillis(now - minutes * 60_000) },
        );
        const alerts = await this.alerts(rows.map(({ id }) => id));
        return rows.flatMap(({ id, ...row }) => {
            const alert = alerts.get(id);
            return alert === undefined ? [] : [{ alert, ...row }];
        });
    }

    private async told(ids: readonly string[]): Promise<Told> {
        if (ids.length === 0) return new Set();
        const rows = await this.database.rows<{ id: string; target: string }>(
            `SELECT DISTINCT alert_id AS id, toString(target) AS target FROM detection.notifications WHERE alert_id IN {ids:Array(String)}`,
            { ids },
        );
        return new Set(rows.map(({ id, target }) => toldKey(id, target)));
    }

    /** Messages as they were made. */
    private async messages(ids: readonly string[]): Promise<Message[]> {
        if (ids.length === 0) return [];
        const rows = await this.database.rows<ToldRow>(
            `SELECT message_id AS id, toString(any(target)) AS target, any(sequence) AS sequence, toString(any(decision)) AS decision, any(by) AS by,
                ${ms("min(decided_at)")} AS at, groupArray(alert_id) AS alerts
             FROM detection.notifications FINAL WHERE message_id IN {ids:Array(String)} GROUP BY message_id`,
            { ids },
        );
        const alerts = await this.alerts(rows.flatMap((row) => row.alerts));
        return rows.map(({ id, target, sequence, decision, by, at, alerts: members }) => {
            const told = members.flatMap((each) => alerts.get(each) ?? []);
            const ordered = told.sort((a, b) => rankOf(a.severity) - rankOf(b.severity) || a.raisedAt - b.raisedAt);
            return { id, target, sequence, by, at, kind: kindOf(decision, sequence, by), alerts: ordered };
        });
    }

    private async alerts(ids: readonly string[]): Promise<Map<string, Alert>> {
        const found = new Map<string, Alert>();
        const wanted = [...new Set(ids)];
        for (let from = 0; from < wanted.length; from += page) {
            const rows = await this.database.rows<Alert>(
                `SELECT ${alertColumns(this.withReason)} FROM detection.alerts WHERE alert_id IN {ids:Array(String)} ORDER BY raised_at LIMIT 1 BY alert_id`,
                { ids: wanted.slice(from, from + page) },
            );
            for (const row of rows) found.set(row.id, row);
        }
        return found;
    }
}

/** Where a message stands by its last row. */
export function standing({ at }: Message, row: LastRow | undefined, now: number): Omit<Pending, "message"> {
    const since = Math.max(at, row?.askedAt ?? 0);
    const attempts = row === undefined || row.state === "replayed" ? 0 : row.attempt;
    return { attempts, since, nextAt: row?.state === "failed" ? row.nextAt : now };
}
