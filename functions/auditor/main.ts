// The auditor: proves that every message a feed has committed is a fact or a dead letter, and brings back what is neither.
import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "@clickhouse/client";
import { Counter, Gauge } from "prom-client";
import { readEnv } from "../shared/env";
import { createKafka } from "../shared/kafkajs";
import { Health, serveHealth } from "../shared/health";
import { createLog } from "../shared/log";
import { createRegistry } from "../shared/metrics";
import { Shutdown } from "../shared/shutdown";
import { Auditor, type Findings } from "./audit";
import { auditorEnv } from "./env";
import { Ledger } from "./ledger";

/** While nothing moves, rounds come up to this many times less often. */
const idleFactor = 4;
/** A failing dependency is worth a 503 after this long. */
const patienceMs = 60_000;

function metricsOf(registry: ReturnType<typeof createRegistry>): (findings: Findings) => void {
    const found = new Counter({
        name: "auditor_offsets_total",
        help: "Offsets that needed a second look, by what was found",
        labelNames: ["kind"],
        registers: [registry],
    });
    const lag = new Gauge({
        name: "feed_lag_messages",
        help: "Messages in the topic that the feed has not committed, highest partition",
        labelNames: ["fact"],
        registers: [registry],
    });
    return (findings) => {
        for (const kind of ["empty", "lost", "expired", "suspects"] as const) found.inc({ kind }, findings[kind]);
        for (const [fact, messages] of findings.lag) lag.set({ fact }, messages);
    };
}

async function main(): Promise<void> {
    const env = readEnv("auditor", auditorEnv);
    const log = createLog("auditor", env.LOG_LEVEL);
    const shutdown = new Shutdown(log);
    shutdown.listen();
    const registry = createRegistry("auditor");
    const observe = metricsOf(registry);
    const kafka = createKafka({ clientId: "auditor", brokers: env.KAFKA_BROKERS });
    const admin = kafka.admin();
    const client = createClient({ url: env.CLICKHOUSE_URL, application: "auditor" });
    const auditor = new Auditor(kafka, admin, new Ledger(client), log);
    let lastGood = Date.now();
    let trouble: string | undefined;
    const health = new Health();
    health.fails("rounds", () => (Date.now() - lastGood > patienceMs ? trouble : undefined));
    const server = await serveHealth(env.METRICS_PORT, health, registry);

    const stop = new AbortController();
    let rest = env.AUDIT_INTERVAL_MS;
    const loop = async (): Promise<void> => {
        while (!stop.signal.aborted) {
            try {
                await admin.connect();
                const findings = await auditor.round();
                observe(findings);
                rest = findings.moved ? env.AUDIT_INTERVAL_MS : Math.min(rest * 2, env.AUDIT_INTERVAL_MS * idleFactor);
                lastGood = Date.now();
                trouble = undefined;
            } catch (error) {
                const words = error instanceof Error ? error.message : String(error);
                if (trouble === undefined) log.warn({ err: error }, "a round did not end; the next one takes over");
                trouble = words;
            }
            await pause(rest, undefined, { signal: stop.signal }).catch(() => undefined);
        }
    };
    const running = loop();
    shutdown.add("rounds", () => {
        stop.abort();
        return running;
    });
    shutdown.add("kafka", () => admin.disconnect());
    shutdown.add("clickhouse", () => client.close());
    shutdown.add("health", () => server.close());
    log.info({ port: server.port }, "auditing");
}

void main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
});
