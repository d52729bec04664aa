// The numbers of a worker in Prometheus' own format, read at /metrics.
import { collectDefaultMetrics, Registry } from "prom-client";

/** A registry with the process' own figures (memory, event-loop lag, open handles), every sample labelled with the worker. */
export function createRegistry(worker: string): Registry {
    const registry = new Registry();
    registry.setDefaultLabels({ worker });
    collectDefaultMetrics({ register: registry });
    return registry;
}
