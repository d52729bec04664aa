// The auditor: proves that every message a feed has committed is a fact or a dead letter, and brings back what is neither.
import { createClient } from "@clickhouse/client";
import { Counter, Gauge } from "prom-client";
import { readEnv } from "../shared/env";
import { createKafka } from "../shared/kafkajs";
import { Health, serveHealth } from "../shared/health";
import { createLog } from "../shared/log";
import { createRegistry } from "../shared/metrics";
import { type Ended, Rounds } from "../shared/rounds";
import { Shutdown } from "../shared/shutdown";
import { Auditor, type Findings } from "./audit";
import { auditorEnv } from "./env";
import { Ledger } from "./ledger";

/** While nothing moves, rounds come up to this many times less often. */
const idleFactor = 4;

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
    const auditor = new Auditor({ kafka, admin, ledger: new Ledger(client), log });
    const round = async (): Promise<Ended> => {
        await admin.connect();
        const findings = await auditor.round();
        observe(findings);
        return { moved: findings.moved, more: false };
    };
    const rounds = new Rounds({ intervalMs: env.AUDIT_INTERVAL_MS, idleFactor }, round, log);
    const health = new Health();
    health.fails("rounds", rounds.problem);
    const server = await serveHealth(env.METRICS_PORT, health, registry);
    const running = rounds.run();
    shutdown.add("rounds", () => {
        rounds.stop();
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
