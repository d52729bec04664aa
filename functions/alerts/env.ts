// What the worker of alerts is told.
import { z } from "zod";
import { problems, routes, targets } from "../../schema/detection";
import { baseUrl, commonEnv, EnvironmentError, list, port, readEnv } from "../shared/env";
import { httpEnv } from "../shared/http/env";

/** JSON in a variable. */
const json = z.string().transform((text, context) => {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        context.addIssue({ code: "custom", message: "not JSON" });
        return z.NEVER;
    }
});

const schema = z.object({
    ...commonEnv,
    ...httpEnv,
    /** ClickHouse HTTP interface. */
    CLICKHOUSE_URL: baseUrl("http:", "https:").prefault("http://127.0.0.1:8123"),
    /** Port of /healthz and /metrics on loopback; 0 takes a free one. */
    METRICS_PORT: port.default(0),
    /** Pause between two looks for new alerts, milliseconds. */
    ALERT_POLL_MS: z.coerce.number().int().min(50).default(300),
    /** Where alerts are sent, with the secrets for it, as JSON; schema/detection/targets.ts says which. */
    ALERT_TARGETS_SECRET: json.prefault("[]").pipe(targets),
    /** Which alerts go to which target, as JSON; none: all of them everywhere. */
    ALERT_ROUTES: json.prefault("[]").pipe(routes),
    /** Origins of alerts that are told of, comma-separated. */
    NOTIFY_ORIGINS: list.prefault("live"),
    /** Makes pseudonyms of entities; without one they are left out. */
    PSEUDONYM_KEY: z.string().min(16, "must have at least 16 characters").optional(),
    /** Asked once a minute while the worker works: whoever is behind it says so when that stops. */
    HEARTBEAT_URL_SECRET: baseUrl("https:", "http:").optional(),
});

/** The worker's settings. */
export type AlertsEnv = z.output<typeof schema>;

/**
 * Reads the environment.
 * @throws EnvironmentError naming every bad variable.
 */
export function readAlertsEnv(env?: Readonly<Record<string, string | undefined>>): AlertsEnv {
    const read = readEnv("alerts", schema, env);
    const found = problems(read.ALERT_TARGETS_SECRET, read.ALERT_ROUTES, read.HTTP_PRIVATE_ORIGINS);
    if (found.length === 0) return read;
    throw new EnvironmentError(
        `alerts: targets and routes do not fit:\n  ${found.join("\n  ")}\nschema/detection/targets.ts says what they mean.`,
    );
}
