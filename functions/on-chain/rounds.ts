// Round after round over all that is followed: each a little at a time, so that a long history keeps nobody waiting, and whoever fails waits alone.
import { fullJitter, pause } from "../shared/backoff";
import { type Logger } from "../shared/log";
import { type Subject } from "./following";

const backoffBaseMs = 1_000;
const backoffCapMs = 60_000;
/** How long a subject may fail before the health page says so. */
const patienceMs = 5 * 60_000;

/** A subject that could not be read. */
interface Failure {
    readonly since: number;
    readonly attempt: number;
    /** Not tried again before, epoch milliseconds. */
    readonly until: number;
    readonly why: string;
}

export interface RoundsOptions {
    /** What is followed at the moment. */
    readonly subjects: () => readonly Subject[];
    /** Pause when there is nothing more to read, milliseconds. */
    readonly intervalMs: number;
    readonly log: Logger;
    /** Hears of each failure. */
    readonly onFailure: () => void;
}

/** Reads all subjects of one API, one after the other. */
export class Rounds {
    private readonly stopped = new AbortController();
    private readonly failures = new Map<string, Failure>();
    private running: Promise<void> | undefined;

    constructor(private readonly options: RoundsOptions) {}

    /** For the health page. */
    readonly problem = (): string | undefined => {
        const failing = [...this.failures].filter(([, { since }]) => Date.now() - since > patienceMs);
        const [first] = failing;
        if (first === undefined) return undefined;
        const [name, { since, why }] = first;
        return `${failing.length} not read for a while, e.g. ${name} since ${new Date(since).toISOString()}: ${why}`;
    };

    start(): void {
        this.running ??= this.run();
    }

    /** Begins nothing new. */
    abort(): void {
        this.stopped.abort();
    }

    /** Resolves when what was begun has ended. */
    async ended(): Promise<void> {
        await this.running;
    }

    private async run(): Promise<void> {
        const { signal } = this.stopped;
        while (!signal.aborted) {
            const more = await this.round();
            if (!more) await pause(this.options.intervalMs, signal);
        }
    }

    /** One turn for everybody; true when somebody has more to read. */
    private async round(): Promise<boolean> {
        let more = false;
        for (const subject of this.options.subjects()) {
            if (this.stopped.signal.aborted) return false;
            if ((this.failures.get(subject.name)?.until ?? 0) > Date.now()) continue;
            more = (await this.turn(subject)) || more;
        }
        return more;
    }

    private async turn(subject: Subject): Promise<boolean> {
        try {
            const more = await subject.step();
            if (this.failures.delete(subject.name)) this.options.log.info({ subject: subject.name }, "reads on again");
            return more;
        } catch (error) {
            if (!this.stopped.signal.aborted)
                this.failed(subject, error instanceof Error ? error.message : String(error));
            return false;
        }
    }

    private failed({ name }: Subject, why: string): void {
        const before = this.failures.get(name);
        const attempt = (before?.attempt ?? -1) + 1;
        const waitMs = Math.round(fullJitter(attempt, backoffBaseMs, backoffCapMs));
        this.failures.set(name, { since: before?.since ?? Date.now(), attempt, until: Date.now() + waitMs, why });
        this.options.onFailure();
        this.options.log.warn({ subject: name, why, waitMs }, "could not be read, trying again");
    }
}
