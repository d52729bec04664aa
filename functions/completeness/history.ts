// Judges lines of history: each is completed, marked as backfill, and checked by the catalogue, or refused with its reasons.
import { isUtf8 } from "node:buffer";
import { type Declaration } from "../../schema";
import { type AnyEvent } from "../shared/publisher";

/** A line that may be sent, or why it may not. */
export type Verdict = { readonly event: AnyEvent } | { readonly reasons: readonly string[] };

const refused = (...reasons: string[]): Verdict => ({ reasons });

function parsed(text: string): Record<string, unknown> | string {
    try {
        const value = JSON.parse(text) as unknown;
        if (typeof value === "object" && value !== null && !Array.isArray(value))
            return value as Record<string, unknown>;
        return `expected a JSON object, found ${text.slice(0, 60)}`;
    } catch (error) {
        return `not JSON: ${(error as Error).message.slice(0, 200)}`;
    }
}

/**
 * Judges a line in the wire's own form. `event_id` may be left out; `origin` may be left out, live or backfill, and becomes backfill: what was
 * recorded in a replay or made by the simulator is no history.
 */
export function judge(declaration: Declaration, line: Buffer): Verdict {
    if (!isUtf8(line)) return refused("not valid UTF-8");
    const given = parsed(line.toString());
    if (typeof given === "string") return refused(given);
    const { origin = "live", run_id: run = null } = given;
    if (origin !== "live" && origin !== "backfill")
        return refused(`origin: history is live or backfill, found ${JSON.stringify(origin)}`);
    if (run !== null) return refused(`run_id: history has none, found ${JSON.stringify(run)}`);
    const completed: Record<string, unknown> = { ...given, origin: "backfill" };
    const eventId = declaration.eventId(completed);
    const { event_id: id = eventId } = completed;
    const event = { ...completed, event_id: eventId };
    const problems = declaration.problems(event);
    if (problems.length > 0) return refused(...problems);
    if (id !== eventId)
        return refused(`event_id: must be ${JSON.stringify(eventId)} or left out, found ${JSON.stringify(id)}`);
    if (Object.values(event).some((value) => typeof value === "string" && !value.isWellFormed()))
        return refused("half of a surrogate pair, which UTF-8 cannot say");
    return { event: event as unknown as AnyEvent };
}
