// Re-basing: where a recorded moment lies in this run. A pure function of the run, so that a resend carries the same times.

/** How fast a recording is played; `max` is as fast as the client takes it. */
export type Speed = number | "max";

/** With `max` a recording is squeezed into this time, which ends when the run starts: nothing lies in the future. */
const maxSpanMs = 60_000;

/** One run of a replay: start and speed determine every time in it, and its id names both. */
export class RunClock {
    /** Goes into `run_id`, e.g. `2026-11-22T15:00:00.000Z x3000`. */
    readonly id: string;

    constructor(
        private readonly start: Date,
        readonly speed: Speed,
    ) {
        this.id = `${start.toISOString()} x${speed}`;
    }

    /** The re-based time, in epoch milliseconds with microseconds as fraction, of what was recorded `gapMs` into a recording of `spanMs`. */
    time(gapMs: number, spanMs: number): number {
        const begin = this.speed === "max" ? this.start.getTime() - maxSpanMs : this.start.getTime();
        const factor = this.speed === "max" ? Math.max(1, spanMs / maxSpanMs) : this.speed;
        return begin + Math.round((gapMs / factor) * 1000) / 1000;
    }

    /** Milliseconds until a re-based time comes; 0 when it is past or the speed is `max`. */
    wait(time: number, now: number = Date.now()): number {
        return this.speed === "max" ? 0 : Math.max(0, time - now);
    }
}
