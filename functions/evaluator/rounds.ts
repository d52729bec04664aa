// Rounds one after the other: soon while events flow, seldom while nothing moves; a failed one is said once, and the next one does its work.
import { pause } from "../shared/backoff";
import { type Logger } from "../shared/log";
import { type Round } from "./evaluator";

/** While nothing moves, rounds come up to this many times less often. */
const idleFactor = 8;
/** A failing dependency is worth a 503 after this long. */
const patienceMs = 60_000;

/** The worker's loop. */
export class Rounds {
    private readonly stopping = new AbortController();
    private lastGood = Date.now();
    private trouble: string | undefined;
    private failing: string[] = [];

    constructor(
        private readonly intervalMs: number,
        private readonly round: (stopped: AbortSignal) => Promise<Round>,
        private readonly log: Logger,
    ) {}

    /** For the health page: why no round has ended well for a while. */
    readonly problem = (): string | undefined => (Date.now() - this.lastGood > patienceMs ? this.trouble : undefined);

    /** For the health page: rules whose last evaluation failed. */
    readonly failingRules = (): string | undefined =>
        this.failing.length === 0 ? undefined : `${this.failing.join(", ")}: trading.evaluations says why`;

    /** Resolves after stop(), when the running round has ended. */
    async run(): Promise<void> {
        const { signal } = this.stopping;
        let rest = this.intervalMs;
        while (!signal.aborted) {
            const round = await this.attempt();
            if (round?.more === true) continue;
            const moved = round !== undefined && (round.observed.moved || round.logged.length > 0);
            rest = moved ? this.intervalMs : Math.min(rest * 2, this.intervalMs * idleFactor);
            await pause(rest, signal);
        }
    }

    stop(): void {
        this.stopping.abort();
    }

    private async attempt(): Promise<Round | undefined> {
        try {
            const round = await this.round(this.stopping.signal);
            this.lastGood = Date.now();
            this.trouble = undefined;
            this.note(round);
            return round;
        } catch (error) {
            if (this.trouble === undefined)
                this.log.warn({ err: error }, "a round did not end; the next one takes over");
            this.trouble = error instanceof Error ? error.message : String(error);
            return undefined;
        }
    }

    private note({ logged }: Round): void {
        for (const { rule, run, error, newAlerts, range } of logged) {
            const was = this.failing.includes(rule);
            if (error !== "" && !was) {
                this.failing.push(rule);
                this.log.error({ rule, run, range, error }, "a rule failed; it is tried again");
            } else if (error === "" && was) this.failing = this.failing.filter((each) => each !== rule);
            if (newAlerts > 0) this.log.info({ rule, run, alerts: newAlerts }, "alerts raised");
        }
    }
}
