/** Runs the Pulumi CLI for the driver: its events as progress lines, a sign of life while it is silent, an end when it hangs. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Progress } from "./progress";
import { root } from "./project";
import { UserError, say } from "./terminal";
import { TraceFilter } from "./trace";

/** Seconds without a line after which a sign of life is printed. */
const SILENCE_SECONDS = 10;
/** Seconds after which an operation is interrupted: every resource has a shorter limit of its own. */
const LIMIT_SECONDS = 1800;
/** Seconds an interrupted CLI gets to save its state. */
const GRACE_SECONDS = 60;

/** The CLI that the shell part found. */
export function cli(): string {
    const found = process.env["PULUMI"];
    if (found === undefined)
        throw new UserError("infra/cli/stack.ts: no Pulumi CLI in the environment; call it through make");
    return found;
}

/**
 * A short CLI command, silent unless it fails.
 * @returns what it printed
 * @throws UserError with the CLI's own message
 */
export function pulumi(args: string[], input?: string): string {
    try {
        const stdin = input === undefined ? {} : { input };
        return execFileSync(cli(), [...args, "--non-interactive"], {
            encoding: "utf8",
            timeout: 120_000,
            maxBuffer: 1 << 28,
            stdio: ["pipe", "pipe", "pipe"],
            ...stdin,
        });
    } catch (cause) {
        const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : String(cause);
        throw new UserError(`pulumi ${args.slice(0, 2).join(" ")}: ${said === "" ? "no end within 120 s" : said}`, {
            cause,
        });
    }
}

/**
 * A long CLI command that changes the stack, with progress.
 * @param limitSeconds after which it is interrupted
 * @returns what changed, such as `3 created, 12 unchanged`
 * @throws UserError when it failed, naming the first error; all of them have been printed by then
 */
export async function operate(args: string[], limitSeconds = LIMIT_SECONDS): Promise<string> {
    let lastLine = Date.now();
    const progress = new Progress((line) => {
        lastLine = Date.now();
        say(line);
    }, root);
    const child = spawn(cli(), [...args, "--json", "--non-interactive"], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr])
        createInterface(stream).on("line", (line) => progress.line(line));
    const life = setInterval(() => {
        if (Date.now() - lastLine < SILENCE_SECONDS * 1000) return;
        lastLine = Date.now();
        say(`  … ${progress.waitingFor() || "pulumi is working"}`);
    }, 1000);
    const limit = setTimeout(() => interrupt(child), limitSeconds * 1000);
    const signals = passInterrupts(child);
    try {
        const ended = await end(child);
        if (ended !== 0 && signals.received()) throw new UserError(interrupted);
        if (ended !== 0) throw new UserError(failure(args, ended, progress.cause()));
        return progress.summary();
    } finally {
        clearInterval(life);
        clearTimeout(limit);
        signals.release();
    }
}

/**
 * A CLI command for a person to read, without stack traces.
 * @throws UserError when it failed; the CLI has said why
 */
export async function show(args: string[]): Promise<void> {
    const colour = process.stdout.isTTY ? ["--color", "always"] : [];
    const child = spawn(cli(), [...args, ...colour], { stdio: ["ignore", "pipe", "pipe"] });
    const filter = new TraceFilter(root);
    const print = (lines: string[]): void => lines.forEach((line) => process.stdout.write(`${line}\n`));
    for (const stream of [child.stdout, child.stderr])
        createInterface(stream)
            .on("line", (line) => print(filter.line(line)))
            .on("close", () => print(filter.end()));
    const signals = passInterrupts(child);
    const ended = await end(child);
    signals.release();
    if (ended !== 0 && signals.received()) throw new UserError(interrupted);
    if (ended !== 0) throw new UserError(`pulumi ${args[0] ?? ""} ${how(ended)}; the lines above say why`);
}

const interrupted = "interrupted: what was done is kept; run the same command again to go on";

/** On Ctrl-C the CLI, which gets it too, saves its state; this process waits for it. A SIGTERM is passed on as the same. */
function passInterrupts(child: ChildProcess): { release: () => void; received: () => boolean } {
    let received = false;
    const onInterrupt = (): void => {
        received = true;
        say("interrupted: waiting for pulumi to save its state");
    };
    const onTerminate = (): void => {
        received = true;
        interrupt(child);
    };
    process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate);
    return {
        release: () => void process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate),
        received: () => received,
    };
}

function interrupt(child: ChildProcess): void {
    child.kill("SIGINT");
    setTimeout(() => child.kill("SIGKILL"), GRACE_SECONDS * 1000).unref();
}

function end(child: ChildProcess): Promise<number | NodeJS.Signals> {
    return new Promise((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (code, signal) => resolve(code ?? signal ?? 1));
    });
}

const how = (ended: number | NodeJS.Signals): string =>
    typeof ended === "number" ? `failed (exit code ${String(ended)})` : `was ended by ${ended}`;

function failure(args: string[], ended: number | NodeJS.Signals, cause: string): string {
    const why = cause === "" ? "the lines above say why" : cause;
    return `pulumi ${args[0] ?? ""} ${how(ended)}; what was done is kept, run the same command again when this is mended: ${why}`;
}
