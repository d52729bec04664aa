// How bytes pass between the engine and HTTP: named pipes, which the engine reads with FROM INFILE and writes with INTO OUTFILE.
//
// The engine then formats and parses everything itself, in pieces and with back-pressure from the kernel, in every format. (Its streaming
// call formats each chunk as a document of its own: a JSON or Parquet result of several chunks would be unreadable.)
import { execFile } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

/** A folder of named pipes, each lent to one request at a time. */
export class PipePool {
    private readonly free: string[] = [];

    private constructor(private readonly folder: string) {}

    /** Makes the pipes afresh: what a killed host left behind is removed. */
    static async create(folder: string, size: number): Promise<PipePool> {
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        const pool = new PipePool(folder);
        const paths = Array.from({ length: size }, (_, index) => join(folder, `p${index}`));
        // Node has no mkfifo of its own; the command belongs to every POSIX system.
        await promisify(execFile)("mkfifo", ["-m", "600", ...paths]);
        pool.free.push(...paths);
        return pool;
    }

    /** Lends a pipe. There is always one: the pool is as large as the number of queries admitted. */
    take(): string {
        const path = this.free.pop();
        if (path === undefined) {
            throw new Error(`clickhouse-host: no free pipe, all in ${this.folder} are taken; send fewer queries at once`);
        }
        return path;
    }

    /** Takes a pipe back; both of its ends must be closed by then. */
    giveBack(path: string): void {
        this.free.push(path);
    }
}

/** Opens the reading end, at once and without a writer. */
export function openReader(path: string): Socket {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return new Socket({ fd, readable: true, writable: false });
}

/**
 * Opens the writing end as soon as the engine has opened the reading end; undefined when `gaveUp` tells that it never will. Writing before
 * would be lost: a pipe forgets its content when its last end is closed.
 */
export async function openWriter(path: string, gaveUp: () => boolean): Promise<Socket | undefined> {
    for (let wait = 1; !gaveUp(); wait = Math.min(wait * 2, 20)) {
        const fd = tryOpenForWriting(path);
        if (fd !== undefined) {
            return new Socket({ fd, readable: false, writable: true });
        }
        await delay(wait);
    }
    return undefined;
}

/** Opens and closes the writing end: frees an engine thread that waits in open(), and ends a reader that no writer ever came to. */
export function poke(path: string): void {
    const fd = tryOpenForWriting(path);
    if (fd !== undefined) {
        closeSync(fd);
    }
}

function tryOpenForWriting(path: string): number | undefined {
    try {
        return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (thrown) {
        // ENXIO: nobody has the reading end open.
        if ((thrown as NodeJS.ErrnoException).code === "ENXIO") {
            return undefined;
        }
        throw thrown;
    }
}
