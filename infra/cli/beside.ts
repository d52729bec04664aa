/**
 * Programs that a person runs in a terminal beside a stack (replay, demo, simulate). They are no part of it, yet each leaves
 * a note in the stack's folder, by which `make status` lists it and `make stop` and `make clean` end it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { isAlive, processIdentity } from "../embedded/supervisor/identity";
import { endAll } from "./processes";
import { root, stackDir } from "./project";

const noteSchema = z.object({ name: z.string(), pid: z.number(), identity: z.string(), since: z.iso.datetime() });
/** A program beside the stack; `since` is an ISO time in UTC. */
export type Program = z.infer<typeof noteSchema>;

/** What to run. */
export interface Launch {
    /** Of the program; also of its log. */
    name: string;
    /** File to run, below the project's folder. */
    entry: string;
    args?: string[];
    /** Added to this process's environment. */
    env?: Record<string, string>;
    /** What to show of a line it printed; all of it goes into the log. By default every line is shown as it is. */
    show?: (line: string) => string | undefined;
}

const notesOf = (dir: string): string => path.join(dir, "beside");

/** Log of a program beside this stack. */
export const logOf = (name: string): string => path.join(stackDir, "logs", `${name}.log`);

/** The programs that run beside the stack of this folder. */
export function programs(dir: string): Program[] {
    const folder = notesOf(dir);
    if (!existsSync(folder)) return [];
    const notes = readdirSync(folder).map((file) => noteSchema.safeParse(json(path.join(folder, file))).data);
    return notes.filter((note) => note !== undefined).filter(({ pid, identity }) => isAlive(pid, identity));
}

/**
 * Ends them all.
 * @returns the names of what was ended
 */
export async function endPrograms(dir: string): Promise<string[]> {
    const found = programs(dir);
    await endAll(found.map((each) => ({ ...each, alive: () => isAlive(each.pid, each.identity) })));
    rmSync(notesOf(dir), { recursive: true, force: true });
    return found.map(({ name }) => name);
}

/**
 * Runs a program to its end, its output on the terminal and in its log. Ctrl-C and SIGTERM reach it once, as SIGTERM.
 * @returns its exit code; 1 when a signal ended it
 */
export async function runBeside(launch: Launch): Promise<number> {
    const child = spawn(process.execPath, ["--require", "tsx/cjs", launch.entry, ...(launch.args ?? [])], {
        cwd: root,
        env: { ...process.env, ...launch.env },
        // In a group of its own a Ctrl-C does not reach it by itself: two signals could cut its orderly end short.
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = new Promise<number>((resolve, reject) => {
        child.once("error", reject).once("close", (code) => resolve(code ?? 1));
    });
    const forget = note(launch.name, child);
    let asked = false;
    const end = (): void => {
        if (!asked) child.kill("SIGTERM");
        asked = true;
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
    passOutput(launch, child);
    try {
        return await ended;
    } finally {
        forget();
    }
}

function note(name: string, { pid }: ChildProcess): () => void {
    const identity = pid === undefined ? undefined : processIdentity(pid);
    if (pid === undefined || identity === undefined) return () => undefined;
    const file = path.join(notesOf(stackDir), `${name}-${String(pid)}.json`);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, JSON.stringify({ name, pid, identity, since: new Date().toISOString() } satisfies Program));
    return () => rmSync(file, { force: true });
}

function passOutput({ name, show = (line) => line }: Launch, child: ChildProcess): void {
    mkdirSync(path.dirname(logOf(name)), { recursive: true, mode: 0o700 });
    // One run, one log: a replay at full speed is short, and nobody watches over the size of these.
    const log = createWriteStream(logOf(name), { flags: "w", mode: 0o600 });
    // A full disk costs the log, not the run: all of it is on the terminal.
    log.on("error", () => undefined);
    for (const [from, to] of [
        [child.stdout, process.stdout],
        [child.stderr, process.stderr],
    ] as const) {
        if (from === null) continue;
        createInterface(from).on("line", (line) => {
            log.write(`${line}\n`);
            const text = show(line);
            if (text !== undefined) to.write(`${text}\n`);
        });
    }
    child.once("close", () => log.end());
}

function json(file: string): unknown {
    try {
        return JSON.parse(readFileSync(file, "utf8"));
    } catch {
        return undefined;
    }
}
