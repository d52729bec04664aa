// For programs of the command line beside the tests: a stack that is ended however the program ends.
import { constants } from "node:os";

/**
 * Starts a stack, works with it and stops it. SIGINT and SIGTERM stop it as well, after its start where that is still under way, and
 * then the program exits with 128 and the signal's number: the stack's processes are no children of ours and would go on for ever.
 * @throws Error of the start, the work or the stop
 */
export async function withOwnStack<S extends { stop(): Promise<void> }>(
    start: () => Promise<S>,
    work: (stack: S) => Promise<void>,
): Promise<void> {
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    let ending: Promise<void> | undefined;
    const end = (): Promise<void> => (ending ??= starting.then((stack) => stack.stop()));
    const interrupted = new AbortController();
    const interrupt = (signal: "SIGINT" | "SIGTERM"): void => {
        // A terminal and npm may both hand on the same signal.
        if (interrupted.signal.aborted) return;
        interrupted.abort();
        say(`${signal}: ending the stack, which takes up to a few minutes`);
        // Registered before the work fails for want of its stack: the exit comes before that failure is told.
        void end()
            .catch((error: unknown) => say(error instanceof Error ? error.message : String(error)))
            .then(() => process.exit(128 + constants.signals[signal]));
    };
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupt);
    const starting = start();
    try {
        const stack = await starting;
        if (!interrupted.signal.aborted) await work(stack);
    } finally {
        await end();
    }
}
