// The console's environment: every variable it understands, with its default.
import { z } from "zod";
import { baseUrl, commonEnv, port, readEnv } from "../shared/env";
import { users } from "./access";

const jsonText = z.string().transform((text, context): unknown => {
    try {
        return JSON.parse(text);
    } catch {
        context.addIssue({ code: "custom", message: "not JSON" });
        return z.NEVER;
    }
});

const schema = z.object({
    ...commonEnv,
    /** ClickHouse HTTP interface. */
    CLICKHOUSE_URL: baseUrl("http:", "https:").prefault("http://127.0.0.1:8123"),
    /** Port of /healthz and /metrics on loopback; 0 takes a free one. */
    METRICS_PORT: port.default(0),
    /** Address the console listens on; TLS is the business of the proxy in front of it. */
    CONSOLE_HOST: z.string().default("127.0.0.1"),
    /** Port the console listens on. */
    CONSOLE_PORT: port.default(8126),
    /** Who may log in, with role and the hashes of their tokens, as JSON. */
    CONSOLE_KEYS: jsonText.pipe(users).prefault("[]"),
    /** Where there are no users: folder of the file `token` with the token of a lead named local; both are made where they are missing. */
    DATA_DIR: z.string().optional(),
});

/** The console's settings. */
export type ConsoleEnv = z.output<typeof schema>;

/**
 * Reads the environment.
 * @throws EnvironmentError naming every bad variable.
 */
export const readConsoleEnv = (env?: Readonly<Record<string, string | undefined>>): ConsoleEnv =>
    readEnv("console", schema, env);
