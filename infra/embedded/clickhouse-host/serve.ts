// The host as a process: its command line, its start with one sentence where that fails, its end on a signal.
import { totalmem } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { pino } from "pino";
import { plainMessage } from "./errors";
import { startHost, type HostOptions } from "./host";

const MIB = 1024 * 1024;
const STOP_GRACE_MS = 5000;
/** The process leaves by then even if the engine does not let go. */
const STOP_LIMIT_MS = 9000;

const log = pino(
    { name: "clickhouse-host", level: process.env.LOG_LEVEL ?? "info", base: { pid: process.pid } },
    // Written at once: the last lines tell why the process left.
    pino.destination({ fd: 1, sync: true }),
);

interface Arguments {
    path: string;
    host: string;
    port: number;
    fsync: boolean;
    maxServerMemory: number;
    maxQueryMemory: number;
    maxExecutionTime: number;
}

function readArguments(maxQueries: number): HostOptions {
    const half = Math.floor(totalmem() / MIB / 2);
    const command = new Command("clickhouse-host")
        .requiredOption("--path <folder>", "data folder")
        .option("--host <address>", "address to listen on", "127.0.0.1")
        .option("--port <port>", "port to listen on, 0 for any", integer, 8123)
        .option(
            "--no-fsync",
            "leave writing to the operating system: faster inserts, a power loss may cost the last seconds",
        )
        .option("--max-server-memory <MiB>", "memory of the engine", integer, Math.min(half, 4096))
        .option("--max-query-memory <MiB>", "memory of one query that sets no limit", integer, Math.min(half, 2048))
        .option("--max-execution-time <seconds>", "duration of one query that sets no limit", integer, 600)
        .parse();
    const given = command.opts<Arguments>();
    return {
        path: given.path,
        host: given.host,
        port: given.port,
        fsync: given.fsync,
        maxServerMemoryBytes: given.maxServerMemory * MIB,
        maxQueryMemoryBytes: given.maxQueryMemory * MIB,
        maxExecutionSeconds: given.maxExecutionTime,
        maxQueries,
    };
}

function integer(text: string): number {
    if (!/^\d+$/.test(text)) {
        throw new InvalidArgumentError(`a whole number is needed, '${text}' was found`);
    }
    return Number(text);
}

/** A failure to start, as one sentence that says what to do. */
function startFailure(thrown: unknown, options: HostOptions): string {
    const { code } = thrown as NodeJS.ErrnoException;
    const address = `${options.host}:${options.port}`;
    switch (code) {
        case "EADDRINUSE":
            return `clickhouse-host: port ${options.port} is in use, ${address} cannot be listened on; stop what uses it or give another --port`;
        case "EADDRNOTAVAIL":
            return `clickhouse-host: the address ${address} does not belong to this machine; give another --host`;
        case "EACCES":
        case "EROFS":
        case "ENOSPC":
            return `clickhouse-host: the data folder ${options.path} cannot be written, ${plainMessage(thrown)}; give another --path or make room`;
        default:
            return plainMessage(thrown);
    }
}

/**
 * Ends the process without running the engine's exit handlers, which wait for its threads, and crash while a Kafka consumer is alive: an empty
 * program takes the process over. What was acknowledged is on the disk by then; a batch of a feed that is not is read again, as after a kill.
 */
function leave(code: 0 | 1): never {
    process.execve?.(process.execPath, [process.execPath, "--eval", `process.exitCode = ${code}`], {});
    process.exit(code);
}

/** Runs a host until a signal ends it. `maxQueries` is what the pool of threads has been made for. */
export async function serve(maxQueries: number): Promise<void> {
    const options = readArguments(maxQueries);
    const startedAt = performance.now();
    const host = await startHost(options, log).catch((thrown: unknown) => {
        log.fatal(startFailure(thrown, options));
        process.stderr.write(`${startFailure(thrown, options)}\n`);
        return leave(1);
    });
    const milliseconds = Math.round(performance.now() - startedAt);
    log.info(
        { host: options.host, port: host.port, version: host.engineVersion, fsync: options.fsync, milliseconds },
        "ready",
    );
    let stopping = false;
    const stop = (signal: NodeJS.Signals) => {
        if (stopping) {
            return;
        }
        stopping = true;
        log.info({ signal }, "stopping");
        setTimeout(() => {
            log.error("not stopped in time, leaving as after a kill");
            // process.exit would wait for the engine's threads.
            process.kill(process.pid, "SIGKILL");
        }, STOP_LIMIT_MS).unref();
        host.stop(STOP_GRACE_MS).then(
            () => {
                log.info("stopped");
                leave(0);
            },
            (thrown: unknown) => {
                log.error({ err: thrown }, "stopped badly");
                leave(1);
            },
        );
    };
    process.on("SIGTERM", stop).on("SIGINT", stop);
}
