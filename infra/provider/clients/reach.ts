// Under every client: what to do while a service does not answer; wait for one that is starting, or say at once that it is not there.
import pRetry from "p-retry";

/** A service that did not answer. Whether that is an error depends on who asked: at preview it means `not checked`. */
export class Unreachable extends Error {
    override readonly name = "Unreachable";
    constructor(
        readonly service: string,
        readonly endpoint: string,
        cause: unknown,
    ) {
        super(`${service} at ${endpoint} cannot be reached: ${said(cause)}`, { cause });
    }
}

/** A service that answered, and refused. */
export class Rejected extends Error {
    override readonly name = "Rejected";
}

/** How a client behaves while its service does not answer. */
export interface Patience {
    /** Time granted to a service that is still starting, in seconds; 0 = ask once. */
    seconds: number;
    /** Told once when waiting begins. */
    onWait?: (message: string) => void;
    signal?: AbortSignal;
}

/** An error's own words: never its stack, and those of its causes where it has none. */
export function said(cause: unknown): string {
    if (!(cause instanceof Error)) return String(cause);
    if (cause instanceof AggregateError && cause.message === "") return cause.errors.map(said).join("; ");
    return cause.message === "" && cause.cause !== undefined ? said(cause.cause) : cause.message;
}

/** Whether a service is there, as far as the last attempts have shown; shared by all resources of a run. */
export class Reach {
    private downSince: number | undefined;
    private lastFailure: Unreachable | undefined;

    constructor(
        readonly service: string,
        readonly endpoint: string,
        /** Tells connection failures from answers. */
        private readonly isConnectionFailure: (cause: unknown) => boolean,
    ) {}

    /** Runs one exchange with the service: again and again while it cannot be reached and patience lasts. */
    async run<T>(patience: Patience, exchange: () => Promise<T>): Promise<T> {
        if (this.lastFailure !== undefined && this.patienceLeft(patience) <= 0) throw this.lastFailure;
        let waiting = false;
        return pRetry(() => this.once(exchange), {
            retries: patience.seconds === 0 ? 0 : 1000,
            minTimeout: 100,
            maxTimeout: 2000,
            factor: 1.5,
            ...(patience.signal === undefined ? {} : { signal: patience.signal }),
            shouldRetry: ({ error }) => error instanceof Unreachable && this.patienceLeft(patience) > 0,
            onFailedAttempt: ({ error }) => {
                if (waiting || !(error instanceof Unreachable) || patience.seconds === 0) return;
                waiting = true;
                patience.onWait?.(
                    `waiting for ${this.service} at ${this.endpoint} (up to ${String(patience.seconds)} s)`,
                );
            },
        });
    }

    private async once<T>(exchange: () => Promise<T>): Promise<T> {
        try {
            const result = await exchange();
            this.answered();
            return result;
        } catch (cause) {
            if (!this.isConnectionFailure(cause)) {
                this.answered();
                throw cause;
            }
            this.downSince ??= Date.now();
            throw (this.lastFailure = new Unreachable(this.service, this.endpoint, cause));
        }
    }

    private answered(): void {
        this.downSince = undefined;
        this.lastFailure = undefined;
    }

    /** Counted from when the service was first missed, so that forty resources do not wait a minute each, one after the other. */
    private patienceLeft({ seconds }: Patience): number {
        const missing = this.downSince === undefined ? 0 : Date.now() - this.downSince;
        // Without patience one failure answers for the next seconds: a preview asks a dead server once, not forty times.
        return seconds === 0 ? (this.downSince === undefined || missing > 5000 ? 1 : 0) : seconds * 1000 - missing;
    }
}
