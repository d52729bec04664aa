// Puts the host together: folder, port, pipes, engine, sessions; and ends what is told to clients before the process leaves.
import { mkdirSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import type { Logger } from "pino";
import { Engine } from "./engine";
import { lockFolder } from "./lock";
import { PipePool } from "./pipes";
import { HttpInterface, takePort } from "./server";
import { Sessions } from "./sessions";

/** How a host is to run. */
export interface HostOptions {
    /** Data folder. */
    path: string;
    host: string;
    /** 0 takes any free port. */
    port: number;
    fsync: boolean;
    maxServerMemoryBytes: number;
    /** Limits of one query that sets none itself. */
    maxQueryMemoryBytes: number;
    maxExecutionSeconds: number;
    /** Queries admitted at once; each may hold one thread of libuv's pool for its whole run. */
    maxQueries: number;
}

/** A running host. */
export interface Host {
    port: number;
    engineVersion: string;
    /** Ends all queries, within about `graceMs` plus two seconds. The engine itself ends with the process: what it acknowledged is on the disk. */
    stop(graceMs: number): Promise<void>;
}

/** Starts the engine and its HTTP interface. */
export async function startHost(options: HostOptions, log: Logger): Promise<Host> {
    const folder = resolve(options.path);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const unlock = lockFolder(folder);
    try {
        const server = await takePort(options.host, options.port);
        const spoolFolder = join(folder, "spool");
        rmSync(spoolFolder, { recursive: true, force: true });
        mkdirSync(spoolFolder);
        const pipes = await PipePool.create(join(folder, "pipes"), options.maxQueries);
        const engine = await Engine.start({ ...options, folder });
        const sessions = new Sessions(engine, {
            max_memory_usage: String(options.maxQueryMemoryBytes),
            max_execution_time: String(options.maxExecutionSeconds),
        });
        const http = new HttpInterface(server, { ...options, engine, sessions, pipes, spoolFolder, log });
        const { port } = server.address() as AddressInfo;
        const stop = async (graceMs: number) => {
            await http.stop(graceMs);
            await sessions.closeAll();
            unlock();
        };
        return { port, engineVersion: engine.version, stop };
    } catch (thrown) {
        unlock();
        throw thrown;
    }
}
