// Reads FIX messages as drop-copy logs hold them: tag=value, 4.2 and later, with the real separator or one that people can read.
import { type Tree, type Value } from "../record";
import { UnreadableError } from "./json";
import { type Reading } from "./reading";

const soh = "\x01";
/** The separator follows the begin string; logs write it as it is, as a bar, or in caret notation. */
const begin = new RegExp(`8=FIXT?\\.\\d\\.\\d(${soh}|\\||\\^A)`);
/** Messages of the session itself say nothing of orders: heartbeat, test, resend, reject, reset, logout, logon. */
const sessionTypes = new Set(["0", "1", "2", "3", "4", "5", "A"]);

/** The frame, and the group of parties, which `parties` holds. */
const passedOver = new Set(["8", "9", "10", "447", "448", "452", "453"]);

const end = new RegExp(`^(.*${soh})10=(\\d{3})${soh}?$`, "s");

/** How the checksum of the last field (10) is taken: all bytes before it, modulo 256. */
function checksumOf(message: string): string {
    let sum = 0;
    for (const byte of Buffer.from(message)) sum = (sum + byte) & 0xff;
    return String(sum).padStart(3, "0");
}

function verify(message: string): void {
    const [, body, given] = end.exec(message) ?? [];
    if (body === undefined || given === undefined)
        throw new UnreadableError("FIX: no checksum (10=) at the end, so the message is cut off");
    const computed = checksumOf(body);
    if (computed !== given)
        throw new UnreadableError(
            `FIX: checksum is ${computed}, the message says ${given}; where values were masked, set checksum: ignore`,
        );
}

/** Parties (tags 448 to 452) by their role, which is how accounts and clients are told from firms. */
function partiesOf(fields: readonly (readonly [string, string])[]): Tree {
    const parties: Record<string, string> = {};
    let id = "";
    for (const [tag, value] of fields) {
        if (tag === "448") id = value;
        if (tag === "452") parties[value] = id;
    }
    return parties;
}

/**
 * A FIX message as fields by tag number: a tag of a repeating group is the list of its values, `parties` holds the ids of the parties by role.
 * What a log writes before the message is passed over.
 * @throws UnreadableError where it is no whole message
 */
export function readFix(line: string, checksum: "verify" | "ignore"): Reading {
    const start = begin.exec(line);
    if (start === null) throw new UnreadableError("FIX: no begin string (8=FIX.x.y) in the line");
    const separator = start[1] ?? soh;
    const message = line.slice(start.index).trimEnd().replaceAll(separator, soh);
    if (checksum === "verify") verify(message);
    const fields = message
        .split(soh)
        .filter((field) => field !== "")
        .map((field) => {
            const [, tag, value] = /^(\d{1,5})=(.*)$/s.exec(field) ?? [];
            if (tag === undefined || value === undefined)
                throw new UnreadableError(`FIX: ${JSON.stringify(field.slice(0, 40))} is not tag=value`);
            return [tag, value] as const;
        });
    const record: Record<string, Value> = {};
    for (const [tag, value] of fields) {
        if (passedOver.has(tag)) continue;
        const known = record[tag];
        if (known === undefined) record[tag] = value;
        else record[tag] = [...(Array.isArray(known) ? (known as Value[]) : [known]), value];
    }
    const type = record["35"];
    return {
        record: { ...record, parties: partiesOf(fields) },
        housekeeping: typeof type === "string" && sessionTypes.has(type),
    };
}
