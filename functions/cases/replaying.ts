// Messages that were given up, asked for once more: the dispatcher sends them under the same message_id, so that receivers can tell.
import { deliveries } from "../../schema/detection";
import { clickhouseMillis } from "../shared/time";
import { type Session } from "./session";
import { columns } from "./text";

interface Dead {
    message_id: string;
    target: string;
    kind: string;
    alerts: number;
    given_up: string;
    error: string;
}

/** Which dead messages are meant; nothing: all. */
export interface Which {
    readonly target?: string;
    readonly message?: string;
}

/** Messages whose last word is that they were given up. */
const dead = ({ database }: Session, { target = "", message = "" }: Which): Promise<Dead[]> =>
    database.rows<Dead>(
        `SELECT message_id, target, toString(any(kind)) AS kind, max(alerts) AS alerts, toString(max(journal.at)) AS given_up,
            argMax(error, (journal.at, toInt8(state))) AS error
         FROM trading.deliveries AS journal
         WHERE ({target:String} = '' OR target = {target:String}) AND ({message:String} = '' OR message_id = {message:String})
         GROUP BY message_id, target HAVING argMax(state, (journal.at, toInt8(state))) = 'dead' ORDER BY given_up, message_id`,
        { target, message },
    );

/** `alerts replay` in words: asks for dead messages again, or with `dryRun` only names them. */
export async function replay(session: Session, which: Which, dryRun: boolean): Promise<string> {
    const found = await dead(session, which);
    if (found.length === 0) return "no dead message fits\n";
    const rows = found.map(({ message_id, target, kind, alerts, given_up, error }) => [
        ...[message_id, target, `${kind} of ${String(alerts)}`, given_up, error],
    ]);
    const list = columns([["MESSAGE", "TARGET", "TELLS", "GIVEN UP (UTC)", "WHY"], ...rows]);
    if (dryRun) return list;
    const at = clickhouseMillis(Date.now());
    await session.database.insert(
        `${deliveries.database}.${deliveries.name}`,
        found.map(({ message_id, target, kind, alerts }) => ({
            ...{
                message_id,
                target,
                kind,
                attempt: 0,
                state: "replayed",
                at,
                status: 0,
                error: "",
                next_at: null,
                alerts,
            },
        })),
    );
    await session.audit("alerts.replay", which.message ?? "deliveries", {
        ...which,
        messages: String(found.length),
    });
    return `${list}${String(found.length)} queued again; the dispatcher sends them as its targets allow\n`;
}
