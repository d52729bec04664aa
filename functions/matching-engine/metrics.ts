// The feed's own figures.
import { Counter, Gauge, type Registry } from "prom-client";

/** Counters of what came in and what became of it. */
export class FeedMetrics {
    readonly events: Counter;
    readonly missing: Counter;
    readonly repeated: Counter;
    private readonly records: Counter;
    private readonly waiting = new Map<string, () => number>();

    constructor(registry: Registry) {
        const registers = [registry];
        const counter = (name: string, help: string, ...labelNames: string[]): Counter =>
            new Counter({ name: `feed_${name}`, help, labelNames: ["source", ...labelNames], registers });
        this.records = counter("records_total", "Records read, by what became of them", "outcome");
        this.events = counter("events_total", "Events Kafka acknowledged, by fact", "fact");
        this.missing = counter("sequence_missing_total", "Numbers missing in a source's own counter");
        this.repeated = counter("sequence_repeated_total", "Records with a number that had come before");
        const { waiting } = this;
        new Gauge({
            name: "feed_waiting_halves",
            help: "Records that wait for the other half of their pair",
            labelNames: ["source"],
            registers,
            collect() {
                for (const [source, count] of waiting) this.set({ source }, count());
            },
        });
    }

    record(source: string, outcome: "mapped" | "ignored" | "waiting" | "unmatched" | "rejected" | "malformed"): void {
        this.records.inc({ source, outcome });
    }

    /** Shows how many halves of pairs a source waits for, counted when somebody looks. */
    countWaiting(source: string, count: () => number): void {
        this.waiting.set(source, count);
    }
}
