// JSON lines on stdout, one per thing worth knowing, with levels; values that may be secrets never appear.
import { multistream, pino, type DestinationStream, type Logger } from "pino";
import { startTelemetry } from "./telemetry";

export type { Logger } from "pino";

const secrets = ["password", "secret", "token", "apiKey", "authorization", "sasl"];

/** A logger of a worker. `destination` is stdout unless a test wants to read along; where there is a collector, what is said goes there too. */
export function createLog(worker: string, level = "info", destination?: DestinationStream): Logger {
    const options = {
        level,
        base: { worker, pid: process.pid },
        timestamp: () => `,"time":"${new Date().toISOString()}"`,
        formatters: { level: (label: string) => ({ level: label }) },
        redact: { paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: "[redacted]" },
    };
    if (destination !== undefined) return pino(options, destination);
    const telemetry = startTelemetry(worker);
    if (telemetry === undefined) return pino(options);
    const along = { write: (line: string) => telemetry.logged(line) };
    const everything = [pino.destination(1), along].map((stream) => ({ stream, level: "trace" as const }));
    const log = pino(options, multistream(everything));
    telemetry.onTrouble((why) => log.warn({ why }, "telemetry: not delivered"));
    return log;
}

/** Lets one call through per interval and tells how many it held back: for things that may happen a thousand times a second. */
export function sampler(intervalMs: number, now: () => number = Date.now): (emit: (held: number) => void) => void {
    let last = -Infinity;
    let held = 0;
    return (emit) => {
        if (now() - last < intervalMs) {
            held += 1;
            return;
        }
        last = now();
        emit(held);
        held = 0;
    };
}
