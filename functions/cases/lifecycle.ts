// What people do about an alert: written as an event that is never changed.
import { createHash } from "node:crypto";
import { type AlertAction, alertEvents, type Outcome } from "../../schema/detection";
import { clickhouseMillis, firstWins } from "../shared/time";
import { alertOf, type State } from "./alert";
import { type Session } from "./session";

/** A step somebody takes. */
export interface Taken {
    readonly alertId: string;
    readonly action: AlertAction;
    /** For closed. */
    readonly outcome?: Outcome;
    /** For snoozed. */
    readonly until?: Date;
    /** Why; must not be empty for closed. */
    readonly note: string;
}

/** Why a step makes no sense in this state; undefined where it does. */
function objection({ action, note }: Taken, { state, actor, changed_at }: State): string | undefined {
    if (action === "closed" && note === "") return "a closure needs a note: why it ended so";
    if (state === "closed" && (action === "acknowledged" || action === "snoozed" || action === "escalated"))
        return `it was closed by ${actor} at ${changed_at} UTC; only a note or another closure can follow`;
    return undefined;
}

/**
 * Writes a step with its audit row; the alert's state follows from it at once. Closing again, with another outcome, corrects the first closure.
 * @param nowMs when it is done, milliseconds since 1970
 * @throws Error where there is no such alert or the step makes no sense, and why
 */
export async function take(session: Session, taken: Taken, nowMs = Date.now()): Promise<void> {
    const { alertId, action, outcome = "", until, note } = taken;
    const { database, actor } = session;
    const { state } = await alertOf(database, alertId);
    const no = objection(taken, state);
    if (no !== undefined) throw new Error(`${alertId} cannot be ${action}: ${no}`);
    const id = createHash("sha256")
        .update([alertId, action, actor, String(nowMs)].join("|"))
        .digest("hex");
    const row = {
        ...{ event_id: id, alert_id: alertId, action, outcome, actor, note },
        until: until === undefined ? null : clickhouseMillis(until.getTime()),
        at: clickhouseMillis(nowMs),
        version: firstWins(nowMs),
    };
    await database.insert(`${alertEvents.database}.${alertEvents.name}`, [row]);
    await session.audit(`alerts.${action}`, alertId, outcome === "" ? {} : { outcome });
}
