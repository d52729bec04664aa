// How often one host is asked: at most once per interval, and not at all for as long as it asked to be left alone.
import { pause } from "../backoff";

/** Hosts remembered at most; those whose time has come are forgotten first. */
const maxHosts = 1_000;

/** A turnstile per host. */
export class HostPace {
    private readonly free = new Map<string, number>();

    /** `intervalMs` is the distance between the starts of two requests to one host. */
    constructor(
        private readonly intervalMs: number,
        private readonly now: () => number = Date.now,
    ) {}

    /** Waits for the host's turn; an abort ends the wait. */
    async turn(host: string, signal: AbortSignal): Promise<void> {
        const now = this.now();
        const at = Math.max(now, this.free.get(host) ?? 0);
        this.free.set(host, at + this.intervalMs);
        if (this.free.size > maxHosts) this.forget(now);
        if (at > now) await pause(at - now, signal);
    }

    /** Leaves a host alone for a time. */
    hold(host: string, ms: number): void {
        this.free.set(host, Math.max(this.free.get(host) ?? 0, this.now() + ms));
    }

    /** How long a request to the host would wait now, milliseconds. */
    wait(host: string): number {
        return Math.max(0, (this.free.get(host) ?? 0) - this.now());
    }

    private forget(now: number): void {
        for (const [host, at] of this.free) if (at <= now) this.free.delete(host);
    }
}
