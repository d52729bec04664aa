// Messages and what is written down about them.
import { createHash } from "node:crypto";
import {
    type Alert,
    type Decision,
    type Delivery,
    type Message,
    type MessageKind,
    type Notification,
    type Waiting,
} from "./model";

/** The id of a message: the same whenever it is made of the same, so that receivers recognise a repeat. SHA-256, hex. */
export function messageId(target: string, kind: MessageKind, sequence: number, alertIds: readonly string[]): string {
    const hash = createHash("sha256").update(JSON.stringify([target, kind, sequence]));
    for (const id of [...alertIds].sort()) hash.update(`\n${id}`);
    return hash.digest("hex");
}

/** The message that tells of these, which are told in one way. */
export function compose(target: string, items: readonly Waiting[], now: number): Message {
    const [first] = items;
    if (first === undefined) throw new Error(`a message to ${target} tells of nothing`);
    const kind = first.kind === "summary" || items.length === 1 ? first.kind : "digest";
    const alerts = items.map(({ alert }) => alert);
    const ids = alerts.map(({ id }) => id);
    const { sequence, by } = first;
    return { id: messageId(target, kind, sequence, ids), target, kind, sequence, alerts, by, at: now };
}

/** Why an alert is escalated whom nobody has taken on. */
export const unacknowledged = "unacknowledged";

const decisionOf = (kind: MessageKind): Decision =>
    kind === "summary" ? "too_old" : kind === "digest" ? "digest" : "sent";

/** What a message was, by what was written of it: the way back from notificationsOf. */
export function kindOf(decision: Decision, sequence: number, by: string): MessageKind {
    if (decision === "too_old") return "summary";
    if (decision === "digest") return "digest";
    if (sequence > 0) return "repeat";
    return by === "" ? "alert" : "escalation";
}

/** What is written before anything is sent: which alerts a message tells of. */
export const notificationsOf = ({ id, target, kind, sequence, alerts, by, at }: Message): Notification[] =>
    alerts.map((alert) => ({
        ...{ alertId: alert.id, target, sequence, messageId: id, decision: decisionOf(kind), by },
        ...{ owner: alert.owner, rule: alert.rule, decidedAt: at },
    }));

/** What is written of an alert that no message is sent about. */
export const unsent = (alert: Alert, decision: Decision, by: string, now: number): Notification => ({
    ...{ alertId: alert.id, target: "", sequence: 0, messageId: "", decision, by },
    ...{ owner: alert.owner, rule: alert.rule, decidedAt: now },
});

/** A row of the journal. */
export const journalRow = (
    { id, target, kind, alerts }: Message,
    row: Pick<Delivery, "attempt" | "state" | "at"> & Partial<Pick<Delivery, "status" | "error" | "nextAt">>,
): Delivery => ({
    ...{ messageId: id, target, kind, alerts: alerts.length },
    ...{ status: 0, error: "", nextAt: undefined, ...row },
});
