// The evaluator's own figures.
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { type Round } from "./evaluator";

/** Takes account of rounds; `all`: of a lane that looks at all facts and references. */
export type Observe = (round: Round, all: boolean) => void;

/** Counts what rounds did. */
export function metricsOf(registry: Registry): Observe {
    const registers = [registry];
    const evaluations = new Counter({
        name: "rule_evaluations_total",
        help: "Evaluations by rule and outcome",
        labelNames: ["rule", "outcome"],
        registers,
    });
    const alerts = new Counter({
        name: "rule_alerts_total",
        help: "Alerts that were new",
        labelNames: ["rule"],
        registers,
    });
    const seconds = new Histogram({
        name: "rule_evaluation_seconds",
        help: "Time of one evaluation, with its alerts written",
        buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
        registers,
    });
    const complete = new Gauge({
        name: "fact_complete_age_seconds",
        help: "How long ago the facts were complete that are behind most",
        registers,
    });
    return ({ logged, observed }, all) => {
        for (const { rule, error, newAlerts, durationMs } of logged) {
            evaluations.inc({ rule, outcome: error === "" ? "ok" : "failed" });
            alerts.inc({ rule }, newAlerts);
            seconds.observe(durationMs / 1_000);
        }
        const least = Math.min(...observed.complete.values());
        if (all && Number.isFinite(least)) complete.set((Date.now() - least) / 1_000);
    };
}
