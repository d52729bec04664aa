// The sentiment worker: brings posts in, and scores every stored post by the lexicon and, where there is a key, by a model. Settings are in env.ts.
import { join } from "node:path";
import { createClient } from "@clickhouse/client";
import { type Kafka } from "kafkajs";
import { socialPosts } from "../../schema/facts/socialPosts";
import { pause } from "../shared/backoff";
import { EnvironmentError } from "../shared/env";
import { Health, serveHealth } from "../shared/health";
import { HttpClient } from "../shared/http/client";
import { KafkaSink } from "../shared/kafka";
import { createKafka, feedPositions } from "../shared/kafkajs";
import { createLog, type Logger } from "../shared/log";
import { createRegistry } from "../shared/metrics";
import { Shutdown } from "../shared/shutdown";
import { StateFile } from "../shared/stateFile";
import { Crawler } from "./crawler";
import { Delivery } from "./delivery";
import { readSentimentEnv, type SentimentEnv } from "./env";
import { Facts } from "./facts";
import { Feed } from "./feeds/feed";
import { Robots } from "./feeds/robots";
import { memories } from "./feeds/source";
import { Linker } from "./linking/linker";
import { knownTokens } from "./linking/tokens";
import { CrawlerMetrics, ScoringMetrics } from "./metrics";
import { DailyBudget, spending } from "./scoring/budget";
import { Chat } from "./scoring/chat";
import { Scoring } from "./scoring/consumer";
import { LexiconScorer } from "./scoring/lexicon";
import { ModelScorer } from "./scoring/model";
import { type Scorer } from "./scoring/scorer";

const worker = "sentiment";
/** The name robots.txt files know us by, and what sites see in their logs. */
const robotName = "TradingMonitor";
const userAgent = `${robotName}/1.0 (RSS reader)`;
/** Politeness and patience towards feeds: one request a second to a host, 20 s and 5 MiB an answer. */
const feedLimits = { intervalMs: 1_000, timeoutMs: 20_000, maxBytes: 5 * 1024 * 1024, attempts: 3 };
/** A model takes its time; its answers are short. */
const modelLimits = { intervalMs: 0, timeoutMs: 60_000, maxBytes: 1024 * 1024, attempts: 3 };

/** Waits until the facts hold every post published before now. */
async function caughtUp(kafka: Kafka, log: Logger, signal: AbortSignal): Promise<void> {
    const admin = kafka.admin();
    const ends = new Map<number, bigint>();
    while (!signal.aborted) {
        try {
            await admin.connect();
            const now = await feedPositions(admin, socialPosts.topic.name, socialPosts.group);
            for (const { partition, high } of now) if (!ends.has(partition)) ends.set(partition, high);
            if (now.every(({ partition, committed }) => committed >= (ends.get(partition) ?? 0n))) break;
        } catch (error) {
            log.warn({ err: error }, "crawler: waits for Kafka");
        }
        await pause(1_000, signal);
    }
    await admin.disconnect().catch(() => undefined);
}

/** The model, where there is a key for its server. */
function modelScorers(env: SentimentEnv, facts: Facts, metrics: ScoringMetrics, log: Logger): Scorer[] {
    const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl, OPENAI_MODEL: model } = env;
    if (apiKey === undefined) return [];
    const http = new HttpClient({ userAgent: worker, privateOrigins: env.HTTP_PRIVATE_ORIGINS, ...modelLimits });
    const chat = new Chat({ http, baseUrl, apiKey, model });
    const file = new StateFile(join(env.DATA_DIR, "spending.json"), spending);
    const budget = new DailyBudget(file, env.OPENAI_DAILY_TOKENS);
    return [new ModelScorer({ model, chat, budget, facts, metrics, log })];
}

async function run(env: SentimentEnv): Promise<void> {
    const log = createLog(worker, env.LOG_LEVEL);
    const registry = createRegistry(worker);
    const health = new Health();
    const shutdown = new Shutdown(log);
    shutdown.listen();
    const stopped = new AbortController();

    const kafka = createKafka({ clientId: worker, brokers: env.KAFKA_BROKERS });
    const sink = new KafkaSink(worker, env.KAFKA_BROKERS, log);
    const delivery = new Delivery(sink, log, stopped.signal);
    const clickhouse = createClient({ url: env.CLICKHOUSE_URL, application: worker });
    const facts = new Facts(clickhouse);
    const linker = new Linker(knownTokens(env.TOKENS));
    const http = new HttpClient({ userAgent, privateOrigins: env.HTTP_PRIVATE_ORIGINS, ...feedLimits });
    const robots = new Robots(http, robotName);
    const crawler = new Crawler({
        sources: env.FEEDS.map((feed) => new Feed(feed, http, robots)),
        ...{ linker, facts, delivery, log },
        caughtUp: (signal) => caughtUp(kafka, log, signal),
        state: new StateFile(join(env.DATA_DIR, "feeds.json"), memories),
        intervalMs: env.FEED_INTERVAL_S * 1000,
        metrics: new CrawlerMetrics(registry),
    });
    const onCrash = (error: Error): void => {
        log.fatal({ err: error }, "scoring: the consumer ended, stopping; the supervisor starts the worker again");
        void shutdown.run("consumer", 1);
    };
    const metrics = new ScoringMetrics(registry);
    const scorers: Scorer[] = [new LexiconScorer(linker), ...modelScorers(env, facts, metrics, log)];
    const scorings = scorers.map((scorer) => new Scoring({ kafka, scorer, delivery, metrics, log, onCrash }));

    health.fails("kafka", delivery.problem);
    health.warns("feeds", crawler.problem);
    for (const [index, scoring] of scorings.entries())
        health.warns(`scoring by ${scorers[index]?.model ?? ""}`, scoring.problem);
    const server = await serveHealth(env.METRICS_PORT, health, registry);
    shutdown.add("delivery", () => stopped.abort());
    shutdown.add("requests", () => http.close());
    shutdown.add("crawler", () => crawler.stop());
    for (const scoring of scorings) shutdown.add("scoring", () => scoring.stop());
    shutdown.add("kafka", () => sink.close());
    shutdown.add("clickhouse", () => clickhouse.close());
    shutdown.add("health server", () => server.close());
    await crawler.start();
    for (const scoring of scorings) scoring.start();
    const feeds = env.FEEDS.map(({ name }) => name);
    log.info({ feeds, models: scorers.map(({ model }) => model), port: server.port }, "reading and scoring");
}

async function main(): Promise<void> {
    await run(readSentimentEnv());
}

main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof EnvironmentError ? 2 : 1);
});
