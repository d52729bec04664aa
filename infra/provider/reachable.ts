// What an absent server means to a preview or a refresh: nothing is compared with it, and that is said once.
import { Unreachable } from "./clients";
import { type Context } from "./kind";

export const notChecked = "nothing is compared with it (expected before its first start)";
export const stateKept = "nothing is read from it, the state is left as it was";

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
