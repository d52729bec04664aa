// The evaluator: follows how far the data is complete, keeps the rollups, and judges the rules. Settings are in env.ts.
import { EnvironmentError, readEnv } from "../shared/env";
import { Health, serveHealth } from "../shared/health";
import { createLog, type Logger } from "../shared/log";
import { createRegistry } from "../shared/metrics";
import { type Ended, Rounds } from "../shared/rounds";
import { Shutdown } from "../shared/shutdown";
import { Database } from "../shared/clickhouse";
import { evaluatorEnv } from "./env";
import { metricsOf, type Observe } from "./metrics";
import { evaluatedRules } from "./rules/rule";
import { type Lane, lanesOf, resume, type Resumed } from "./start";
import { Troubles } from "./troubles";
import { Feeds } from "./watermark/feeds";

const worker = "evaluator";
/** While nothing moves, rounds come up to this many times less often. */
const idleFactor = 8;

/** A lane that goes round. */
interface Running {
    readonly rounds: Rounds;
    readonly troubles: Troubles;
    readonly rollupProblem: () => string | undefined;
}

/** The rounds of a lane, which begins anew with what is stored after one that did not end. */
function running(
    lane: Lane,
    database: Database,
    feeds: Feeds,
    intervalMs: number,
    observe: Observe,
    log: Logger,
): Running {
    let resumed: Resumed | undefined;
    const troubles = new Troubles(log);
    const round = async (stopped: AbortSignal): Promise<Ended> => {
        resumed ??= await resume(database, feeds, lane, stopped);
        try {
            const ended = await resumed.next();
            observe(ended, lane.keeps);
            troubles.note(ended.logged);
            return { moved: ended.observed.moved || ended.logged.length > 0, more: ended.more };
        } catch (error) {
            // What it remembers may be ahead of what is stored.
            resumed = undefined;
            throw error;
        }
    };
    const rounds = new Rounds({ intervalMs, idleFactor }, round, log);
    return { rounds, troubles, rollupProblem: () => resumed?.rollupProblem() };
}

async function main(): Promise<void> {
    const env = readEnv(worker, evaluatorEnv);
    const log = createLog(worker, env.LOG_LEVEL);
    const shutdown = new Shutdown(log);
    shutdown.listen();
    const registry = createRegistry(worker);
    const observe = metricsOf(registry);
    const database = new Database(env.CLICKHOUSE_URL);
    const rules = evaluatedRules();
    const health = new Health();
    const lanes = lanesOf(rules).map((lane) => {
        const feeds = new Feeds(worker, env.KAFKA_BROKERS);
        const own = log.child({ lane: lane.name });
        const { rounds, troubles, rollupProblem } = running(
            lane,
            database,
            feeds,
            env.EVALUATE_INTERVAL_MS,
            observe,
            own,
        );
        health.fails(`rounds over ${lane.name}`, rounds.problem);
        health.warns(`rules over ${lane.name}`, troubles.problem);
        if (lane.keeps) health.warns("rollups", rollupProblem);
        return { rounds, feeds };
    });
    const server = await serveHealth(env.METRICS_PORT, health, registry);
    const ended = Promise.all(lanes.map(({ rounds }) => rounds.run()));
    shutdown.add("rounds", () => {
        for (const { rounds } of lanes) rounds.stop();
        return ended;
    });
    shutdown.add("kafka", () => Promise.all(lanes.map(({ feeds }) => feeds.close())));
    shutdown.add("clickhouse", () => database.close());
    shutdown.add("health", () => server.close());
    log.info({ port: server.port, rules: rules.length }, "evaluating");
}

main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof EnvironmentError ? 2 : 1);
});
