// The last thing a worker does: on SIGTERM stop what brings data in, flush what is on its way out, and be gone within 10 s.
import { type Logger } from "./log";
import { telemetry } from "./telemetry";

/** Under the 10 s after which a supervisor or Docker kills. */
const defaultDeadlineMs = 9_000;

interface Stopper {
    name: string;
    stop: () => unknown;
}

/** Runs the stoppers of a worker once, in the order they were added: add them in the order of the flow, sources first. */
export class Shutdown {
    private readonly stoppers: Stopper[] = [];
    private running: Promise<void> | undefined;
    private code = 0;

    constructor(
        private readonly log: Logger,
        private readonly deadlineMs = defaultDeadlineMs,
        private readonly exit: (code: number) => void = (code) => process.exit(code),
    ) {}

    /** Adds something to stop. */
    add(name: string, stop: () => unknown): void {
        this.stoppers.push({ name, stop });
    }

    /** Stops on SIGTERM and SIGINT, and with exit code 1 on an error nobody caught. */
    listen(): void {
        for (const signal of ["SIGTERM", "SIGINT"] as const) {
            process.on(signal, () => void this.run(signal));
        }
        for (const event of ["uncaughtException", "unhandledRejection"] as const) {
            process.on(event, (error: unknown) => {
                this.log.fatal({ err: error }, `shutdown: ${event}, stopping; the supervisor starts the worker again`);
                void this.run(event, 1);
            });
        }
    }

    /** Says what a clean stop does not mend, for people; the exit code is 1 then. */
    fail(problem: string): void {
        this.log.error(problem);
        this.code = 1;
    }

    /** Stops everything and exits; a second call waits for the first. */
    run(reason: string, code = 0): Promise<void> {
        this.code ||= code;
        this.running ??= this.stopAll(reason);
        return this.running;
    }

    private async stopAll(reason: string): Promise<void> {
        this.log.info({ reason }, "stopping");
        let current = "";
        const failed: string[] = [];
        const all = async (): Promise<"done"> => {
            for (const { name, stop } of this.stoppers) {
                current = name;
                try {
                    await stop();
                } catch (error) {
                    failed.push(name);
                    this.log.error({ err: error }, `shutdown: ${name} did not stop cleanly`);
                }
            }
            return "done";
        };
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise<"late">((resolve) => {
            timer = setTimeout(() => resolve("late"), this.deadlineMs);
        });
        const outcome = await Promise.race([all(), late]);
        clearTimeout(timer);
        if (outcome === "late") {
            this.log.error(`shutdown: ${current} still running after ${this.deadlineMs} ms, exiting without it`);
        } else {
            this.log.info("stopped");
        }
        await telemetry()?.close();
        this.exit(outcome === "late" || failed.length > 0 ? 1 : this.code);
    }
}
