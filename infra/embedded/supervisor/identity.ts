/** Tells a process from a later one that got the same pid, so that a restarted supervisor adopts only its own children. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * A string that no other process has had since: boot and start time. Stays the same through an exec.
 * @returns undefined when there is no such process, or it is dead and only waits to be reaped.
 */
export function processIdentity(pid: number): string | undefined {
    return process.platform === "linux" ? linuxIdentity(pid) : portableIdentity(pid);
}

/** Whether the process seen as `identity` is still alive. */
export function isAlive(pid: number, identity: string): boolean {
    return processIdentity(pid) === identity;
}

let bootId: string | undefined;

function linuxIdentity(pid: number): string | undefined {
    try {
        const started = parseLinuxStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
        if (started === undefined) return undefined;
        bootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
        return `${bootId}:${started}`;
    } catch {
        return undefined;
    }
}

/**
 * Start time in clock ticks since boot, from the text of `/proc/<pid>/stat`.
 * The second field is the command in parentheses and may itself hold blanks and parentheses.
 */
export function parseLinuxStat(stat: string): string | undefined {
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, started] = [fields[0], fields[19]];
    return state === undefined || "ZXx".includes(state) ? undefined : started;
}

/** The same by `ps`, to the second, for systems without /proc. */
export function portableIdentity(pid: number): string | undefined {
    try {
        const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
        return parsePs(execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8", env }));
    } catch {
        return undefined;
    }
}

/** Reads one line of `ps -o stat=,lstart=`: `Ss   Sun Nov 22 14:59:51 2026`. */
export function parsePs(line: string): string | undefined {
    const match = /^\s*(\S+)\s+(\S.*?)\s*$/.exec(line);
    if (match?.[1] === undefined || match[1].startsWith("Z")) return undefined;
    return match[2]?.replaceAll(/\s+/g, " ");
}
