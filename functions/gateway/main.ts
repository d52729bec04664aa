// The gateway: the HTTP door through which the venue's own systems and browsers send their events to Kafka. Settings are in env.ts.
import { Addresses, withAddress } from "../shared/enrichment/addresses";
import { Linker } from "../sentiment/linking/linker";
import { knownTokens } from "../sentiment/linking/tokens";
import { EnvironmentError } from "../shared/env";
import { Health, serveHealth } from "../shared/health";
import { KafkaSink } from "../shared/kafka";
import { createLog } from "../shared/log";
import { createRegistry } from "../shared/metrics";
import { Shutdown } from "../shared/shutdown";
import { userActions } from "../../schema/facts/userActions";
import { Admission } from "./admission";
import { Committer } from "./committer";
import { type GatewayEnv, readGatewayEnv } from "./env";
import { Intake } from "./intake";
import { type Enrich } from "./judge";
import { Keyring } from "./keys";
import { GatewayMetrics } from "./metrics";
import { createServer } from "./server";

/** A producer waits this long for Kafka before it is told to come back; what is being sent then is settled or given up within the shutdown's 9 s. */
const acknowledgeMs = 8_000;

async function run(env: GatewayEnv): Promise<void> {
    const log = createLog("gateway", env.LOG_LEVEL);
    const registry = createRegistry("gateway");
    const health = new Health();
    const shutdown = new Shutdown(log);
    shutdown.listen();

    const addresses = await Addresses.open(env.GEO_FILES);
    const enrich: Enrich = (declaration, event) =>
        declaration.name === userActions.name ? withAddress(event, addresses) : event;
    const admission = new Admission(env.IN_FLIGHT_BYTES);
    const metrics = new GatewayMetrics(registry, admission);
    const committer = new Committer(new KafkaSink("gateway", env.KAFKA_BROKERS, log), acknowledgeMs, {
        onSent: (seconds) => metrics.produceSeconds.observe(seconds),
        onFailure: () => metrics.produceFailures.inc(),
        log,
    });
    const keyring = new Keyring(env.GATEWAY_KEYS);
    const app = await createServer({
        services: {
            keyring,
            admission,
            intake: new Intake(committer, metrics),
            enrich,
            futureHours: env.FUTURE_HOURS,
            now: Date.now,
            linker: new Linker(knownTokens(env.TOKENS)),
            requestsPerMinute: env.REQUESTS_PER_MINUTE,
            actionsPerMinute: env.ACTIONS_PER_MINUTE,
            actionsOrigins: env.ACTIONS_ORIGINS ?? [],
        },
        metrics,
        log,
        trustedProxies: env.TRUSTED_PROXIES,
    });

    // A warning only: taken out of rotation, the gateway would get no request to find out by that Kafka is back.
    health.warns("kafka", committer.problem);
    const server = await serveHealth(env.METRICS_PORT, health, registry);
    shutdown.add("door", () => app.close());
    shutdown.add("kafka", () => committer.close());
    shutdown.add("health server", () => server.close());
    const address = await app.listen({ host: env.GATEWAY_HOST, port: env.GATEWAY_PORT });
    if (keyring.size === 0)
        log.warn("GATEWAY_KEYS names no producer: nobody can send; npm run gateway-key makes a key");
    log.info({ address, databases: addresses.versions, port: server.port }, "taking events");
}

async function main(): Promise<void> {
    await run(readGatewayEnv());
}

main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof EnvironmentError ? 2 : 1);
});
