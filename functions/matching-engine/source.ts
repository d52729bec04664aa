// One mapping at work: an input that cannot be read is opened again for as long as it takes, and those of other mappings go on meanwhile.
import { pause } from "../shared/backoff";
import { StoppedError } from "../shared/delivery";
import { type Logger } from "../shared/log";
import { type Handle, type Input, type Lost } from "./inputs/input";

/** Pause before an input is opened again: what it lacks is made by people, or restarted. */
const usualRetryMs = 5_000;

export interface SourceOptions {
    /** The mapping file, for messages. */
    readonly file: string;
    /** Makes the input; made anew after each failure. */
    readonly open: () => Input;
    readonly handle: Handle;
    readonly lost: Lost;
    readonly log: Logger;
}

/** An input that is read until it ends or is stopped. */
export class Source {
    private readonly stopping = new AbortController();
    private input: Input | undefined;
    private trouble: { why: string; since: Date } | undefined;

    constructor(
        private readonly options: SourceOptions,
        private readonly retryMs = usualRetryMs,
    ) {}

    /** For the health page: why nothing is read. */
    readonly problem = (): string | undefined =>
        this.trouble === undefined ? undefined : `${this.trouble.why}; since ${this.trouble.since.toISOString()}`;

    /** For the health page: what is waited for without anything being wrong. */
    readonly waiting = (): string | undefined => this.input?.waiting?.();

    /**
     * Resolves when the input has ended or was stopped.
     * @throws StoppedError when it is stopped while a batch is handled; another Error when its input fails and cannot be read again
     */
    async run(): Promise<void> {
        const { open, handle, lost, file } = this.options;
        while (!this.stopping.signal.aborted) {
            const input = open();
            this.input = input;
            try {
                await input.run(handle, lost, this.well);
                return;
            } catch (error) {
                if (error instanceof StoppedError) throw error;
                const why = `${file}: ${error instanceof Error ? error.message : String(error)}`;
                if (!input.rereadable) throw new Error(why, { cause: error });
                this.failed(why);
            }
            await pause(this.retryMs, this.stopping.signal);
        }
    }

    /** Ends reading; resolves with what was read and cannot be made up for later, if there is any. */
    async stop(): Promise<string | undefined> {
        this.stopping.abort();
        return this.input?.stop();
    }

    private readonly well = (): void => {
        if (this.trouble !== undefined) this.options.log.info({ since: this.trouble.since }, "the input is read again");
        this.trouble = undefined;
    };

    private failed(why: string): void {
        if (why !== this.trouble?.why) this.options.log.error({ why }, "the input cannot be read, trying again");
        this.trouble = { why, since: this.trouble?.since ?? new Date() };
    }
}
