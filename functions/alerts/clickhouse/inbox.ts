// Alerts that are new, and what decides about them.
import { type Database } from "../../shared/clickhouse";
import { clickhouseMillis } from "../../shared/time";
import { type Blindness, type Circumstances, type Silence } from "../core/decide";
import { type Told, toldKey } from "../core/dispatcher";
import { type Alert } from "../core/model";

/** Rows of a query: as many of one owner's alerts are decided about before the next owner's turn comes. */
const page = 1_000;
/** An alert is there some time after its raised_at: it is written with thousands of others. */
const overlapMs = 30_000;

const ms = (column: string): string => `toUnixTimestamp64Milli(${column})`;

/** What is read of an alert; its reason only where somebody may see it. */
export const alertColumns = (withReason: boolean): string =>
    `alert_id AS id, toString(kind) AS kind, toString(rule) AS rule, toString(owner) AS owner, toString(severity) AS severity,
     toString(entity_kind) AS entityKind, entity_id AS entityId, toString(origin) AS origin, toString(mode) AS mode, exemption,
     toString(held_back) AS heldBack, ${withReason ? "reason" : "''"} AS reason, score,
     intDiv(toUnixTimestamp64Micro(event_time), 1000) AS eventTime, ${ms("raised_at")} AS raisedAt`;

/** Looks for new alerts. */
export class Inbox {
    /** Alerts of the last moments that have been seen, and when they were raised. */
    private readonly seen = new Map<string, number>();
    private since: number;
    private count = 0;

    /** @param from alerts raised before are of no interest, ms */
    constructor(
        private readonly database: Database,
        private readonly from: number,
        private readonly withReason: boolean,
    ) {
        this.since = from;
    }

    /** Hands over alerts that were not there before, by pages. Costs one count while nothing is new. */
    async poll(take: (alerts: readonly Alert[]) => Promise<void>): Promise<void> {
        const since = this.since;
        const [row] = await this.database.rows<{ alerts: number }>(
            `SELECT count() AS alerts FROM detection.alerts WHERE raised_at > {since:DateTime64(3)}`,
            { since: clickhouseMillis(since) },
        );
        if (row === undefined || row.alerts === this.count) return;
        let newest = since;
        for await (const alerts of this.pages(since)) {
            const fresh = alerts.filter(({ id }) => !this.seen.has(id));
            if (fresh.length > 0) await take(fresh);
            for (const { id, raisedAt } of fresh) {
                this.seen.set(id, raisedAt);
                newest = Math.max(newest, raisedAt);
            }
        }
        // Only now: after a failure on the way one owner's alerts may have been read further than another's.
        this.since = Math.max(since, newest - overlapMs);
        for (const [id, raisedAt] of this.seen) if (raisedAt <= this.since) this.seen.delete(id);
        this.count = this.since === since ? row.alerts : -1;
    }

    /** Hands over all alerts again of which something may still be to be told, raised after `from` (ms) where it is given. */
    async rescan(take: (alerts: readonly Alert[]) => Promise<void>, from = this.from): Promise<void> {
        for await (const alerts of this.pages(Math.max(from, this.from))) await take(alerts);
    }

    /** Who has been told of these. */
    async told(ids: readonly string[]): Promise<Told> {
        const rows = await this.database.rows<{ id: string; target: string }>(
            `SELECT DISTINCT alert_id AS id, toString(target) AS target FROM detection.notifications WHERE alert_id IN {ids:Array(String)}`,
            { ids },
        );
        return new Set(rows.map(({ id, target }) => toldKey(id, target)));
    }

    /** What mutes alerts now. */
    async circumstances(now: number): Promise<Circumstances> {
        const silences = this.database.rows<Silence>(
            `SELECT silence_id AS id, toString(kind) AS kind, toString(rule) AS rule, toString(entity_kind) AS entityKind, entity_id AS entityId,
                toString(owner) AS owner, toString(severity) AS severity, ${ms("starts_at")} AS startsAt, ${ms("ends_at")} AS endsAt
             FROM detection.silences FINAL WHERE ends_at > {now:DateTime64(3)}`,
            { now: clickhouseMillis(now) },
        );
        const spans = this.database.rows<Omit<Blindness, "to"> & { to: number | null }>(
            `SELECT toString(rule) AS rule, toString(fact) AS fact, intDiv(toUnixTimestamp64Micro(blind_from), 1000) AS from,
                intDiv(toUnixTimestamp64Micro(blind_to), 1000) AS to
             FROM detection.blind_spans FINAL WHERE run = '' AND (blind_to IS NULL OR blind_to > {from:DateTime64(3)})`,
            { from: clickhouseMillis(this.from) },
        );
        const [muted, blind] = await Promise.all([silences, spans]);
        return { silences: muted, blind: blind.map((span) => ({ ...span, to: span.to ?? undefined })) };
    }

    /** By owners in turn, each one's in the order they were raised: a storm of one owner's alerts makes no other wait. */
    private async *pages(since: number): AsyncGenerator<Alert[]> {
        const reached = new Map<string, Reached>();
        let more = true;
        while (more) {
            more = false;
            for (const owner of await this.owners(since)) {
                const rows = await this.page(owner, reached.get(owner) ?? { at: since, after: "" });
                yield rows;
                const last = rows.at(-1);
                if (last !== undefined) reached.set(owner, { at: last.raisedAt, after: last.id });
                more ||= rows.length === page;
            }
        }
    }

    private async owners(since: number): Promise<string[]> {
        const rows = await this.database.rows<{ owner: string }>(
            `SELECT DISTINCT toString(owner) AS owner FROM detection.alerts WHERE raised_at >= {since:DateTime64(3)} ORDER BY owner`,
            { since: clickhouseMillis(since) },
        );
        return rows.map(({ owner }) => owner);
    }

    private page(owner: string, { at, after }: Reached): Promise<Alert[]> {
        return this.database.rows<Alert>(
            `SELECT ${alertColumns(this.withReason)} FROM detection.alerts
             WHERE alerts.owner = {of:String} AND raised_at >= {at:DateTime64(3)} AND (raised_at, alert_id) > ({at:DateTime64(3)}, {after:String})
             ORDER BY raised_at, alert_id LIMIT ${String(page)}`,
            { of: owner, at: clickhouseMillis(at), after },
        );
    }
}

/** How far an owner's alerts have been read. */
interface Reached {
    /** raised_at of the last one, ms. */
    readonly at: number;
    readonly after: string;
}

/** How far back alerts can be that nobody has been told of: the last attempt of a message is three days after the first. */
const lookBackMs = 7 * 86_400_000;
/** At its very first start a worker looks at what is as old as this, and tells nobody of the past. */
const firstLookMs = 3_600_000;

/** From when on alerts are of interest, ms. */
export async function beginning(database: Database, now: number): Promise<number> {
    const [row] = await database.rows<{ rows: number; first: number }>(
        `SELECT count() AS rows, ${ms("min(decided_at)")} AS first FROM detection.notifications`,
    );
    const first = row === undefined || row.rows === 0 ? now : row.first;
    return Math.max(first - firstLookMs, now - lookBackMs);
}
