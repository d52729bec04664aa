// The order of things: first the facts must show all that was acknowledged before, then the addresses are known, then rounds begin.
import { type Admin } from "kafkajs";
import { pause } from "../shared/backoff";
import { type Logger } from "../shared/log";
import { topicEnds, unwritten } from "./facts";
import { type Rounds } from "./rounds";
import { type Watchlist } from "./watchlist";

const refreshMs = 60_000;
const retryMs = 1_000;
/** How long Kafka or ClickHouse may be away before the worker counts as unhealthy. */
const patienceMs = 30_000;

export interface WatchingParts {
    readonly admin: Admin;
    readonly watchlist: Watchlist;
    readonly rounds: readonly Rounds[];
    readonly log: Logger;
}

/** Begins to watch, and keeps the list of addresses up to date. */
export class Watching {
    private readonly stopped = new AbortController();
    private trouble: { since: number; why: string } | undefined;

    constructor(private readonly parts: WatchingParts) {}

    /** For the health page. */
    readonly problem = (): string | undefined =>
        this.trouble === undefined || Date.now() - this.trouble.since < patienceMs ? undefined : this.trouble.why;

    /** Runs until stopped. */
    async run(): Promise<void> {
        const { signal } = this.stopped;
        if (!(await this.until(() => this.caughtUp()))) return;
        while (!signal.aborted) {
            if (!(await this.until(() => this.refreshed()))) return;
            for (const rounds of this.parts.rounds) rounds.start();
            await pause(refreshMs, signal);
        }
    }

    stop(): void {
        this.stopped.abort();
    }

    /** Tries until it is true; false when stopped before. */
    private async until(attempt: () => Promise<boolean>): Promise<boolean> {
        while (!this.stopped.signal.aborted) {
            try {
                if (await attempt()) {
                    this.trouble = undefined;
                    return true;
                }
            } catch (error) {
                this.note(error instanceof Error ? error.message : String(error));
            }
            await pause(retryMs, this.stopped.signal);
        }
        return false;
    }

    private ends: Awaited<ReturnType<typeof topicEnds>> | undefined;

    /** Whether the feed has written all that was in the topic when this worker started. */
    private async caughtUp(): Promise<boolean> {
        const { admin } = this.parts;
        await admin.connect();
        this.ends ??= await topicEnds(admin);
        const left = await unwritten(admin, this.ends);
        if (left > 0n) this.note(`waiting for the feed of on_chain_transfers, ${left} messages behind`);
        return left === 0n;
    }

    private async refreshed(): Promise<boolean> {
        await this.parts.watchlist.refresh();
        return true;
    }

    private note(why: string): void {
        if (this.trouble?.why !== why) this.parts.log.warn({ why }, "not watching yet, or not all");
        this.trouble = { since: this.trouble?.since ?? Date.now(), why };
    }
}
