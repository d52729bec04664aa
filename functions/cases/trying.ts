// A message by the real way, with the real secrets, which only the worker knows: it is asked for in the journal, where the answer is found.
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { deliveries } from "../../schema/detection";
import { clickhouseMillis } from "../shared/time";
import { type Session } from "./session";

const lookEveryMs = 500;

interface Answer {
    state: string;
    status: number;
    error: string;
}

/** The journal's last word on a message; undefined while the worker has not tried it. */
async function answerTo({ database }: Session, message: string): Promise<Answer | undefined> {
    const rows = await database.rows<Answer>(
        `SELECT toString(state) AS state, status, error FROM trading.deliveries
         WHERE message_id = {message:String} AND state IN ('accepted', 'failed', 'dead') ORDER BY trading.deliveries.at DESC, trading.deliveries.state DESC LIMIT 1`,
        { message },
    );
    return rows[0];
}

/** `alerts test` in words: whether the target took a test message. Throws where it did not, and where nobody has tried in time. */
export async function tryTarget(session: Session, target: string, waitSeconds: number): Promise<string> {
    const message_id = `test-${randomUUID()}`;
    const at = clickhouseMillis(Date.now());
    await session.database.insert(`${deliveries.database}.${deliveries.name}`, [
        {
            ...{ message_id, target, kind: "test", attempt: 0, state: "replayed", at },
            ...{ status: 0, error: "", next_at: null, alerts: 0 },
        },
    ]);
    await session.audit("alerts.test", target, { message: message_id });
    const end = Date.now() + waitSeconds * 1_000;
    while (Date.now() < end) {
        await pause(lookEveryMs);
        const answer = await answerTo(session, message_id);
        if (answer?.state === "accepted") return `${target} took the test message (HTTP ${String(answer.status)})\n`;
        if (answer !== undefined)
            throw new Error(`${target} did not take the test message: ${answer.error} (HTTP ${String(answer.status)})`);
    }
    throw new Error(
        `nobody has tried to reach ${JSON.stringify(target)} within ${String(waitSeconds)} s: make status shows whether the worker alerts runs, and config alertTargets what it knows`,
    );
}
