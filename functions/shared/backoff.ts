// Waiting between attempts, so that a service that comes back is not run over by all its clients at once.
import { setTimeout as delay } from "node:timers/promises";

/** Exponential backoff with full jitter: anything between 0 and min(cap, base * 2^attempt) milliseconds. */
export function fullJitter(attempt: number, baseMs: number, capMs: number, random: () => number = Math.random): number {
    return random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30));
}

/** Waits; an abort ends the wait early instead of throwing. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
    try {
        await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
        if (!signal?.aborted) throw error;
    }
}
