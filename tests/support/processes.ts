/** What tests with real processes share: free ports, folders that go away again, waiting for a condition instead of sleeping. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * A port on 127.0.0.1 that was free a moment ago, below those that the system gives to outgoing connections: one of these could
 * take it before its service listens, or a probe of it could connect to itself.
 */
export async function freePort(): Promise<number> {
    for (;;) {
        const port = 15_000 + Math.floor(Math.random() * 17_000);
        if (await isFree(port)) return port;
    }
}

async function isFree(port: number): Promise<boolean> {
    const server = createServer();
    const listening = await new Promise<boolean>((resolve) => {
        server.once("error", () => resolve(false));
        server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (listening) await new Promise((resolve) => server.close(resolve));
    return listening;
}

/** An empty folder below the system's temporary one. */
export function temporaryFolder(name: string): string {
    return mkdtempSync(path.join(tmpdir(), `trading-test-${name}-`));
}

/** Removes a folder; processes that still end may write into it meanwhile, hence the retries. */
export function removeFolder(folder: string): void {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/**
 * Polls until `probe` gives something other than undefined or false, and returns that.
 * @throws Error naming what was waited for, after `timeoutMs`, with the last error of the probe if it threw
 */
export async function until<T>(
    what: string,
    probe: () => T | undefined | false | Promise<T | undefined | false>,
    timeoutMs = 20_000,
): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    let cause: unknown;
    for (;;) {
        try {
            const found = await probe();
            if (found !== undefined && found !== false) return found;
            cause = undefined;
        } catch (error) {
            cause = error;
        }
        if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`, { cause });
        await sleep(50);
    }
}

/** SIGKILL; nothing when it is gone already. */
export function kill9(pid: number): void {
    try {
        process.kill(pid, "SIGKILL");
    } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
}
