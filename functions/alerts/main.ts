// Delivery of alerts: from the table to whoever is to know. Settings are in env.ts.
import { EnvironmentError } from "../shared/env";
import { Health, serveHealth } from "../shared/health";
import { createLog } from "../shared/log";
import { createRegistry } from "../shared/metrics";
import { Shutdown } from "../shared/shutdown";
import { readAlertsEnv } from "./env";
import { Heartbeat } from "./heartbeat";
import { startDelivering } from "./start";

const worker = "alerts";

async function main(): Promise<void> {
    const env = readAlertsEnv();
    const log = createLog(worker, env.LOG_LEVEL);
    const shutdown = new Shutdown(log);
    shutdown.listen();
    const stopping = new AbortController();
    shutdown.add("start", () => stopping.abort());
    const registry = createRegistry(worker);
    const health = new Health();
    const server = await serveHealth(env.METRICS_PORT, health, registry);
    shutdown.add("health", () => server.close());
    const superseded = ({ message }: Error): void => {
        shutdown.fail(message);
        void shutdown.run("superseded");
    };
    const stopped = stopping.signal;
    const delivering = await startDelivering({ env, log, registry, health, stopped, superseded });
    if (delivering === undefined) return;
    shutdown.add("delivering", () => delivering.stop());
    if (env.HEARTBEAT_URL_SECRET === undefined) return;
    const heartbeat = new Heartbeat(
        env.HEARTBEAT_URL_SECRET,
        env.HTTP_PRIVATE_ORIGINS,
        () => delivering.office.well,
        log,
    );
    health.warns("heartbeat", heartbeat.problem);
    const beating = heartbeat.run();
    shutdown.add("heartbeat", async () => {
        await heartbeat.stop();
        await beating;
    });
}

main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof EnvironmentError ? 2 : 1);
});
