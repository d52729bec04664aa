// Pure: HyperDX as every target with a container runtime runs it. What is in it is made by the provider (infra/pipeline/dashboards.ts).

/** Where it listens in its container; the API's port is part of the image's own health check. */
export const hyperdxPorts = { pages: 8_080, api: 8_000 } as const;

/** Whether its API answers and has its MongoDB. */
export const hyperdxProbe = [
    "CMD",
    "node",
    "-e",
    `fetch("http://127.0.0.1:${String(hyperdxPorts.api)}/ready").then(({ok})=>process.exit(ok?0:1),()=>process.exit(1))`,
];

/**
 * Its environment but for two secrets, which it takes from nowhere else: MONGO_URI, and EXPRESS_SESSION_SECRET, whose default everybody knows.
 * @param url where people reach its pages; its cookies are for this host alone
 */
export const hyperdxEnv = (url: string): Record<string, string> => ({
    FRONTEND_URL: url,
    HYPERDX_APP_PORT: String(hyperdxPorts.pages),
    HYPERDX_API_PORT: String(hyperdxPorts.api),
    SERVER_URL: `http://127.0.0.1:${String(hyperdxPorts.api)}`,
    HYPERDX_LOG_LEVEL: "warn",
    // It tells its makers how it is used unless told otherwise.
    USAGE_STATS_ENABLED: "false",
});
