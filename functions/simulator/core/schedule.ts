// What happens when: tasks that sleep and wake in simulated time.
import TinyQueue from "tinyqueue";

/** Something that goes on: runs until it yields how long it sleeps, in microseconds. */
export type Play = Generator<number, void>;

interface Entry {
    at: number;
    /** Order of planning, which decides between entries of the same moment. */
    order: number;
    /** Returns how long until the next time; undefined when it is over. */
    resume: () => number | undefined;
}

/** The simulation's clock and its agenda. */
export class Schedule {
    /** Microseconds since 1970. */
    now: number;
    private planned = 0;
    private readonly queue = new TinyQueue<Entry>([], (a, b) => a.at - b.at || a.order - b.order);

    constructor(from: number) {
        this.now = from;
    }

    /** Starts a play at a time, at once when that is past. */
    start(play: Play, at = this.now): void {
        this.plan(at, () => {
            const { done, value } = play.next();
            return done === true ? undefined : value;
        });
    }

    /** Does something once, later. */
    after(delay: number, task: () => void): void {
        this.plan(this.now + delay, () => {
            task();
            return undefined;
        });
    }

    /** Does the next thing on the agenda, if it is due before `end`. False when nothing is. */
    step(end: number): boolean {
        const next = this.queue.peek();
        if (next === undefined || next.at >= end) return false;
        this.queue.pop();
        this.now = next.at;
        const sleep = next.resume();
        if (sleep !== undefined) this.plan(this.now + sleep, next.resume);
        return true;
    }

    private plan(at: number, resume: Entry["resume"]): void {
        this.queue.push({ at: Math.max(this.now, Math.round(at)), order: this.planned++, resume });
    }
}
