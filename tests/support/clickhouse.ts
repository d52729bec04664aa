// Starts the embedded ClickHouse for tests, as the real process that users run, on a folder and port of its own.
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from "@clickhouse/client";
import { until } from "./processes";

const MAIN = resolve(__dirname, "../../infra/embedded/clickhouse-host/main.ts");
const PROJECT = resolve(__dirname, "../..");
const START_MS = 60_000;

/** A running host. */
export interface TestClickHouse {
    /** Base URL, http://127.0.0.1:<port>. */
    url: string;
    pid: number;
    /** The data folder. */
    path: string;
    /** Lines of its output so far (JSON log lines and the engine's warnings). */
    output: () => string;
    /** SIGTERM; resolves with the exit code. */
    stop(): Promise<number | null>;
    /** SIGKILL; resolves when the process is gone. */
    kill9(): Promise<void>;
}

/** How to start a host; without `path` a new folder is made, which `stop` removes. */
export interface TestClickHouseOptions {
    path?: string;
    /** 0 (default): any free port. */
    port?: number;
    /** Further command line arguments. */
    args?: string[];
}

/** The host of a suite; all of it is there from the suite's own first hook on. */
export interface SuiteHost {
    readonly url: string;
    readonly pid: number;
    readonly client: ClickHouseClient;
}

/** Gives the suite that calls it a host of its own, with a client: started before its first test, stopped after its last with exit code 0. */
export function useClickHouseHost(clientOptions: NonNullable<Parameters<typeof createClient>[0]> = {}): SuiteHost {
    let host: TestClickHouse | undefined;
    let client: ClickHouseClient | undefined;
    const present = <T>(value: T | undefined): T => {
        assert.ok(value, "the host is started by a hook, use it in hooks and tests only");
        return value;
    };
    before(async () => {
        host = await startClickHouseHost();
        client = createClient({ url: host.url, log: { level: ClickHouseLogLevel.OFF }, ...clientOptions });
    });
    after(async () => {
        await client?.close();
        if (host !== undefined) assert.equal(await host.stop(), 0);
    });
    return {
        get url() {
            return present(host).url;
        },
        get pid() {
            return present(host).pid;
        },
        get client() {
            return present(client);
        },
    };
}

/** Starts a host and waits for its /ping. Rejects with its output when it does not come up. */
export async function startClickHouseHost(options: TestClickHouseOptions = {}): Promise<TestClickHouse> {
    const path = options.path ?? (await mkdtemp(join(tmpdir(), "clickhouse-test-")));
    const { child, output } = spawnHost(path, options);
    const pid = child.pid;
    if (pid === undefined) {
        throw new Error(`tests: the ClickHouse host could not be spawned: ${output()}`);
    }
    const port = await readPort(child, output);
    const url = `http://127.0.0.1:${port}`;
    await waitForPing(url, child, output);
    const end = async (signal: NodeJS.Signals) => {
        if (child.exitCode === null && child.signalCode === null) {
            const exited = once(child, "exit");
            child.kill(signal);
            await exited;
        }
        return child.exitCode;
    };
    return {
        url,
        pid,
        path,
        output,
        stop: async () => {
            const code = await end("SIGTERM");
            if (options.path === undefined) {
                await rm(path, { recursive: true, force: true });
            }
            return code;
        },
        kill9: async () => {
            await end("SIGKILL");
        },
    };
}

/** Runs a host that is expected not to start; resolves with its exit code and output. */
export async function runFailingHost(
    options: TestClickHouseOptions & { path: string },
): Promise<{ code: number | null; output: string }> {
    const { child, output } = spawnHost(options.path, options);
    await once(child, "close");
    return { code: child.exitCode, output: output() };
}

function spawnHost(path: string, options: TestClickHouseOptions): { child: ChildProcess; output: () => string } {
    const port = String(options.port ?? 0);
    const args = ["--require", "tsx/cjs", MAIN, "--path", path, "--port", port, ...(options.args ?? [])];
    const child = spawn(process.execPath, args, { cwd: PROJECT, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    }
    return { child, output: () => text };
}

/** Resolves when the host at `url` is running a query that begins with this text; the host puts more behind what it was sent. */
export async function runs(url: string, query: string): Promise<void> {
    const listed = `SELECT count() FROM system.processes WHERE startsWith(query, '${query.replaceAll("'", "\\'")}')`;
    await until(`the host runs ${query}`, async () => {
        const response = await fetch(url, { method: "POST", body: listed });
        return (await response.text()).trim() !== "0";
    });
}

async function readPort(child: ChildProcess, output: () => string): Promise<number> {
    return poll(child, output, () => {
        const match = /"port":(\d+),.*"msg":"ready"/.exec(output());
        return Promise.resolve(match === null ? undefined : Number(match[1]));
    });
}

async function waitForPing(url: string, child: ChildProcess, output: () => string): Promise<void> {
    await poll(child, output, async () => {
        const response = await fetch(`${url}/ping`).catch(() => undefined);
        return response?.ok === true ? true : undefined;
    });
}

async function poll<T>(child: ChildProcess, output: () => string, look: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + START_MS;
    for (;;) {
        const found = await look();
        if (found !== undefined) {
            return found;
        }
        if (child.exitCode !== null || Date.now() > deadline) {
            child.kill("SIGKILL");
            throw new Error(
                `tests: the ClickHouse host did not start (exit code ${child.exitCode ?? "none"}):\n${output()}`,
            );
        }
        await new Promise((resume) => setTimeout(resume, 20));
    }
}
