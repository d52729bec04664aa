// The watcher's own figures.
import { Counter, Gauge, type Registry } from "prom-client";

export class OnChainMetrics {
    readonly transfers: Counter;
    readonly requests: Counter;
    readonly failures: Counter;

    constructor(private readonly registry: Registry) {
        const registers = [registry];
        const counter = (name: string, help: string, labelNames: string[]): Counter =>
            new Counter({ name: `on_chain_${name}`, help, labelNames, registers });
        this.transfers = counter("transfers_total", "Transfers Kafka acknowledged, by chain and status", [
            "chain",
            "status",
        ]);
        this.requests = counter("requests_total", "Requests by API and outcome", ["api", "outcome"]);
        this.failures = counter("failures_total", "Turns of an address that ended with an error, by API", ["api"]);
    }

    /** Shows how many addresses are watched, counted when somebody looks. */
    countWatched(count: () => number): void {
        new Gauge({
            name: "on_chain_watched_addresses",
            help: "Addresses that are watched",
            registers: [this.registry],
            collect() {
                this.set(count());
            },
        });
    }
}
