/** `make status`: every service and worker, and per fact its rows, freshness, lag and dead letters, in one screen. */
import path from "node:path";
import { findUp, makeCommand, notUp, stack, stackDir } from "./project";
import { facts } from "./status/facts";
import { type Part, isIdle, processes } from "./status/processes";
import { within } from "./status/within";

/** Milliseconds for a backend elsewhere to say where the services are, then for the supervisor; with the services' 8 s under 15 s in all. */
const OUTPUTS_MS = 6_000;
const SUPERVISOR_MS = 8_000;

const words = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

async function processPart(): Promise<Part> {
    try {
        return await within(SUPERVISOR_MS, "the supervisor", processes(stackDir));
    } catch (cause) {
        return { lines: [`processes not known: ${words(cause)}`], down: ["the supervisor"] };
    }
}

/** Names that a process is down by come first; a service that does not answer is added where none of them says so. */
function verdict(parts: readonly Part[]): string[] {
    const down = parts.flatMap((part) => part.down);
    const distinct = down.filter((name, index) => !down.some((other, at) => at < index && other.startsWith(name)));
    if (distinct.length === 0) return [];
    const logs = path.relative(process.cwd(), path.join(stackDir, "logs"));
    return ["", `DOWN: ${distinct.join(", ")}`, `To bring it back: ${makeCommand("start")}   Logs: ${logs}`];
}

/** @returns the whole screen, and whether all runs that should */
async function screen(): Promise<{ lines: string[]; good: boolean }> {
    const found = await findUp(OUTPUTS_MS);
    if (found === undefined && isIdle(stackDir)) return { lines: [notUp], good: false };
    const head = found ? `stack ${stack}   ClickHouse ${found.clickhouseUrl}   Kafka ${found.kafkaBrokers}` : notUp;
    const parts = await Promise.all([
        processPart(),
        ...(found ? [facts(found.clickhouseUrl, found.kafkaBrokers)] : []),
    ]);
    const lines = [head, ...parts.flatMap((part) => ["", ...part.lines]), ...verdict(parts)];
    return { lines, good: found !== undefined && parts.every((part) => part.down.length === 0) };
}

screen().then(
    ({ lines, good }) => {
        // What still waits for a service that hangs is not waited for.
        process.stdout.write(`${lines.join("\n")}\n`, () => process.exit(good ? 0 : 1));
    },
    (cause: unknown) => {
        process.stderr.write(`\nerror: ${words(cause)}\n`, () => process.exit(1));
    },
);
