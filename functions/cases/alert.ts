// An alert as it is stored, with its state and all that was done about it.
import { type AlertState } from "../../schema/detection";
import { type Database } from "../shared/clickhouse";

/** A row of trading.alerts; times are UTC as ClickHouse writes them. */
export interface Alert {
    readonly alert_id: string;
    readonly kind: "alert" | "summary";
    readonly rule: string;
    readonly rule_version: number;
    readonly sql_hash: string;
    readonly parameters: Readonly<Record<string, string>>;
    readonly run: string;
    readonly origin: string;
    readonly entity_kind: string;
    readonly entity_id: string;
    readonly trigger_key: string;
    readonly event_time: string;
    readonly window_from: string;
    readonly as_of: string;
    readonly known_at: string;
    readonly pass: "early" | "final";
    readonly raised_at: string;
    readonly score: number;
    readonly severity: string;
    readonly owner: string;
    readonly mode: string;
    readonly reason: string;
    readonly details: Readonly<Record<string, string>>;
    readonly exemption: string;
    readonly held_back: string;
    readonly warming: boolean;
    readonly evidence_hash: string;
}

/** A row of trading.alert_states. */
export interface State {
    readonly alert_id: string;
    readonly state: AlertState;
    readonly outcome: string;
    readonly actor: string;
    readonly note: string;
    readonly changed_at: string;
    readonly snoozed_until: string | null;
    readonly notified_at: string | null;
}

/** A row of trading.alert_evidence. */
export interface StoredEvidence {
    readonly position: number;
    readonly source: string;
    readonly content: string;
    readonly hash: string;
}

/** Something that happened to an alert. */
export interface Step {
    readonly at: string;
    readonly what: string;
    readonly actor: string;
    readonly note: string;
}

/** The alert and its state. Throws where there is none of this id. */
export async function alertOf(database: Database, id: string): Promise<{ alert: Alert; state: State }> {
    const [[alert], [state]] = await Promise.all([
        database.rows<Alert>("SELECT * FROM trading.alerts WHERE alert_id = {id:String}", { id }),
        database.rows<State>("SELECT * FROM trading.alert_states WHERE alert_id = {id:String}", { id }),
    ]);
    if (alert === undefined || state === undefined)
        throw new Error(`no alert ${JSON.stringify(id)}; npm run alerts -- list shows the newest`);
    return { alert, state };
}

/** Its evidence, in order: the set the alert names, found by its key. */
export const evidenceOf = (
    database: Database,
    { alert_id, evidence_hash }: Pick<Alert, "alert_id" | "evidence_hash">,
): Promise<StoredEvidence[]> =>
    database.rows<StoredEvidence>(
        `SELECT position, source, content, hash FROM detection.alert_evidence FINAL
         WHERE alert_id = {alert_id:String} AND evidence_hash = {evidence_hash:String} ORDER BY position`,
        { alert_id, evidence_hash },
    );

/** What happened to it since it fired, in the order of time: messages about it, and what people did. */
export const historyOfAlert = (database: Database, id: string): Promise<Step[]> =>
    database.rows<Step>(
        `SELECT toString(at) AS at, what, actor, note FROM (
            SELECT at, concat(toString(action), if(outcome = '', '', concat(': ', toString(outcome))),
                if(isNull(until), '', concat(' until ', toString(until)))) AS what, toString(actor) AS actor, note, event_id AS id
            FROM trading.alert_events WHERE alert_id = {id:String}
            UNION ALL
            SELECT decided_at, concat('decided ', toString(decision), if(target = '', '', concat(' to ', target))), '', by, message_id
            FROM trading.notifications WHERE alert_id = {id:String}
            UNION ALL
            SELECT at, concat('delivery ', toString(state), ' by ', target), '',
                concat(message_id, if(error = '', '', concat(': ', error))), concat(message_id, toString(attempt), toString(toInt8(state)))
            FROM trading.deliveries WHERE state != 'intent' AND message_id IN (
                SELECT message_id FROM detection.notifications WHERE alert_id = {id:String} AND message_id != '')
         ) AS steps ORDER BY steps.at, steps.id`,
        { id },
    );
