/** The supervisor's process: one per stack, detached, started by `ensureSupervisor`. Usage: main.ts --dir <stack folder> */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { tryLock } from "./lock";
import { makeSupervisorDirs, socketPath, supervisorPaths } from "./paths";
import { EXIT_ALREADY_RUNNING, PROTOCOL_VERSION } from "./protocol";
import { type ServerContext, listen } from "./server";
import { Supervisor, watchPlace } from "./supervisor";

/** How often, in ms, it looks after its log files and its socket. */
const HOUSEKEEPING_MS = 5_000;

function log(text: string): void {
    process.stdout.write(`${new Date().toISOString()} ${text}\n`);
}

async function main(): Promise<void> {
    // A full disk must not stop the supervision.
    process.stdout.on("error", () => undefined);
    const { values } = parseArgs({ options: { dir: { type: "string" } } });
    if (values.dir === undefined) throw new Error("supervisor: --dir is missing; give the stack's folder");
    const paths = supervisorPaths(values.dir);
    makeSupervisorDirs(paths);
    if (tryLock(paths.lock) === undefined) {
        log(`another supervisor already owns ${paths.dir}`);
        process.exit(EXIT_ALREADY_RUNNING);
    }
    const inPlace = watchPlace(paths.lock);
    const startedAt = new Date().toISOString();
    writeFileSync(paths.pidFile, `${process.pid}\n`);
    log(`supervisor pid ${process.pid} for ${paths.dir}`);

    const supervisor = new Supervisor(paths, log);
    const socket = socketPath(paths.dir);
    let ending: Promise<void> | undefined;
    const end = (why: string) => (ending ??= endAll(why));
    const endAll = async (why: string) => {
        log(`shutting down: ${why}`);
        await supervisor.shutdown();
        for (const file of [socket, paths.socketFile, paths.pidFile]) rmSync(file, { force: true });
        log("ended");
        process.exit(0);
    };
    process.on("SIGTERM", () => void end("SIGTERM"));
    process.on("SIGINT", () => void end("SIGINT"));
    process.on("SIGHUP", () => log("SIGHUP ignored"));

    await supervisor.open();
    const context: ServerContext = {
        supervisor,
        info: () => ({ protocol: PROTOCOL_VERSION, pid: process.pid, startedAt, dir: paths.dir }),
        onShutdown: () => void end("asked to"),
        log,
    };
    let server = await listen(context, socket);
    writeFileSync(paths.socketFile, `${socket}\n`);

    setInterval(() => {
        if (ending !== undefined) return;
        if (!inPlace()) return void end(`${paths.dir} was removed`);
        supervisor.housekeeping();
        // Cleaners of temporary folders take sockets away as well.
        if (!existsSync(socket)) void reopen();
    }, HOUSEKEEPING_MS);
    const reopen = async () => {
        log(`${socket} has vanished; listening anew`);
        server.close();
        server = await listen(context, socketPath(paths.dir));
    };
}

main().catch((error: unknown) => {
    log(error instanceof Error ? error.message : String(error));
    process.exit(1);
});
