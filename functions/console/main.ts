// The console: pages to look at alerts and dashboards and to work alerts to a close. Settings are in env.ts.
import { join } from "node:path";
import { Database } from "../shared/clickhouse";
import { EnvironmentError } from "../shared/env";
import { Health, serveHealth } from "../shared/health";
import { KeyOwners } from "../shared/keys";
import { createLog } from "../shared/log";
import { createRegistry } from "../shared/metrics";
import { Shutdown } from "../shared/shutdown";
import { localUser, type User, Visits } from "./access";
import { readConsoleEnv } from "./env";
import { Reach } from "./reach";
import { createServer, readOnly } from "./server";

/** A page that takes longer is not waited for. */
const timeoutSeconds = 15;

async function main(): Promise<void> {
    const env = readConsoleEnv();
    const log = createLog("console", env.LOG_LEVEL);
    const shutdown = new Shutdown(log);
    shutdown.listen();
    const registry = createRegistry("console");
    const tokenFile =
        env.CONSOLE_KEYS.length === 0 && env.DATA_DIR !== undefined ? join(env.DATA_DIR, "token") : undefined;
    const users = tokenFile === undefined ? env.CONSOLE_KEYS : await localUser(tokenFile);
    const tokens = new KeyOwners<User>(users.map(({ hashes, name, role }) => ({ hashes, owner: { name, role } })));
    const database = new Database(env.CLICKHOUSE_URL, timeoutSeconds);
    const reading = new Database(env.CLICKHOUSE_URL, timeoutSeconds, readOnly);
    const app = await createServer({ reading, database, tokens, visits: new Visits(), log, tokenFile });
    const reach = new Reach(reading);
    await reach.start();
    const health = new Health();
    health.fails("clickhouse", reach.problem);
    const server = await serveHealth(env.METRICS_PORT, health, registry);
    shutdown.add("door", () => app.close());
    shutdown.add("reach", () => reach.stop());
    shutdown.add("database", () => Promise.all([database.close(), reading.close()]).then(() => undefined));
    shutdown.add("health server", () => server.close());
    const address = await app.listen({ host: env.CONSOLE_HOST, port: env.CONSOLE_PORT });
    if (tokens.size === 0) log.warn("neither CONSOLE_KEYS nor DATA_DIR: nobody can log in");
    log.info({ address, port: server.port, users: users.length }, "showing pages");
}

main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof EnvironmentError ? 2 : 1);
});
