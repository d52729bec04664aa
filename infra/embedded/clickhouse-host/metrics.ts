// The host's own numbers, for Prometheus.
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

/** Counters of one host. */
export class HostMetrics {
    private readonly registry = new Registry();
    /** Queries answered, by what became of them: "ok", "error", "gone" (the client went away). */
    readonly queries = new Counter({
        name: "clickhouse_host_queries_total",
        help: "Queries answered",
        labelNames: ["outcome"] as const,
        registers: [this.registry],
    });
    readonly seconds = new Histogram({
        name: "clickhouse_host_query_seconds",
        help: "Time from request to the end of its answer",
        buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
        registers: [this.registry],
    });

    constructor(sources: { running: () => number; memoryBytes: () => Promise<number> }) {
        // The default of 10 ms wakes an idle process a hundred times a second.
        collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: 500 });
        this.gauge("clickhouse_host_running_queries", "Queries running now", () => Promise.resolve(sources.running()));
        this.gauge("clickhouse_host_engine_memory_bytes", "Memory the engine has allocated", sources.memoryBytes);
    }

    /** All of them as text. */
    text(): Promise<string> {
        return this.registry.metrics();
    }

    /** The text's Content-Type. */
    get contentType(): string {
        return this.registry.contentType;
    }

    private gauge(name: string, help: string, read: () => Promise<number>): void {
        new Gauge({
            name,
            help,
            registers: [this.registry],
            async collect() {
                this.set(await read());
            },
        });
    }
}
