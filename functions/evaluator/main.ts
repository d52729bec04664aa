// The evaluator: follows how far the data is complete, keeps the rollups, and judges the rules. Settings are in env.ts.
import { EnvironmentError, readEnv } from "../shared/env";
import { Health, serveHealth } from "../shared/health";
import { createLog } from "../shared/log";
import { createRegistry } from "../shared/metrics";
import { Shutdown } from "../shared/shutdown";
import { Database } from "./clickhouse";
import { evaluatorEnv } from "./env";
import { metricsOf } from "./metrics";
import { Rounds } from "./rounds";
import { evaluatedRules } from "./rules/rule";
import { resume, type Resumed } from "./start";
import { Feeds } from "./watermark/feeds";

const worker = "evaluator";

async function main(): Promise<void> {
    const env = readEnv(worker, evaluatorEnv);
    const log = createLog(worker, env.LOG_LEVEL);
    const shutdown = new Shutdown(log);
    shutdown.listen();
    const registry = createRegistry(worker);
    const observe = metricsOf(registry);
    const database = new Database(env.CLICKHOUSE_URL);
    const feeds = new Feeds(worker, env.KAFKA_BROKERS);
    const rules = evaluatedRules();
    let resumed: Resumed | undefined;
    const rounds = new Rounds(
        env.EVALUATE_INTERVAL_MS,
        async (stopped) => {
            resumed ??= await resume(database, feeds, rules, stopped);
            try {
                const round = await resumed.next();
                observe(round);
                return round;
            } catch (error) {
                // What it remembers may be ahead of what is stored.
                resumed = undefined;
                throw error;
            }
        },
        log,
    );
    const health = new Health();
    health.fails("rounds", rounds.problem);
    health.warns("rules", rounds.failingRules);
    health.warns("rollups", () => resumed?.rollupProblem());
    const server = await serveHealth(env.METRICS_PORT, health, registry);
    const running = rounds.run();
    shutdown.add("rounds", () => {
        rounds.stop();
        return running;
    });
    shutdown.add("kafka", () => feeds.close());
    shutdown.add("clickhouse", () => database.close());
    shutdown.add("health", () => server.close());
    log.info({ port: server.port, rules: rules.length }, "evaluating");
}

main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof EnvironmentError ? 2 : 1);
});
