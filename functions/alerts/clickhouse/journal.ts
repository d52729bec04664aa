// What the worker writes down: decisions, the journal of messages, escalations.
import { createHash } from "node:crypto";
import { type TableSpec } from "../../../schema/ddl/spec";
import { alertEvents, deliveries, notifications } from "../../../schema/detection";
import { type Database } from "../../shared/clickhouse";
import { clickhouseMillis, firstWins } from "../../shared/time";
import { type Delivery, type Message, type Notification } from "../core/model";

const nameOf = ({ database, name }: TableSpec): string => `${database}.${name}`;
/** Who escalates. */
const actor = "alerts";

/** Writes rows; they are on disk when a method resolves. */
export class Journal {
    constructor(private readonly database: Database) {}

    notify(rows: readonly Notification[]): Promise<void> {
        const values = rows.map(({ alertId, target, sequence, messageId, decision, by, owner, rule, decidedAt }) => ({
            ...{ alert_id: alertId, target, sequence, message_id: messageId, decision, by, owner, rule },
            ...{ decided_at: clickhouseMillis(decidedAt), version: firstWins(decidedAt) },
        }));
        return this.database.insert(nameOf(notifications), values);
    }

    write(row: Delivery): Promise<void> {
        const { messageId, target, kind, attempt, state, at, status, error, nextAt, alerts } = row;
        const next = nextAt === undefined ? null : clickhouseMillis(nextAt);
        return this.database.insert(nameOf(deliveries), [
            {
                message_id: messageId,
                target,
                kind,
                attempt,
                state,
                at: clickhouseMillis(at),
                status,
                error,
                next_at: next,
                alerts,
            },
        ]);
    }

    /** Says of the alerts of a message that they were escalated; said twice it is the same. */
    escalate({ alerts, at, target, by }: Message): Promise<void> {
        const values = alerts.map(({ id }) => ({
            event_id: createHash("sha256")
                .update([id, "escalated", actor, String(at)].join("|"))
                .digest("hex"),
            ...{ alert_id: id, action: "escalated", outcome: "", until: null, actor, note: `${by}: to ${target}` },
            ...{ at: clickhouseMillis(at), version: firstWins(at) },
        }));
        return this.database.insert(nameOf(alertEvents), values);
    }
}
