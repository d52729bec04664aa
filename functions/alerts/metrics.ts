// The worker's own figures.
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { type Delivery, type Message, type Notification } from "./core/model";
import { type Lane } from "./core/lane";

/** Counts what was decided and sent. */
export interface AlertMetrics {
    readonly decided: (rows: readonly Notification[]) => void;
    readonly delivered: (message: Message, row: Delivery) => void;
}

/** @param lanes are asked when somebody reads the figures */
export function metricsOf(registry: Registry, lanes: readonly Lane[]): AlertMetrics {
    const registers = [registry];
    const labelNames = ["target"];
    const decisions = new Counter({
        name: "alert_decisions_total",
        help: "Alerts by what was decided about telling them to a target",
        labelNames: ["decision"],
        registers,
    });
    const attempts = new Counter({
        name: "alert_deliveries_total",
        help: "Attempts to send by what came of them: accepted, failed, dead",
        labelNames: ["target", "state"],
        registers,
    });
    const seconds = new Histogram({
        name: "alert_delivery_seconds",
        help: "From the alert's row to the target's answer, for alerts sent alone for the first time",
        labelNames,
        buckets: [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3_600],
        registers,
    });
    new Gauge({
        name: "alert_queue_length",
        help: "Alerts that wait for their target",
        labelNames,
        registers,
        collect() {
            for (const lane of lanes) this.set({ target: lane.destination.name }, lane.state.waiting);
        },
    });
    return {
        decided: (rows) => {
            for (const { decision } of rows) decisions.inc({ decision });
        },
        delivered: ({ target, kind, alerts: [first] }, { state, at }) => {
            attempts.inc({ target, state });
            if (state === "accepted" && kind === "alert" && first !== undefined)
                seconds.observe({ target }, Math.max(0, at - first.raisedAt) / 1_000);
        },
    };
}
