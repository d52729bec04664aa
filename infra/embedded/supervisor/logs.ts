/** Log files of supervised processes: written by the processes themselves, bounded from outside, read for error messages. */
import {
    appendFileSync,
    closeSync,
    copyFileSync,
    existsSync,
    fstatSync,
    openSync,
    readSync,
    renameSync,
    statSync,
    truncateSync,
} from "node:fs";

/** The live file and two old ones (`.1`, `.2`) of at most about 10 MB each. */
export const LOG_LIMITS = { maxBytes: 10 * 1024 * 1024, oldFiles: 2 } as const;

/**
 * A file descriptor to append to. Children get it as stdout and stderr instead of a pipe: a pipe would end with the
 * supervisor and take the children with it.
 */
export function openLog(file: string): number {
    return openSync(file, "a", 0o600);
}

/**
 * Adds a line of the supervisor's own to a child's log, where somebody who looks for a crash will read it.
 * Never throws: a full disk must not stop the supervision.
 */
export function noteInLog(file: string, text: string): void {
    try {
        appendFileSync(file, `${new Date().toISOString()} supervisor: ${text}\n`, { mode: 0o600 });
    } catch {
        // The same text goes to the supervisor's own log.
    }
}

/**
 * Copies a log that has grown too long to `<file>.1` and empties it. The writer keeps its descriptor, so the file cannot be
 * renamed away; opened for append, it goes on at the new start. Lines written between copy and cut (microseconds) are lost.
 * @returns whether it was rotated
 */
export function rotateLog(file: string, limits: { maxBytes: number; oldFiles: number } = LOG_LIMITS): boolean {
    if (!existsSync(file) || statSync(file).size <= limits.maxBytes) return false;
    for (let index = limits.oldFiles - 1; index >= 1; index -= 1) {
        if (existsSync(`${file}.${index}`)) renameSync(`${file}.${index}`, `${file}.${index + 1}`);
    }
    copyFileSync(file, `${file}.1`);
    truncateSync(file, 0);
    return true;
}

/** The last lines of a log, without the empty ones; an empty list when there is no such file. */
export function tailLog(file: string, lines: number, maxBytes = 16 * 1024): string[] {
    if (!existsSync(file)) return [];
    const descriptor = openSync(file, "r");
    try {
        const { size } = fstatSync(descriptor);
        const buffer = Buffer.alloc(Math.min(size, maxBytes));
        readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
        const found = buffer
            .toString("utf8")
            .split("\n")
            .filter((line) => line.trim() !== "");
        return found.slice(-lines);
    } finally {
        closeSync(descriptor);
    }
}
