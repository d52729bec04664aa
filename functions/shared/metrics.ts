// The numbers of a worker in Prometheus' own format, read at /metrics.
import { collectDefaultMetrics, Registry } from "prom-client";
import { startTelemetry } from "./telemetry";

/** A registry with the process' own figures (memory, event-loop lag, open handles), every sample labelled with the worker. */
export function createRegistry(worker: string): Registry {
    const registry = new Registry();
    registry.setDefaultLabels({ worker });
    // The default of 10 ms wakes an idle process a hundred times a second.
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 500 });
    startTelemetry(worker)?.observe(registry);
    return registry;
}
