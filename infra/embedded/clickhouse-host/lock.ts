// Keeps a second host off a data folder: a file naming the holder, cleared only when that process is dead.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Holder {
    pid: number;
    /** Start of the process in clock ticks since boot (Linux), to tell it from a later one with the same number. */
    started: string | null;
}

/** The folder belongs to a living host. */
export class FolderInUse extends Error {}

/** Takes the folder for this process; returns the function that gives it back. Throws FolderInUse when another living process has it. */
export function lockFolder(folder: string): () => void {
    const file = join(folder, "host.lock");
    for (;;) {
        try {
            writeFileSync(file, JSON.stringify({ pid: process.pid, started: startOf(process.pid) }), { flag: "wx" });
            return () => rmSync(file, { force: true });
        } catch (thrown) {
            if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") {
                throw thrown;
            }
        }
        const holder = readHolder(file);
        if (holder !== undefined && isAlive(holder)) {
            throw new FolderInUse(
                `clickhouse-host: the data folder is in use, ${folder} is held by process ${holder.pid}; stop that host or give another --path`,
            );
        }
        rmSync(file, { force: true });
    }
}

function readHolder(file: string): Holder | undefined {
    try {
        const holder = JSON.parse(readFileSync(file, "utf8")) as Partial<Holder>;
        return typeof holder.pid === "number" ? { pid: holder.pid, started: holder.started ?? null } : undefined;
    } catch {
        // Unreadable or half written (a kill between open and write): nobody holds it.
        return undefined;
    }
}

function isAlive(holder: Holder): boolean {
    try {
        process.kill(holder.pid, 0);
    } catch (thrown) {
        return (thrown as NodeJS.ErrnoException).code === "EPERM";
    }
    return holder.started === null || holder.started === startOf(holder.pid);
}

/** Start time of a process from /proc, null where there is none (macOS) or the process is gone. */
function startOf(pid: number): string | null {
    try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        // The command (field 2) may hold spaces and brackets: fields are counted after its closing bracket. Field 22 is the start time.
        return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
    } catch {
        return null;
    }
}
