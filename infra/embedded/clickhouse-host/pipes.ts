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
            throw new Error(
                `clickhouse-host: no free pipe, all in ${this.folder} are taken; send fewer queries at once`,
            );
        }
        return path;
    }

    /** Takes a pipe back; both of its ends must be closed by then. */
    giveBack(path: string): void {
        this.free.push(path);
    }
}

/** The reading end of a pipe. */
export interface PipeReader {
    socket: Socket;
    /** Lets the reader come to its end, once it has read what is in the pipe. */
    end(): void;
}

/**
 * Opens the reading end, at once. The pipe is held open besides: the engine may open its end more than once (it does after some errors) or
 * never, and would wait forever for a reader that took the first closing for the end.
 */
export function openReader(path: string): PipeReader {
    let holder: number | undefined = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return {
        socket: new Socket({ fd, readable: true, writable: false }),
        end: () => {
            if (holder !== undefined) {
                closeSync(holder);
                holder = undefined;
            }
        },
    };
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

/** Opens and closes the writing end: frees a thread of the engine that waits for a writer. */
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
