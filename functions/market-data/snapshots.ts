// Order-book snapshots from the venue's REST interface: one request at a time, within the venue's weight limits, until each one is there.
import { fullJitter, pause } from "../shared/backoff";
import { type Logger } from "../shared/log";

/** Levels per side; the most the venue gives. */
const limit = 5000;
/** Request weight per minute and address at which to wait for the next minute: four fifths of the venue's 6,000. */
const weightLimit = 4_800;
const timeoutMs = 15_000;
const retryBaseMs = 500;
const retryCapMs = 60_000;

function retryAfter(response: Response): number {
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    // 418 is a ban of two minutes and more for having ignored 429.
    const fallback = response.status === 418 ? 120 : 60;
    return (Number.isFinite(seconds) && seconds > 0 ? seconds : fallback) * 1_000;
}

/** Milliseconds until the venue's weight counter starts anew, if it is nearly used up. */
function weightWait(response: Response, now: number): number {
    const used = Number(response.headers.get("x-mbx-used-weight-1m") ?? 0);
    return used < weightLimit ? 0 : 60_000 - (now % 60_000);
}

/** What is done with an answer; throwing means it was not the snapshot that is needed, and it is asked for again. */
export type OnSnapshot = (symbol: string, answer: unknown, receivedAt: number) => void;

/** Fetches snapshots for those who ask. */
export class SnapshotFetcher {
    private readonly stopped = new AbortController();
    private readonly asked = new Set<string>();
    private readonly tasks = new Map<string, Promise<void>>();
    private readonly failures = new Map<string, string>();
    /** The requests' queue: the venue sees one at a time. */
    private line: Promise<unknown> = Promise.resolve();
    /** No request before this time, epoch milliseconds. */
    private holdUntil = 0;

    constructor(
        private readonly baseUrl: string,
        private readonly onSnapshot: OnSnapshot,
        private readonly log: Logger,
    ) {}

    /** Asks for a snapshot of a symbol, taken after this call. */
    request(symbol: string): void {
        if (this.stopped.signal.aborted) return;
        this.asked.add(symbol);
        if (!this.tasks.has(symbol)) this.tasks.set(symbol, this.serve(symbol));
    }

    /** The last failure of a symbol that still has no snapshot. */
    problemOf(symbol: string): string | undefined {
        return this.failures.get(symbol);
    }

    async stop(): Promise<void> {
        this.stopped.abort();
        await Promise.all(this.tasks.values());
    }

    private async serve(symbol: string): Promise<void> {
        const { signal } = this.stopped;
        for (let attempt = 0; this.asked.has(symbol) && !signal.aborted; attempt += 1) {
            try {
                await this.inLine(() => this.fetchOne(symbol));
                this.failures.delete(symbol);
                attempt = -1;
            } catch (error) {
                const why = error instanceof Error ? error.message : String(error);
                this.asked.add(symbol);
                this.failures.set(symbol, why);
                const waitMs = Math.round(fullJitter(attempt, retryBaseMs, retryCapMs));
                if (!this.isStopped())
                    this.log.warn({ symbol, why, waitMs }, "order-book snapshot failed, trying again");
                await pause(waitMs, signal);
            }
        }
        this.tasks.delete(symbol);
    }

    private isStopped(): boolean {
        return this.stopped.signal.aborted;
    }

    private inLine(work: () => Promise<void>): Promise<void> {
        const turn = this.line.then(async () => {
            await pause(Math.max(0, this.holdUntil - Date.now()), this.stopped.signal);
            await work();
        });
        this.line = turn.catch(() => undefined);
        return turn;
    }

    private async fetchOne(symbol: string): Promise<void> {
        this.asked.delete(symbol);
        const url = `${this.baseUrl}/api/v3/depth?symbol=${encodeURIComponent(symbol)}&limit=${limit}`;
        const signal = AbortSignal.any([this.stopped.signal, AbortSignal.timeout(timeoutMs)]);
        const response = await fetch(url, { signal });
        const text = await response.text();
        if (response.status === 429 || response.status === 418) this.holdUntil = Date.now() + retryAfter(response);
        else this.holdUntil = Date.now() + weightWait(response, Date.now());
        if (!response.ok) throw new Error(`HTTP ${response.status} from ${url}: ${text.slice(0, 200)}`);
        this.onSnapshot(symbol, JSON.parse(text), Date.now());
    }
}
