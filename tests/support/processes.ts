/** What tests with real processes share: free ports, folders that go away again, waiting for a condition instead of sleeping. */
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A port on 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(0, "127.0.0.1", resolve);
    });
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
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
