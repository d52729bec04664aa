// Keeps connection attempts under the venue's limit, whatever goes wrong: over it the venue bans the address.

/** At most `count` passes within any `windowMs`. */
export class RateLimiter {
    private readonly passes: number[] = [];

    constructor(
        private readonly count: number,
        private readonly windowMs: number,
        private readonly now: () => number = Date.now,
    ) {}

    /** Takes a pass, or says how many milliseconds until there is one. */
    take(): number {
        const now = this.now();
        while (this.passes[0] !== undefined && this.passes[0] <= now - this.windowMs) this.passes.shift();
        const oldest = this.passes[0];
        if (this.passes.length >= this.count && oldest !== undefined) return oldest + this.windowMs - now;
        this.passes.push(now);
        return 0;
    }
}
