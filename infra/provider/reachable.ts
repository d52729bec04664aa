// What an absent server means to a preview or a refresh: nothing is compared with it, and that is said once.
import { setTimeout as pause } from "node:timers/promises";
import { Unreachable } from "./clients";
import { type Context } from "./kind";
import { Problem } from "./problem";

export const notChecked = "nothing is compared with it (expected before its first start)";
export const stateKept = "nothing is read from it, the state is left as it was";

/** A service that was reached, but says nothing, is given up for a preview after so long. */
const answerSeconds = 5;

/** What a service answers; throws a Problem when it has not for a while. The work is left to itself then. */
export async function promptly<T>(work: Promise<T>): Promise<T> {
    const done = new AbortController();
    const late = pause(answerSeconds * 1_000, undefined, { signal: done.signal }).then(() => {
        throw new Problem(`no answer came within ${String(answerSeconds)} s`);
    });
    try {
        return await Promise.race([work, late]);
    } finally {
        done.abort();
        late.catch(() => undefined);
    }
}

/** Runs work that may find its service away; then the answer is `otherwise`. */
export async function ifReachable<T>(
    { log }: Context,
    consequence: string,
    work: () => Promise<T>,
    otherwise: T,
): Promise<T> {
    try {
        return await work();
    } catch (cause) {
        if (!(cause instanceof Unreachable)) throw cause;
        log.once(`${cause.message}; ${consequence}`);
        return otherwise;
    }
}
