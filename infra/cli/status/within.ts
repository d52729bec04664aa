/** Every part of `make status` has its time: a service that hangs must not hang the command that is asked about it. */
import { setTimeout as pause } from "node:timers/promises";

/** @throws Error saying so, when there is no result after `ms` milliseconds */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
    const late = new AbortController();
    const limit = pause(ms, undefined, { signal: late.signal }).then(() => {
        throw new Error(`${what} gave no answer within ${String(ms / 1000)} s`);
    });
    try {
        return await Promise.race([work, limit]);
    } finally {
        late.abort();
        limit.catch(() => undefined);
    }
}
