// The collector's own figures.
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** Distinct values of a label that comes from outside; the rest is `other`. */
const maxTypes = 20;

/** Counters of what came in and what was wrong with it. */
export class CollectorMetrics {
    readonly frames: Counter;
    readonly malformed: Counter;
    readonly unknown: Counter;
    readonly gaps: Counter;
    readonly repeated: Counter;
    readonly connections: Counter;
    readonly snapshots: Counter;
    readonly lag: Histogram;
    private readonly types = new Set<string>();

    constructor(private readonly registry: Registry) {
        const registers = [registry];
        const counter = (name: string, help: string, labelNames: string[] = []): Counter =>
            new Counter({ name: `collector_${name}`, help, labelNames, registers });
        this.frames = counter("frames_total", "Frames received from the venue");
        this.malformed = counter("malformed_total", "Payloads that are not what the venue documents, by event type", [
            "type",
        ]);
        this.unknown = counter("unknown_events_total", "Payloads of an event type unknown here", ["type"]);
        this.gaps = counter("gaps_total", "Gaps in the venue's sequence numbers, by fact", ["fact"]);
        this.repeated = counter("repeated_total", "Best-price updates received twice while connections overlapped");
        this.connections = counter("connections_total", "Connections made to the venue");
        this.snapshots = counter("snapshots_total", "Order-book snapshots taken");
        const name = "collector_event_lag_seconds";
        const buckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
        const help = "Time from the event to its receipt here; clocks of two machines";
        this.lag = new Histogram({ name, help, labelNames: ["fact"], buckets, registers });
    }

    /** Shows the number of books in step with the venue, counted when somebody looks. */
    countBooks(count: () => number): void {
        new Gauge({
            name: "collector_books_in_sync",
            help: "Symbols whose order book is in step with the venue",
            registers: [this.registry],
            collect() {
                this.set(count());
            },
        });
    }

    /** A label value for an event type of the venue, bounded in number. */
    typeLabel(type: string): string {
        if (this.types.has(type) || this.types.size < maxTypes) {
            this.types.add(type);
            return type;
        }
        return "other";
    }
}
