// The matching engine feed: brings a venue's own streams into our topics, as mapping files say. Settings are in env.ts.
import { join } from "node:path";
import { Delivery, StoppedError } from "../shared/delivery";
import { EnvironmentError } from "../shared/env";
import { Health, serveHealth } from "../shared/health";
import { KafkaSink } from "../shared/kafka";
import { createLog } from "../shared/log";
import { createRegistry } from "../shared/metrics";
import { Shutdown } from "../shared/shutdown";
import { type FeedEnv, readFeedEnv } from "./env";
import { createReader } from "./formats/reader";
import { FileInput } from "./inputs/file";
import { type Input } from "./inputs/input";
import { KafkaInput } from "./inputs/kafka";
import { StreamInput } from "./inputs/stdin";
import { loadMapping, type Mapping, MappingError } from "./mapping/load";
import { FeedMetrics } from "./metrics";
import { Pipeline } from "./pipeline";

/** How long what is under way may wait for Kafka at shutdown, within the 10 s a worker has. */
const finishMs = 6_000;

const slug = (sourceId: string): string => sourceId.replaceAll(/[^A-Za-z0-9._-]/g, "-");

function inputOf({ input, source }: Mapping, env: FeedEnv): Input {
    if (input.file !== undefined)
        return new FileInput(input.file.path, join(env.DATA_DIR, `${slug(source.id)}.cursor.json`));
    if (input.kafka === undefined) return new StreamInput(process.stdin);
    const { brokers = env.KAFKA_BROKERS, group = `trading-monitoring.${slug(source.id)}`, topics, from } = input.kafka;
    return new KafkaInput({ brokers, group, topics, from });
}

function refuseTwins(mappings: readonly Mapping[]): void {
    for (const [index, { source, file, input }] of mappings.entries())
        for (const other of mappings.slice(0, index)) {
            if (other.source.id === source.id)
                throw new MappingError(
                    `${file}: source.id: ${source.id} is the source of ${other.file} already; give each mapping its own`,
                );
            if (input.stdin !== undefined && other.input.stdin !== undefined)
                throw new MappingError(`${file}: input: ${other.file} reads the standard input already`);
        }
}

async function run(env: FeedEnv): Promise<void> {
    const worker = "matching-engine";
    const mappings = env.MAPPINGS.map(loadMapping);
    refuseTwins(mappings);
    const log = createLog(worker, env.LOG_LEVEL);
    const registry = createRegistry(worker);
    const metrics = new FeedMetrics(registry);
    const health = new Health();
    const shutdown = new Shutdown(log);
    shutdown.listen();
    const abort = new AbortController();
    const { SCHEMA_REGISTRY_USERNAME: username, SCHEMA_REGISTRY_PASSWORD: password } = env;
    const login = username === undefined || password === undefined ? undefined : { username, password };
    const sources = mappings.map((mapping) => {
        const { id } = mapping.source;
        const sink = new KafkaSink(id, env.KAFKA_BROKERS, log);
        const delivery = new Delivery(sink, log);
        health.fails(`kafka (${id})`, delivery.problem);
        const reader = createReader(mapping.format, login);
        const pipeline = new Pipeline({ mapping, reader, delivery, metrics, log, signal: abort.signal });
        return { sink, pipeline, input: inputOf(mapping, env) };
    });
    const server = await serveHealth(env.METRICS_PORT, health, registry);
    shutdown.add("inputs", async () => {
        const timer = setTimeout(() => abort.abort(), finishMs);
        await Promise.all(sources.map(({ input }) => input.stop()));
        clearTimeout(timer);
    });
    shutdown.add("kafka", () => Promise.all(sources.map(({ sink }) => sink.close())));
    shutdown.add("health server", () => server.close());
    log.info(
        { sources: mappings.map(({ source }) => source.id), kafka: env.KAFKA_BROKERS, port: server.port },
        "reading",
    );
    await Promise.all(
        sources.map(async ({ input, pipeline }) => {
            const end = await input.run(pipeline.handle, pipeline.lost);
            if (end === "ended") await pipeline.finish();
        }),
    );
    await shutdown.run("the input has ended");
}

async function main(): Promise<void> {
    await run(readFeedEnv());
}

main().catch((error: unknown) => {
    // The worker is being stopped; what is under way is read again after the start.
    if (error instanceof StoppedError) return;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof EnvironmentError || error instanceof MappingError ? 2 : 1);
});
