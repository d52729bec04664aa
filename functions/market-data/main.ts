// The market-data collector: wires the venue's streams to Kafka. Settings are in env.ts.
import { Outbox } from "../shared/outbox";
import { EnvironmentError } from "../shared/env";
import { Health, serveHealth } from "../shared/health";
import { KafkaSink } from "../shared/kafka";
import { createLog } from "../shared/log";
import { createRegistry } from "../shared/metrics";
import { Shutdown } from "../shared/shutdown";
import { Collector, streamPath } from "./collector";
import { Connection, venueLimits } from "./connection";
import { type MarketDataEnv, readMarketDataEnv } from "./env";
import { CollectorMetrics } from "./metrics";
import { SnapshotFetcher } from "./snapshots";

/** Leaves Kafka this long at shutdown, within the 10 s a worker has. */
const flushMs = 7_000;

async function run(env: MarketDataEnv): Promise<void> {
    const worker = "market-data";
    const sourceId = `${worker}/${env.VENUE}`;
    const log = createLog(worker, env.LOG_LEVEL);
    const registry = createRegistry(worker);
    const health = new Health();
    const shutdown = new Shutdown(log);
    shutdown.listen();

    const publisher = new Outbox({
        sink: new KafkaSink(sourceId, env.KAFKA_BROKERS, log),
        log,
        registry,
        sourceId,
        maxBytes: env.BUFFER_MAX_BYTES,
        onLosses: (losses) => collector.onLosses(losses),
    });
    const snapshots = new SnapshotFetcher(
        env.BINANCE_REST_URL,
        (symbol, answer, at) => collector.onSnapshot(symbol, answer, at),
        log,
    );
    const collector = new Collector({
        source: { venue: env.VENUE, sourceId },
        symbols: env.SYMBOLS,
        publisher,
        requestSnapshot: (symbol) => snapshots.request(symbol),
        metrics: new CollectorMetrics(registry),
        log,
    });
    const connection = new Connection(
        env.BINANCE_WS_URL + streamPath(env.SYMBOLS),
        venueLimits,
        {
            onOpen: (outage) => collector.onOpen(outage),
            onMessage: (text, link) => {
                if (collector.onFrame(text, Date.now())) link.leave("serverShutdown");
            },
        },
        log,
    );

    health.fails("kafka", publisher.problem);
    health.fails("venue", connection.problem);
    health.warns("order books", collector.problem);
    const server = await serveHealth(env.METRICS_PORT, health, registry);
    shutdown.add("venue connection", () => connection.stop());
    shutdown.add("snapshots", () => snapshots.stop());
    shutdown.add("collector", () => collector.stop());
    shutdown.add("outbox", () => publisher.close(flushMs));
    shutdown.add("health server", () => server.close());
    connection.start();
    log.info({ symbols: env.SYMBOLS, venue: env.VENUE, kafka: env.KAFKA_BROKERS, port: server.port }, "collecting");
}

async function main(): Promise<void> {
    await run(readMarketDataEnv());
}

main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof EnvironmentError ? 2 : 1);
});
