// Waiting in tests: for something to be true, never for time to pass.
import { setTimeout as delay } from "node:timers/promises";

/** Polls until `check` gives something other than undefined or false; fails with what it waited for. */
export async function until<T>(what: string, check: () => T | Promise<T>, timeoutMs = 20_000): Promise<NonNullable<T>> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
        const found = await check();
        if (found !== undefined && found !== null && found !== false) return found;
        if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`);
        await delay(10);
    }
}
