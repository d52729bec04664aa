// For tests: how often a receiver lets itself be written to, and what it does with those who come too often or too early.

/** A leaky bucket of its own clock; whoever is refused is to stay away for `restMs`. */
export class FakeLimit {
    private tokens: number;
    private last = Date.now();
    private closedUntil = 0;
    /** Requests that came too often. */
    limited = 0;
    /** Requests that came although it had asked to be left alone. */
    violations = 0;

    constructor(
        private readonly burst: number,
        private readonly perSecond: number,
        private readonly restMs: number,
    ) {
        this.tokens = burst;
    }

    /** Seconds to stay away, or undefined when the request is welcome. */
    ask(): number | undefined {
        const now = Date.now();
        if (now < this.closedUntil) {
            this.violations += 1;
            return Math.ceil((this.closedUntil - now) / 1_000);
        }
        this.tokens = Math.min(this.burst, this.tokens + ((now - this.last) / 1_000) * this.perSecond);
        this.last = now;
        if (this.tokens < 1) return this.close();
        this.tokens -= 1;
        return undefined;
    }

    /** Wants to be left alone from now on. */
    close(): number {
        this.limited += 1;
        this.closedUntil = Date.now() + this.restMs;
        return Math.ceil(this.restMs / 1_000);
    }
}
