/** One running operating-system process, whether this supervisor started it or an earlier one did. */
import { spawn } from "node:child_process";
import { closeSync, existsSync } from "node:fs";
import { isAlive, processIdentity } from "./identity";
import { openLog } from "./logs";
import type { LastExit } from "./protocol";

/** A process and its end. */
export interface Child {
    /** undefined when it could not be spawned; `exited` then says why. */
    readonly pid: number | undefined;
    readonly identity: string | undefined;
    readonly adopted: boolean;
    /** Resolves, never rejects, once the process is gone and the rest of its group was killed. */
    readonly exited: Promise<LastExit>;
}

/** What to spawn; `env` is the whole environment. */
export interface SpawnOptions {
    command: readonly string[];
    env: Record<string, string>;
    cwd: string;
    logFile: string;
}

/** How often an adopted process is looked at, in ms: it is not our child, so its end comes by no signal. `ps` costs more than /proc. */
const ADOPTED_POLL_MS = process.platform === "linux" ? 500 : 5_000;

/**
 * Starts a process in a session of its own with its output in the log file, so that it outlives a killed supervisor.
 * Never throws: a command that cannot be spawned is a child that has already exited.
 */
export function spawnChild(options: SpawnOptions): Child {
    const [file = "", ...args] = options.command;
    let log: number | undefined;
    try {
        log = openLog(options.logFile);
        const { cwd, env } = options;
        const child = spawn(file, args, { cwd, env, detached: true, stdio: ["ignore", log, log] });
        const { pid } = child;
        const exited = new Promise<LastExit>((resolve) => {
            child.once("exit", (code, signal) => resolve({ code, signal, at: now() }));
            child.once("error", (error) => resolve(failedSpawn(options, error)));
        });
        if (pid === undefined) return { pid, identity: undefined, adopted: false, exited };
        return { pid, identity: processIdentity(pid), adopted: false, exited: thenKillRest(pid, exited) };
    } catch (error) {
        const exited = Promise.resolve(failedSpawn(options, error));
        return { pid: undefined, identity: undefined, adopted: false, exited };
    } finally {
        if (log !== undefined) closeSync(log);
    }
}

/** Takes over a process that an earlier supervisor started. The caller has checked that it is alive. */
export function adoptChild(pid: number, identity: string): Child {
    const exited = new Promise<LastExit>((resolve) => {
        const timer = setInterval(() => {
            if (isAlive(pid, identity)) return;
            clearInterval(timer);
            resolve({
                code: null,
                signal: null,
                at: now(),
                error: "unknown: adopted, so its exit status went elsewhere",
            });
        }, ADOPTED_POLL_MS);
    });
    return { pid, identity, adopted: true, exited: thenKillRest(pid, exited) };
}

/**
 * SIGTERM to the process itself, which knows how to end its own; after the grace period SIGKILL to its whole group.
 * @param graceMs milliseconds
 */
export async function terminate(child: Child, graceMs: number): Promise<LastExit> {
    const { pid } = child;
    if (pid === undefined) return child.exited;
    signal(pid, "SIGTERM");
    const timer = setTimeout(() => signal(-pid, "SIGKILL"), graceMs);
    try {
        return await child.exited;
    } finally {
        clearTimeout(timer);
    }
}

/**
 * Kills what a dead process left behind in its group (its own children may hold its port).
 * A pid is not given out again while a group of that number exists, so a group whose leader is gone is the old one.
 */
export function killOrphanedGroup(pid: number): void {
    if (processIdentity(pid) === undefined) signal(-pid, "SIGKILL");
}

async function thenKillRest(pid: number, exited: Promise<LastExit>): Promise<LastExit> {
    const exit = await exited;
    killOrphanedGroup(pid);
    return exit;
}

function signal(pid: number, name: NodeJS.Signals): void {
    try {
        process.kill(pid, name);
    } catch {
        // Gone already, which is what a signal here is for.
    }
}

function failedSpawn({ command, cwd }: SpawnOptions, error: unknown): LastExit {
    const reason = error instanceof Error ? error.message : String(error);
    // Node reports a missing working directory as a missing command.
    const where = existsSync(cwd) ? `${command[0] ?? ""} cannot be started` : `its folder ${cwd} does not exist`;
    return { code: null, signal: null, at: now(), error: `${where}: ${reason}` };
}

function now(): string {
    return new Date().toISOString();
}
