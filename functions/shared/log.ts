// JSON lines on stdout, one per thing worth knowing, with levels; values that may be secrets never appear.
import { pino, type DestinationStream, type Logger } from "pino";

export type { Logger } from "pino";

const secrets = ["password", "secret", "token", "apiKey", "authorization", "sasl"];

/** A logger of a worker. `destination` is stdout unless a test wants to read along. */
export function createLog(worker: string, level = "info", destination?: DestinationStream): Logger {
    const options = {
        level,
        base: { worker, pid: process.pid },
        timestamp: () => `,"time":"${new Date().toISOString()}"`,
        formatters: { level: (label: string) => ({ level: label }) },
        redact: { paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: "[redacted]" },
    };
    return destination === undefined ? pino(options) : pino(options, destination);
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
