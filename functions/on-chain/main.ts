// The watcher of public chains: wires addresses, explorers and Kafka. Settings are in env.ts.
import { createClient } from "@clickhouse/client";
import { Delivery } from "../shared/delivery";
import { EnvironmentError } from "../shared/env";
import { Health, serveHealth } from "../shared/health";
import { KafkaSink } from "../shared/kafka";
import { createKafka } from "../shared/kafkajs";
import { createLog } from "../shared/log";
import { createRegistry } from "../shared/metrics";
import { Shutdown } from "../shared/shutdown";
import { type OnChainEnv, readOnChainEnv } from "./env";
import { Facts } from "./facts";
import { OnChainMetrics } from "./metrics";
import { createOut } from "./out";
import { createReading } from "./reading";
import { Watching } from "./watching";

const worker = "on-chain";
/** Leaves Kafka this long at shutdown, within the 10 s a worker has. */
const flushMs = 7_000;

async function run(env: OnChainEnv): Promise<void> {
    const log = createLog(worker, env.LOG_LEVEL);
    const registry = createRegistry(worker);
    const health = new Health();
    const shutdown = new Shutdown(log);
    shutdown.listen();

    const sink = new KafkaSink(worker, env.KAFKA_BROKERS, log);
    const delivery = new Delivery(sink, log);
    const closing = new AbortController();
    const client = createClient({ url: env.CLICKHOUSE_URL, application: worker });
    const metrics = new OnChainMetrics(registry);
    const out = createOut({ delivery, metrics, log, stopped: closing.signal });
    const { watchlist, rounds, close } = createReading(env, new Facts(client), out, metrics);
    const admin = createKafka({ clientId: worker, brokers: env.KAFKA_BROKERS }).admin();
    const watching = new Watching({ admin, watchlist, rounds, log });

    health.fails("kafka", delivery.problem);
    health.fails("start", watching.problem);
    health.warns("addresses", watchlist.problem);
    for (const [index, api] of ["etherscan", "solana"].entries()) health.warns(api, () => rounds[index]?.problem());
    const server = await serveHealth(env.METRICS_PORT, health, registry);
    const watched = watching.run();
    shutdown.add("rounds", () => {
        watching.stop();
        for (const each of rounds) each.abort();
    });
    shutdown.add("requests", close);
    shutdown.add("delivery", async () => {
        const late = setTimeout(() => closing.abort(), flushMs);
        await Promise.all([watched, ...rounds.map((each) => each.ended())]);
        clearTimeout(late);
        await sink.close();
    });
    shutdown.add("kafka", () => admin.disconnect());
    shutdown.add("clickhouse", () => client.close());
    shutdown.add("health server", () => server.close());
    log.info({ kafka: env.KAFKA_BROKERS, port: server.port }, "started");
}

async function main(): Promise<void> {
    await run(readOnChainEnv());
}

main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof EnvironmentError ? 2 : 1);
});
