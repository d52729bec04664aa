// Rounds one after the other: soon while events flow, seldom while nothing moves; a failed one is said once, and the next one does its work.
import { pause } from "./backoff";
import { type Logger } from "./log";

/** A failing dependency is worth a 503 after this long. */
const patienceMs = 60_000;

/** How often rounds come. */
export interface Pace {
    /** Pause between two rounds while something moves, milliseconds. */
    readonly intervalMs: number;
    /** While nothing moves, rounds come up to this many times less often. */
    readonly idleFactor: number;
}

/** What a round tells the loop. */
export interface Ended {
    /** Whether anything has happened, so that the next one comes soon. */
    readonly moved: boolean;
    /** Whether there is more to do at once. */
    readonly more: boolean;
}

/** A worker's loop. */
export class Rounds {
    private readonly stopping = new AbortController();
    private lastGood = Date.now();
    private trouble: string | undefined;

    constructor(
        private readonly pace: Pace,
        private readonly round: (stopped: AbortSignal) => Promise<Ended>,
        private readonly log: Logger,
    ) {}

    /** For the health page: why no round has ended well for a while. */
    readonly problem = (): string | undefined => (Date.now() - this.lastGood > patienceMs ? this.trouble : undefined);

    /** Resolves after stop(), when the running round has ended. */
    async run(): Promise<void> {
        const { signal } = this.stopping;
        const { intervalMs, idleFactor } = this.pace;
        let rest = intervalMs;
        while (!signal.aborted) {
            const ended = await this.attempt();
            if (ended?.more === true) continue;
            rest = ended?.moved === true ? intervalMs : Math.min(rest * 2, intervalMs * idleFactor);
            await pause(rest, signal);
        }
    }

    stop(): void {
        this.stopping.abort();
    }

    private async attempt(): Promise<Ended | undefined> {
        try {
            const ended = await this.round(this.stopping.signal);
            this.lastGood = Date.now();
            this.trouble = undefined;
            return ended;
        } catch (error) {
            if (this.trouble === undefined)
                this.log.warn({ err: error }, "a round did not end; the next one takes over");
            this.trouble = error instanceof Error ? error.message : String(error);
            return undefined;
        }
    }
}
