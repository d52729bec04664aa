// The newest alerts that somebody looks for, a line each.
import { statesFrom } from "../../schema/detection";
import { type Database } from "../shared/clickhouse";
import { clickhouseMillis } from "../shared/time";
import { type Alert, type State } from "./alert";
import { type Session } from "./session";
import { columns } from "./text";

/** A place in the list: what comes after this alert. */
export interface Place {
    /** As ClickHouse writes it, UTC. */
    readonly raisedAt: string;
    readonly alertId: string;
}

/** What is looked for; undefined: anything. */
export interface Wanted {
    /** open: not closed. */
    readonly state?: string;
    readonly rule?: string;
    readonly severity?: string;
    readonly owner?: string;
    readonly entity?: string;
    /** Run of a replay or simulation; empty for live. */
    readonly run: string;
    /** Raised from then on. */
    readonly from: Date;
    readonly before?: Place;
    readonly limit: number;
    /** One look is enough, however little fits: what it costs is bounded, the list may be short, and goes on where the look ended. */
    readonly once: boolean;
}

/** An alert in the list. */
export type Listed = Pick<
    Alert,
    "alert_id" | "raised_at" | "severity" | "rule" | "entity_kind" | "entity_id" | "reason"
> &
    Pick<State, "state" | "outcome">;

/** Alerts of the list; `next` is where it goes on, undefined where it ends. */
export interface Found {
    readonly alerts: readonly Listed[];
    readonly next: Place | undefined;
    readonly lookedAt: number;
}

const exact = { rule: "rule", severity: "severity", owner: "owner", entity: "entity_id" } as const;

/** Alerts whose last step of these is `is`: what people did about alerts is far less than there are alerts, all of it can be read for a page. */
const lastStep = (is: string, ...others: string[]): string =>
    `SELECT alert_id FROM (
        SELECT alert_id, action, until FROM detection.alert_events WHERE action IN (${[is, ...others].map((each) => `'${each}'`).join(", ")})
        ORDER BY at DESC, event_id DESC LIMIT 1 BY alert_id
     ) WHERE action = '${is}'`;
const closed = lastStep("closed", "reopened");
const open = `alert_id NOT IN (${closed})`;
const resting = `${lastStep("snoozed", "unsnoozed", "reopened")} AND until > now64(3)`;
/** Found among what was done first: all alerts are then compared with one set, not with three. */
const awake = (steps: string): string => `alert_id IN (${steps} AND ${open} AND alert_id NOT IN (${resting}))`;
/** Alerts of a state, but for those of another that an event just written has moved. */
const ofState: Readonly<Record<string, string>> = {
    closed: `alert_id IN (${closed})`,
    acknowledged: awake(lastStep("acknowledged", "escalated", "reopened")),
    escalated: awake(lastStep("escalated", "acknowledged", "reopened")),
    snoozed: `alert_id IN (${resting} AND ${open})`,
};
/** Whether somebody was told of an alert is known from what was delivered, of which there is as much as there are alerts: they are looked at a part at a time. */
const part = 400;

const ids = "alert_id IN {ids:Array(String)}";
const statesOfIds = statesFrom({
    events: ` WHERE ${ids}`,
    notifications: ` AND ${ids}`,
    deliveries: ` AND message_id IN (SELECT message_id FROM detection.notifications WHERE ${ids})`,
});

type Row = Omit<Listed, "state" | "outcome">;
type Key = Pick<Row, "alert_id" | "raised_at" | "rule">;
type Standing = Pick<State, "alert_id" | "state" | "outcome">;

/** The newest that may fit: nothing is read of all alerts but what they are sorted and chosen by, and nothing merged. */
function newest(database: Database, wanted: Wanted, before: Place | undefined, limit: number): Promise<Key[]> {
    const given = (Object.keys(exact) as (keyof typeof exact)[]).filter((key) => wanted[key] !== undefined);
    const conditions = [
        "run = {run:String} AND raised_at >= {from:DateTime64(3, 'UTC')}",
        ...given.map((key) => `${exact[key]} = {${key}:String}`),
        wanted.state === undefined ? "1" : (ofState[wanted.state] ?? open),
        ...(before === undefined
            ? []
            : [
                  "raised_at <= {raisedAt:DateTime64(3, 'UTC')} AND (raised_at < {raisedAt:DateTime64(3, 'UTC')} OR alert_id > {alertId:String})",
              ]),
    ].join(" AND ");
    const { run, from } = wanted;
    return database.rows<Key>(
        `SELECT alert_id, raised_at, rule FROM detection.alerts WHERE ${conditions} ORDER BY raised_at DESC, alert_id LIMIT {limit:UInt32}`,
        {
            ...Object.fromEntries(given.map((key) => [key, wanted[key]])),
            ...{ run, limit, from: clickhouseMillis(from.getTime()), ...before },
        },
    );
}

/** The states of alerts; those that are not in it have fired. */
const statesOf = async (database: Database, keys: readonly Key[]): Promise<Map<string, Standing>> => {
    const found = await database.rows<Standing>(statesOfIds, { ids: keys.map(({ alert_id }) => alert_id) });
    return new Map(found.map((each) => [each.alert_id, each]));
};

/** The rows of alerts, found by their key, in the order of `keys`. An alert that was written twice is where it was raised first. */
async function rowsOf(database: Database, keys: readonly Key[], run: string): Promise<Row[]> {
    const rules = [...new Set(keys.map(({ rule }) => rule))];
    const found = await database.rows<Row>(
        `SELECT alert_id, raised_at, severity, rule, entity_kind, entity_id, reason FROM trading.alerts
         WHERE rule IN {rules:Array(String)} AND run = {run:String} AND ${ids}`,
        { run, rules, ids: keys.map(({ alert_id }) => alert_id) },
    );
    const known = new Map(found.map((row) => [row.alert_id, row]));
    return keys.flatMap(({ alert_id, raised_at }) => {
        const row = known.get(alert_id);
        // Taken out once it is found: two rows of one millisecond are one alert.
        return row?.raised_at === raised_at && known.delete(alert_id) ? [row] : [];
    });
}

const fits = (wanted: string | undefined, state: string): boolean =>
    wanted === undefined || (wanted === "open" ? state !== "closed" : state === wanted);
const placeOf = ({ raised_at: raisedAt, alert_id: alertId }: Key): Place => ({ raisedAt, alertId });

/** Alerts that fit, newest first. What a page of them costs hardly grows with the number of alerts. */
export async function alertsLike(database: Database, wanted: Wanted): Promise<Found> {
    const { state, run, limit, once } = wanted;
    const length = state === "fired" || state === "notified" ? Math.max(limit, part) : limit;
    const alerts: Listed[] = [];
    let lookedAt = 0;
    for (let place = wanted.before; ;) {
        const keys = await newest(database, wanted, place, length);
        const [last] = keys.slice(-1);
        if (last === undefined) return { alerts, next: undefined, lookedAt };
        // Where nearly all will be shown, their rows are asked for at once.
        const [states, early] = await Promise.all([
            statesOf(database, keys),
            length === limit ? rowsOf(database, keys, run) : undefined,
        ]);
        const standing = (id: string): Pick<Listed, "state" | "outcome"> =>
            states.get(id) ?? { state: "fired", outcome: "" };
        const fitting = keys.filter(({ alert_id }) => fits(state, standing(alert_id).state));
        const chosen = fitting.slice(0, limit - alerts.length);
        const shown = new Set(chosen.map(({ alert_id }) => alert_id));
        const rows = early?.filter(({ alert_id }) => shown.has(alert_id)) ?? (await rowsOf(database, chosen, run));
        alerts.push(...rows.map((row) => ({ ...row, ...standing(row.alert_id) })));
        lookedAt += keys.length;
        place = placeOf((chosen.length < fitting.length && chosen.at(-1)) || last);
        if (chosen.length === fitting.length && keys.length < length) return { alerts, next: undefined, lookedAt };
        if (once || alerts.length >= limit) return { alerts, next: place, lookedAt };
    }
}

/** `alerts list` in words. */
export async function list(session: Session, wanted: Omit<Wanted, "once" | "before">): Promise<string> {
    const { alerts } = await alertsLike(session.database, { ...wanted, once: false });
    const { from, limit, ...filters } = wanted;
    const found = String(alerts.length);
    await session.audit("alerts.list", "alerts", { ...filters, from: from.toISOString(), found });
    if (alerts.length === 0) return `no alert since ${from.toISOString()} fits\n`;
    const rows = alerts.map(
        ({ alert_id, raised_at, severity, rule, entity_kind, entity_id, reason, state, outcome }) => [
            ...[alert_id, raised_at.slice(0, 19), severity, rule, outcome === "" ? state : `${state}: ${outcome}`],
            ...[`${entity_kind} ${entity_id}`, reason],
        ],
    );
    const more = alerts.length === limit ? `the newest ${String(limit)}; --limit shows more\n` : "";
    return columns([["ALERT", "RAISED (UTC)", "SEVERITY", "RULE", "STATE", "ENTITY", "REASON"], ...rows]) + more;
}
