// Keeps a connection to the venue alive for months: reconnects with backoff, and replaces it with overlap before the venue ends it.
import { fullJitter, pause } from "../shared/backoff";
import { type Logger } from "../shared/log";
import { RateLimiter } from "./limiter";
import { type Leaving, Link, type LinkLimits } from "./link";

/** What the venue prescribes, as times of ours. */
export interface ConnectionLimits extends LinkLimits {
    /** How long an old connection goes on after its replacement delivers. */
    overlapMs: number;
    backoffBaseMs: number;
    backoffCapMs: number;
}

/** For Binance: 24 h of life, pings every 20 s. */
export const venueLimits: ConnectionLimits = {
    lifetimeMs: (23 * 60 + 50) * 60_000,
    silenceMs: 60_000,
    overlapMs: 5_000,
    backoffBaseMs: 500,
    backoffCapMs: 30_000,
};

/** A connection that lived this long was a good one: the next attempt starts without backoff. */
const stableMs = 60_000;

/** What the owner of a connection is told. */
export interface ConnectionEvents {
    onMessage(text: string, link: Link): void;
    /** A connection is up; `lost` is the reason the one before ended without overlap, if it did. */
    onOpen(lost: Outage | undefined): void;
}

/** A time without any connection. */
export interface Outage {
    readonly reason: Leaving;
    readonly since: Date;
    readonly detail: string;
}

/** A connection that is always there, or being made. */
export class Connection {
    private readonly stopped = new AbortController();
    /** 300 attempts per 5 minutes and address are allowed; half is left to other programs of the address. */
    private readonly attempts = new RateLimiter(150, 5 * 60_000);
    private readonly links = new Set<Link>();
    private running: Promise<void> | undefined;
    /** Since when and why there is none, while there is none. */
    private down = { since: new Date(), why: "not connected yet" };

    constructor(
        private readonly url: string,
        private readonly limits: ConnectionLimits,
        private readonly events: ConnectionEvents,
        private readonly log: Logger,
    ) {}

    /** For the health page. */
    readonly problem = (): string | undefined =>
        this.links.size > 0 ? undefined : `no connection since ${this.down.since.toISOString()}, ${this.down.why}`;

    start(): void {
        this.running ??= this.run();
    }

    /** Closes all connections. */
    async stop(): Promise<void> {
        this.stopped.abort();
        for (const link of this.links) link.close();
        await this.running;
    }

    private async run(): Promise<void> {
        const { signal } = this.stopped;
        let previous: Link | undefined;
        let lost: Outage | undefined;
        for (let attempt = 0; !signal.aborted; attempt += 1) {
            const link = await this.open();
            if (link === undefined) {
                await this.backOff(attempt);
                continue;
            }
            if (previous !== undefined) lost = this.retire(previous, link);
            this.events.onOpen(lost);
            const reason = await link.left;
            const livedMs = Date.now() - link.openedAt.getTime();
            this.log.info({ reason, detail: link.closeReason, livedMs }, "venue connection ends");
            // Asked to leave, it still delivers: its replacement overlaps with it, and nothing is missed.
            const planned = reason === "lifetime" || reason === "serverShutdown";
            previous = planned ? link : undefined;
            lost = planned ? undefined : { reason, since: new Date(), detail: link.closeReason };
            if (livedMs > stableMs) attempt = -1;
            if (livedMs <= stableMs || !planned) await this.backOff(attempt + 1);
        }
    }

    private backOff(attempt: number): Promise<void> {
        return pause(fullJitter(attempt, this.limits.backoffBaseMs, this.limits.backoffCapMs), this.stopped.signal);
    }

    private async open(): Promise<Link | undefined> {
        const { signal } = this.stopped;
        for (let wait = this.attempts.take(); wait > 0; wait = this.attempts.take()) {
            this.log.warn({ waitMs: wait }, "connection attempts are at the venue's limit, waiting");
            await pause(wait, signal);
            if (signal.aborted) return undefined;
        }
        try {
            const link = await Link.open(this.url, this.limits, (text, from) => this.events.onMessage(text, from));
            if (signal.aborted) {
                link.close();
                return undefined;
            }
            this.add(link);
            this.log.info({ url: this.url.slice(0, 200) }, "venue connected");
            return link;
        } catch (error) {
            const why = error instanceof Error ? error.message : String(error);
            this.down = { since: this.down.since, why };
            this.log.warn({ why: why.slice(0, 300) }, "venue connection failed, trying again");
            return undefined;
        }
    }

    private add(link: Link): void {
        this.links.add(link);
        void link.closed.then(() => {
            this.links.delete(link);
            if (this.links.size === 0) this.down = { since: new Date(), why: `connection ended, ${link.closeReason}` };
        });
    }

    /** Lets the old connection go once the new one delivers; returns the outage if the old one was gone before. */
    private retire(old: Link, replacement: Link): Outage | undefined {
        if (old.closedAt !== undefined) return { reason: "closed", since: old.closedAt, detail: old.closeReason };
        const overlap = async (): Promise<void> => {
            // If the replacement never delivers, it is found silent and replaced in its turn; the old one goes then at the latest.
            await Promise.race([replacement.delivering, replacement.left]);
            await pause(this.limits.overlapMs, this.stopped.signal);
            old.close();
        };
        void overlap();
        return undefined;
    }
}
