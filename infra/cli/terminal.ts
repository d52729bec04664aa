/** What every command of `make` shares on a terminal: progress lines with the seconds since it began, and errors in a user's words. */

const started = Number(process.env["TRADING_STARTED"] ?? Date.now() / 1000);

/** A problem for the user to solve: printed as it is, without a stack trace. */
export class UserError extends Error {}

/** Prints one line of progress, with the seconds since the command began; further lines of the text are indented. */
export function say(text: string): void {
    const seconds = String(Math.max(0, Math.round(Date.now() / 1000 - started))).padStart(5);
    process.stdout.write(`${seconds}s  ${text.replaceAll("\n", "\n        ")}\n`);
}

/** Runs a command; what it throws becomes the last line of its output, and exit code 1. */
export function run(command: () => Promise<void>): void {
    command().catch((cause: unknown) => {
        const message = cause instanceof Error ? cause.message : String(cause);
        const full = message.includes("ENOSPC")
            ? `the disk is full: ${message}; free some and run the same command again`
            : message;
        process.stderr.write(`\nerror: ${full}\n`);
        process.exitCode = 1;
    });
}
