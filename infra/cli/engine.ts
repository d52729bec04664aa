/** Runs the Pulumi CLI for the driver: its events as progress lines, a sign of life while it is silent, an end when it hangs. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Progress } from "./progress";

const started = Number(process.env["TRADING_STARTED"] ?? Date.now() / 1000);

/** Seconds without a line after which a sign of life is printed. */
const SILENCE_SECONDS = 10;
/** Seconds after which an operation is interrupted: every resource has a shorter limit of its own. */
const LIMIT_SECONDS = 1800;
/** Seconds an interrupted CLI gets to save its state. */
const GRACE_SECONDS = 60;

/** A problem for the user to solve: printed as it is, without a stack trace. */
export class UserError extends Error {}

/** Prints one line of progress, with the seconds since the command began; further lines of the text are indented. */
export function say(text: string): void {
    const seconds = String(Math.max(0, Math.round(Date.now() / 1000 - started))).padStart(5);
    process.stdout.write(`${seconds}s  ${text.replaceAll("\n", "\n        ")}\n`);
}

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
 * @throws UserError when it failed; what went wrong has been printed by then
 */
export async function operate(args: string[], limitSeconds = LIMIT_SECONDS): Promise<string> {
    let lastLine = Date.now();
    const progress = new Progress((line) => {
        lastLine = Date.now();
        say(line);
    });
    const child = spawn(cli(), [...args, "--json", "--non-interactive"], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr])
        createInterface(stream).on("line", (line) => progress.line(line));
    const life = setInterval(() => {
        if (Date.now() - lastLine < SILENCE_SECONDS * 1000) return;
        lastLine = Date.now();
        say(`  … ${progress.waitingFor() || "pulumi is working"}`);
    }, 1000);
    const limit = setTimeout(() => interrupt(child), limitSeconds * 1000);
    const release = passInterrupts(child);
    try {
        const ended = await end(child);
        if (ended !== 0) throw new UserError(failure(args, ended));
        return progress.summary();
    } finally {
        clearInterval(life);
        clearTimeout(limit);
        release();
    }
}

/** On Ctrl-C the CLI, which gets it too, saves its state; this process waits for it. A SIGTERM is passed on as the same. */
function passInterrupts(child: ChildProcess): () => void {
    const onInterrupt = (): void => say("interrupted: waiting for pulumi to save its state");
    const onTerminate = (): void => interrupt(child);
    process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate);
    return () => process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate);
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

function failure(args: string[], ended: number | NodeJS.Signals): string {
    const how = typeof ended === "number" ? `failed (exit code ${String(ended)})` : `was ended by ${ended}`;
    return `pulumi ${args[0] ?? ""} ${how}; the lines above say why. What was done is kept: run the same command again when the cause is gone.`;
}
