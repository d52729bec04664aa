// The embedded ClickHouse as a process: `node --require tsx/cjs infra/embedded/clickhouse-host/main.ts --path <data dir> --port 8123`.
// Nothing but the environment is settled here, before anything else is loaded.
import { createRequire } from "node:module";

const MAX_QUERIES = 96;
const ENVIRONMENT = {
    // Every running query holds a thread; some more serve files, compression and KILL QUERY. libuv reads it when the pool is first used, which
    // may be as early as the loading of this file: set later, four threads would be all there are.
    UV_THREADPOOL_SIZE: String(MAX_QUERIES + 32),
    // Times without a zone mean UTC, wherever the machine stands: the engine asks the environment, not its configuration.
    TZ: "UTC",
};

const settled = Object.entries(ENVIRONMENT).every(([name, value]) => process.env[name] === value);
Object.assign(process.env, ENVIRONMENT);
if (!settled && process.execve !== undefined) {
    // The same process, number included, from its beginning.
    process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], process.env);
}

const { serve } = createRequire(__filename)("./serve") as typeof import("./serve");
void serve(MAX_QUERIES);
