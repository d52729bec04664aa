/** How long a crashed process waits for its next start. Pure. */

/** Milliseconds: the first and the longest wait, and how long it must have been healthy for the count to begin anew. */
export const BACKOFF = { firstMs: 500, longestMs: 15_000, resetAfterHealthyMs: 60_000 } as const;

/**
 * Doubles from 0.5 s to 15 s, varied by a fifth either way so that processes felled together do not return together.
 * @param crashes how many crashes in a row came before this one
 * @param random uniform in [0, 1)
 */
export function backoffMs(crashes: number, random: () => number = Math.random): number {
    const wait = BACKOFF.firstMs * 2 ** Math.min(crashes, 30) * (0.8 + 0.4 * random());
    return Math.round(Math.min(BACKOFF.longestMs, Math.max(BACKOFF.firstMs, wait)));
}

/** Crashes in a row, this one included, after a run that had been healthy for `healthyMs` when it ended. */
export function countCrash(crashesBefore: number, healthyMs: number): number {
    return healthyMs >= BACKOFF.resetAfterHealthyMs ? 1 : crashesBefore + 1;
}
