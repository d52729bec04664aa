// The matching engine feed: brings a venue's own streams into our topics, as mapping files say. Settings are in env.ts.
import { join } from "node:path";
import { Delivery, StoppedError } from "../shared/delivery";
import { EnvironmentError } from "../shared/env";
import { Health, serveHealth } from "../shared/health";
import { KafkaSink } from "../shared/kafka";
import { createLog, type Logger } from "../shared/log";
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
import { Source } from "./source";

/** How long what is under way may wait for Kafka at shutdown, within the 10 s a worker has. */
const finishMs = 6_000;

const slug = (sourceId: string): string => sourceId.replaceAll(/[^A-Za-z0-9._-]/g, "-");

function inputOf({ input, source }: Mapping, env: FeedEnv, log: Logger): Input {
    if (input.file !== undefined)
        return new FileInput(input.file.path, join(env.DATA_DIR, `${slug(source.id)}.cursor.json`), log);
    if (input.kafka === undefined) return new StreamInput(process.stdin, log);
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

/** What all sources of the worker share. */
interface Shared {
    readonly env: FeedEnv;
    readonly log: Logger;
    readonly metrics: FeedMetrics;
    readonly health: Health;
    /** Aborts what waits for Kafka. */
    readonly signal: AbortSignal;
}

/** A mapping's way from its input to Kafka, with its checks on the health page. */
function assemble(mapping: Mapping, { env, metrics, health, signal, ...shared }: Shared): [Source, KafkaSink] {
    const { file, format, source } = mapping;
    const { SCHEMA_REGISTRY_USERNAME: username, SCHEMA_REGISTRY_PASSWORD: password } = env;
    const login = username === undefined || password === undefined ? undefined : { username, password };
    const log = shared.log.child({ mapping: file });
    const sink = new KafkaSink(source.id, env.KAFKA_BROKERS, log);
    const delivery = new Delivery(sink, log);
    const { handle, lost } = new Pipeline({
        ...{ mapping, reader: createReader(format, login), delivery, metrics, log, signal },
    });
    const reading = new Source({ file, open: () => inputOf(mapping, env, log), handle, lost, log });
    health.fails(`kafka (${source.id})`, delivery.problem);
    health.fails(`input (${source.id})`, reading.problem);
    health.warns(`file (${source.id})`, reading.waiting);
    return [reading, sink];
}

/** Reads until all inputs have ended, or one that cannot be read again fails. */
async function readAll(sources: readonly Source[], shutdown: Shutdown): Promise<void> {
    try {
        await Promise.all(sources.map((source) => source.run()));
        await shutdown.run("the input has ended");
    } catch (error) {
        // The worker is being stopped already; what was under way is read again after the start, or told by who cannot.
        if (error instanceof StoppedError) return;
        shutdown.fail(error instanceof Error ? error.message : String(error));
        await shutdown.run("the input cannot be read");
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
    const { signal } = abort;
    const assembled = mappings.map((mapping) => assemble(mapping, { env, log, metrics, health, signal }));
    const sources = assembled.map(([source]) => source);
    const server = await serveHealth(env.METRICS_PORT, health, registry);
    shutdown.add("inputs", async () => {
        const timer = setTimeout(() => abort.abort(), finishMs);
        const left = await Promise.all(sources.map((source) => source.stop()));
        clearTimeout(timer);
        for (const problem of left) if (problem !== undefined) shutdown.fail(problem);
    });
    shutdown.add("kafka", () => Promise.all(assembled.map(([, sink]) => sink.close())));
    shutdown.add("health server", () => server.close());
    log.info(
        { sources: mappings.map(({ source }) => source.id), kafka: env.KAFKA_BROKERS, port: server.port },
        "reading",
    );
    await readAll(sources, shutdown);
}

async function main(): Promise<void> {
    await run(readFeedEnv());
}

main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof EnvironmentError || error instanceof MappingError ? 2 : 1);
});
