// How often one target is written to.
import { type BucketSize } from "./model";

/** A token bucket that begins empty: what was sent before a restart has used it up, for all that is known. Times in milliseconds. */
export class TokenBucket {
    private tokens = 0;

    constructor(
        private readonly size: BucketSize,
        private last: number,
    ) {}

    /** Tokens there are at a time. */
    at(now: number): number {
        return Math.min(this.size.burst, this.tokens + (Math.max(0, now - this.last) / 1_000) * this.size.perSecond);
    }

    /** Takes one, which must be there. */
    take(now: number): void {
        this.tokens = this.at(now) - 1;
        this.last = Math.max(this.last, now);
    }

    /** When there is one. */
    readyAt(now: number): number {
        const missing = 1 - this.at(now);
        // Rounded up, or a clock of whole milliseconds would be asked a little too early.
        return missing <= 0 ? now : now + Math.ceil((missing / this.size.perSecond) * 1_000);
    }

    /** How many messages can go out within a time from now. */
    within(now: number, ms: number): number {
        return Math.floor(this.at(now) + (ms / 1_000) * this.size.perSecond);
    }
}
