// The gateway's own figures.
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { type Admission } from "./admission";

/** Counters of what came in, what became of it, and how long Kafka took. */
export class GatewayMetrics {
    readonly requests: Counter;
    readonly accepted: Counter;
    readonly rejected: Counter;
    readonly requestSeconds: Histogram;
    readonly produceSeconds: Histogram;
    readonly produceFailures: Counter;

    constructor(registry: Registry, admission: Admission) {
        const registers = [registry];
        const counter = (name: string, help: string, labelNames: string[] = []): Counter =>
            new Counter({ name: `gateway_${name}`, help, labelNames, registers });
        const seconds = (name: string, help: string, labelNames: string[] = []): Histogram => {
            const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10];
            return new Histogram({ name: `gateway_${name}_seconds`, help, labelNames, buckets, registers });
        };
        const gauge = (name: string, help: string, look: () => number): Gauge =>
            new Gauge({
                name: `gateway_${name}`,
                help,
                registers,
                collect() {
                    this.set(look());
                },
            });
        this.requests = counter("requests_total", "Requests, by route and status", ["route", "status"]);
        this.accepted = counter("accepted_events_total", "Events Kafka acknowledged, by fact", ["fact"]);
        this.rejected = counter("rejected_events_total", "Events not stored, by fact and what was wrong", [
            "fact",
            "fault",
        ]);
        this.requestSeconds = seconds("request", "Time from a request's first byte to its answer, by route", ["route"]);
        this.produceSeconds = seconds("produce", "Time until Kafka acknowledged a batch");
        this.produceFailures = counter(
            "produce_failures_total",
            "Batches Kafka did not acknowledge; their producers got 503",
        );
        gauge("in_flight_bytes", "Room taken by requests under way, bytes", () => admission.bytes);
        gauge("in_flight_requests", "Requests under way", () => admission.requests);
    }
}
