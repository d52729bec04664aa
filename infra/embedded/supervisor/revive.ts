/** First step of `make start`: after a crash or a restart of the machine, brings a stack's processes back. Usage: revive.ts --dir <stack folder> [--timeout <seconds>] */
import { parseArgs } from "node:util";
import { ensureSupervisor, supervisorIfAlive } from "./client";
import { supervisorPaths } from "./paths";
import { readDesired } from "./state";

/** How to revive. */
export interface ReviveOptions {
    /** For each process; default: what its spec grants. */
    timeoutSeconds?: number;
    /** Gets a line for each thing that happens. */
    print?: (line: string) => void;
}

/**
 * Starts the supervisor and waits until every process is healthy; does nothing when it is alive or has nothing to run.
 * @returns whether anything was to be done
 * @throws Error that names, for each process that is not healthy, its log file and the last lines of it
 */
export async function revive(dir: string, options: ReviveOptions = {}): Promise<boolean> {
    const print = options.print ?? (() => undefined);
    const desired = readDesired(supervisorPaths(dir).processes);
    if (desired.length === 0 || (await supervisorIfAlive(dir)) !== undefined) return false;
    print(`supervisor: not running, starting it with ${desired.length} processes`);
    const client = await ensureSupervisor(dir);
    const limit = options.timeoutSeconds === undefined ? {} : { timeoutSeconds: options.timeoutSeconds };
    const began = Date.now();
    const outcomes = await Promise.allSettled(
        desired.map(async ({ name }) => {
            const status = await client.waitHealthy(name, {
                ...limit,
                onProgress: (line) => print(`${name}: ${line}`),
            });
            const how = status.adopted
                ? "was still running"
                : `healthy after ${((Date.now() - began) / 1000).toFixed(1)} s`;
            print(`${name}: ${how}`);
        }),
    );
    const failures = outcomes.filter((outcome) => outcome.status === "rejected").map(({ reason }) => describe(reason));
    if (failures.length > 0) throw new Error(failures.join("\n"));
    return true;
}

function describe(reason: unknown): string {
    return reason instanceof Error ? reason.message : String(reason);
}

async function main(): Promise<void> {
    const { values } = parseArgs({ options: { dir: { type: "string" }, timeout: { type: "string" } } });
    if (values.dir === undefined) throw new Error("revive: --dir is missing; give the stack's folder");
    const limit = values.timeout === undefined ? {} : { timeoutSeconds: Number(values.timeout) };
    await revive(values.dir, { ...limit, print: (line) => process.stdout.write(`${line}\n`) });
}

if (require.main === module) {
    main().catch((error: unknown) => {
        process.stderr.write(`${describe(error)}\n`);
        process.exitCode = 1;
    });
}
