// The order in which a message is written down and sent. This order is what keeps alerts from being lost or repeated, so nothing else is in here.
import { journalRow, notificationsOf, unacknowledged } from "./messages";
import { type Delivery, type Message, type Notification, type Outcome } from "./model";
import { type Lane, type Open } from "./lane";

/** One thing to be done outside; the next one comes when it is done. */
export type Effect =
    | { readonly do: "notify"; readonly rows: readonly Notification[] }
    | { readonly do: "escalate"; readonly message: Message }
    | { readonly do: "journal"; readonly row: Delivery }
    | { readonly do: "send"; readonly message: Message; readonly attempt: number };

/**
 * Delivers a message once: its effects one after the other, each to be carried out before the next is asked for, and what came of a send handed in.
 * What the message tells of is written first: from then on a restart finds it, and sends it under the same id. Then that alerts were escalated, where they were,
 * the intent, the send, and what came of it.
 * Killed before the send, it is sent once; killed between the send and the last row, it is sent again with the same id: that cannot be told from not sent.
 */
export function* delivering(lane: Lane, open: Open, now: () => number): Generator<Effect, void, Outcome | undefined> {
    const { message } = open;
    if (!open.recorded) {
        yield { do: "notify", rows: notificationsOf(message) };
        open.recorded = true;
    }
    if (lane.gone !== undefined) {
        yield { do: "journal", row: lane.abandon(open, lane.gone, now()) };
    } else {
        const attempt = open.attempts + 1;
        if (attempt === 1 && message.by === unacknowledged) yield { do: "escalate", message };
        yield { do: "journal", row: journalRow(message, { attempt, state: "intent", at: now() }) };
        lane.spend(now());
        const outcome = yield { do: "send", message, attempt };
        if (outcome === undefined) throw new Error(`nothing is known of the sending of ${message.id}`);
        yield { do: "journal", row: lane.settle(open, outcome, now()) };
    }
    lane.release();
}
