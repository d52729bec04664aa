/** How the provider and the command line speak to a stack's supervisor, and how they start it. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, readFileSync } from "node:fs";
import { request } from "node:http";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { processIdentity } from "./identity";
import { openLog, tailLog } from "./logs";
import { PROJECT_DIR, makeSupervisorDirs, supervisorPaths } from "./paths";
import {
    type ProcessDetails,
    type ProcessSpec,
    type ProcessStatus,
    type SupervisorInfo,
    DEFAULT_HEALTH_TIMEOUT_SECONDS,
    EXIT_ALREADY_RUNNING,
} from "./protocol";

/** No supervisor is alive for this folder. */
export class SupervisorUnreachable extends Error {}

/** The supervisor answered, and refused. */
export class SupervisorError extends Error {
    constructor(
        message: string,
        readonly status: number,
    ) {
        super(message);
    }
}

/** How to wait for a process. */
export interface WaitOptions {
    /** Default: the spec's own, else 60. */
    timeoutSeconds?: number;
    /** Gets the process's newest log line whenever it changed, at most one a second. */
    onProgress?: (line: string) => void;
    signal?: AbortSignal;
}

/** Longer than the longest orderly stop of one process. */
const REQUEST_TIMEOUT_MS = 30_000;
/** A process that crashes this often while somebody waits for it will not become healthy. */
const HOPELESS_CRASHES = 4;

/** Speaks to the supervisor of one stack folder; holds nothing open between calls. */
export class SupervisorClient {
    constructor(readonly dir: string) {}

    /** @throws SupervisorUnreachable */
    async info(): Promise<SupervisorInfo> {
        return (await this.call("GET", "/healthz")) as SupervisorInfo;
    }

    /** In start order. */
    async list(): Promise<ProcessStatus[]> {
        return (await this.call("GET", "/processes")) as ProcessStatus[];
    }

    /** @returns undefined when the supervisor has no such process */
    async get(name: string): Promise<ProcessDetails | undefined> {
        return absent(this.call("GET", processPath(name)) as Promise<ProcessDetails>);
    }

    /** Returns once spawned, not once healthy. An equal spec restarts nothing; a changed one stops the old process first. */
    async put(name: string, spec: ProcessSpec): Promise<ProcessStatus> {
        return (await this.call("PUT", processPath(name), spec)) as ProcessStatus;
    }

    /** SIGTERM, ten seconds, SIGKILL; returns once it is gone. @returns false when there was none */
    async remove(name: string): Promise<boolean> {
        return (await absent(this.call("DELETE", processPath(name)).then(() => true))) ?? false;
    }

    /**
     * Waits until a process is healthy.
     * @throws Error naming its log file with the last lines, after the timeout or when it keeps crashing
     */
    async waitHealthy(name: string, options: WaitOptions = {}): Promise<ProcessStatus> {
        const first = await this.get(name);
        if (first === undefined) throw new SupervisorError(`${name}: the supervisor has no such process`, 404);
        const limit = options.timeoutSeconds ?? first.spec.healthTimeoutSeconds ?? DEFAULT_HEALTH_TIMEOUT_SECONDS;
        const deadline = Date.now() + limit * 1000;
        const report = progressOf(first.logFile, options.onProgress);
        let status: ProcessStatus = first;
        while (!status.healthy) {
            options.signal?.throwIfAborted();
            if (status.restarts - first.restarts >= HOPELESS_CRASHES) throw notHealthy(status, "it keeps crashing");
            if (Date.now() > deadline) throw notHealthy(status, `not healthy after ${limit} s`);
            await sleep(200, undefined, options.signal === undefined ? {} : { signal: options.signal });
            report();
            const next = await this.get(name);
            if (next === undefined) throw new SupervisorError(`${name}: removed while waiting for it`, 404);
            status = next;
        }
        return status;
    }

    /** Stops all processes and then the supervisor; returns once it is gone. What shall run is kept for a later start. */
    async shutdown(): Promise<void> {
        const { pid } = await this.info();
        const identity = processIdentity(pid);
        await this.call("POST", "/shutdown");
        while (identity !== undefined && processIdentity(pid) === identity) await sleep(50);
    }

    private call(method: string, route: string, body?: unknown): Promise<unknown> {
        return call(this.dir, method, route, body);
    }
}

/** @returns undefined when no supervisor is alive for this folder */
export async function supervisorIfAlive(dir: string): Promise<SupervisorClient | undefined> {
    const client = new SupervisorClient(dir);
    try {
        await client.info();
        return client;
    } catch (error) {
        if (error instanceof SupervisorUnreachable) return undefined;
        throw error;
    }
}

/**
 * Starts the supervisor, detached, unless one is alive. Many callers at once end up with the same one.
 * @throws Error with the last lines of its log when it does not answer in time (default 30 s)
 */
export async function ensureSupervisor(
    dir: string,
    options: { timeoutSeconds?: number } = {},
): Promise<SupervisorClient> {
    const alive = await supervisorIfAlive(dir);
    if (alive !== undefined) return alive;
    const started = startSupervisor(dir);
    const deadline = Date.now() + (options.timeoutSeconds ?? 30) * 1000;
    for (;;) {
        const client = await supervisorIfAlive(dir);
        if (client !== undefined) {
            // Another caller's came first; ours, perhaps still loading, must not take over when that one is shut down.
            if ((await client.info()).pid !== started.child.pid) started.child.kill("SIGTERM");
            return client;
        }
        if (started.failed() || Date.now() > deadline) throw didNotStart(dir);
        await sleep(50);
    }
}

/** @returns the process, and whether it ended other than to leave the field to one that was started at the same time */
function startSupervisor(dir: string): { child: ChildProcess; failed: () => boolean } {
    const paths = supervisorPaths(dir);
    makeSupervisorDirs(paths);
    const log = openLog(paths.ownLog);
    try {
        const script = path.join(__dirname, "main.ts");
        // node:sqlite, the lock, warns that it is experimental.
        const flags = ["--disable-warning=ExperimentalWarning", "--require", require.resolve("tsx/cjs")];
        const child = spawn(process.execPath, [...flags, script, "--dir", paths.dir], {
            cwd: PROJECT_DIR,
            env: supervisorEnvironment(process.env),
            detached: true,
            stdio: ["ignore", log, log],
        });
        let failed = false;
        child.once("error", () => (failed = true));
        child.once("exit", (code) => (failed = code !== EXIT_ALREADY_RUNNING));
        child.unref();
        return { child, failed: () => failed };
    } finally {
        closeSync(log);
    }
}

/** The starter may hold passphrases and tokens; a process that lives for weeks gets none of them. */
function supervisorEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const names = ["PATH", "HOME", "LANG", "TMPDIR"];
    return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

function didNotStart(dir: string): Error {
    const { ownLog } = supervisorPaths(dir);
    const lines = tailLog(ownLog, 5);
    return new Error(`supervisor: it did not answer after its start; see ${ownLog}, which ends with\n${indent(lines)}`);
}

function notHealthy(status: ProcessStatus, what: string): Error {
    const exit = status.lastExit;
    const ended =
        exit === null ? "" : `, last end: ${exit.error ?? exit.signal ?? `exit code ${exit.code ?? "unknown"}`}`;
    const lines = tailLog(status.logFile, 10);
    return new Error(
        `${status.name}: ${what}, found it ${status.state}${ended}; see ${status.logFile}, which ends with\n${indent(lines)}`,
    );
}

function indent(lines: readonly string[]): string {
    return lines.length === 0 ? "  (nothing)" : lines.map((line) => `  ${line}`).join("\n");
}

/** At most one line a second: the newest of the log, if there is a new one. */
function progressOf(logFile: string, onProgress: WaitOptions["onProgress"]): () => void {
    let last = tailLog(logFile, 1)[0];
    let next = 0;
    return () => {
        if (onProgress === undefined || Date.now() < next) return;
        const line = tailLog(logFile, 1)[0];
        if (line === undefined || line === last) return;
        last = line;
        next = Date.now() + 1000;
        onProgress(line);
    };
}

function processPath(name: string): string {
    return `/processes/${encodeURIComponent(name)}`;
}

async function absent<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
        return await answer;
    } catch (error) {
        if (error instanceof SupervisorError && error.status === 404) return undefined;
        throw error;
    }
}

function readSocketPath(dir: string): string {
    const { socketFile } = supervisorPaths(dir);
    try {
        return readFileSync(socketFile, "utf8").trim();
    } catch (error) {
        throw unreachable(dir, error);
    }
}

function unreachable(dir: string, cause: unknown): SupervisorUnreachable {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new SupervisorUnreachable(
        `supervisor: none is alive for ${supervisorPaths(dir).dir}, found ${reason}; \`make start\` starts it`,
        { cause },
    );
}

async function call(dir: string, method: string, route: string, body: unknown): Promise<unknown> {
    const socketPath = readSocketPath(dir);
    return new Promise((resolve, reject) => {
        const fail = (error: unknown) => reject(unreachable(dir, error));
        const options = { socketPath, method, path: route, agent: false, timeout: REQUEST_TIMEOUT_MS } as const;
        const outgoing = request(options, (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("error", fail);
            response.on("end", () => {
                const status = response.statusCode ?? 0;
                const text = Buffer.concat(chunks).toString("utf8");
                const parsed: unknown = text === "" ? undefined : JSON.parse(text);
                if (status < 300) resolve(parsed);
                else reject(new SupervisorError((parsed as { error?: string }).error ?? `HTTP ${status}`, status));
            });
        });
        outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer in ${REQUEST_TIMEOUT_MS / 1000} s`)));
        outgoing.on("error", fail);
        outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
}
