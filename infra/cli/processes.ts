/** Last step of `make stop` and `make clean`: nothing of the stack runs, also when Pulumi could not say so to a broken supervisor. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { isAlive } from "../embedded/supervisor/identity";
import { supervisorPaths } from "../embedded/supervisor/paths";
import { readRunning } from "../embedded/supervisor/state";

/** Milliseconds for an orderly end (workers flush within 10 s), and for the kernel to clear away what was killed. */
const ORDERLY_MS = 30_000;
const KILLED_MS = 5_000;

/** A process that shall end. */
export interface Leftover {
    name: string;
    pid: number;
    alive: () => boolean;
}

/** What `ps` says of a process (`args`, `comm`, …); empty when there is none or it is a zombie. */
export function processInfo(pid: number, field: "args" | "comm"): string {
    if (pid <= 0) return "";
    try {
        const line = execFileSync("ps", ["-o", "stat=", "-o", `${field}=`, "-p", String(pid)], {
            encoding: "utf8",
            stdio: ["ignore", "pipe", "ignore"],
        }).trim();
        return line.startsWith("Z") ? "" : line.replace(/^\S+\s+/, "");
    } catch {
        return "";
    }
}

/** The supervisor first: it ends its children in order. */
function leftovers(dir: string): Leftover[] {
    const paths = supervisorPaths(dir);
    const supervisor = existsSync(paths.pidFile) ? Number.parseInt(readFileSync(paths.pidFile, "utf8"), 10) : 0;
    const children = readRunning(paths.pids).map(({ name, pid, identity }) => ({
        name,
        pid,
        alive: () => isAlive(pid, identity),
    }));
    const own = {
        name: "supervisor",
        pid: supervisor,
        alive: () => processInfo(supervisor, "args").includes("supervisor"),
    };
    return [own, ...children].filter((each) => each.alive());
}

async function gone(processes: Leftover[], limitMs: number): Promise<Leftover[]> {
    const until = Date.now() + limitMs;
    let alive = processes.filter((each) => each.alive());
    while (alive.length > 0 && Date.now() < until) {
        await pause(200);
        alive = alive.filter((each) => each.alive());
    }
    return alive;
}

function signal(processes: Leftover[], name: NodeJS.Signals): void {
    for (const { pid } of processes) {
        try {
            process.kill(pid, name);
        } catch {
            // Ended meanwhile.
        }
    }
}

/**
 * Ends processes: SIGTERM, and SIGKILL to what does not go by it.
 * @throws Error when something does not end even so
 */
export async function endAll(processes: Leftover[]): Promise<void> {
    signal(processes, "SIGTERM");
    const stubborn = await gone(processes, ORDERLY_MS);
    signal(stubborn, "SIGKILL");
    const left = await gone(stubborn, KILLED_MS);
    if (left.length > 0) {
        const named = left.map(({ name, pid }) => `${name} (process ${String(pid)})`).join(", ");
        throw new Error(`stop: ${named} cannot be ended; see ps -fp ${left.map(({ pid }) => pid).join(",")}`);
    }
}

/**
 * Ends what still runs of a stack, known by the supervisor's own files.
 * @param dir the stack's folder
 * @returns the names of what had to be ended
 * @throws Error when something does not end even by SIGKILL
 */
export async function stopLeftovers(dir: string): Promise<string[]> {
    const found = leftovers(dir);
    await endAll(found);
    return found.map(({ name }) => name);
}
