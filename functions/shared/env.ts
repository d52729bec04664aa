// The first thing a worker does: read its environment, and refuse to start with a list of everything that is wrong in it.
import { z } from "zod";

/** The environment does not fit; the message names every bad variable. */
export class EnvironmentError extends Error {
    override readonly name = "EnvironmentError";
}

const secretName = /PASSWORD|SECRET|TOKEN|KEY/;

/** A TCP port; 0 lets the system choose one. */
export const port = z.coerce.number().int().min(0).max(65535);

/** A comma-separated list without empty entries, each one trimmed. */
export const list = z.string().transform((text, context) => {
    const entries = text
        .split(",")
        .map((entry) => entry.trim())
        .filter((entry) => entry !== "");
    if (entries.length === 0) context.addIssue({ code: "custom", message: "names nothing" });
    return entries;
});

/** A base URL of one of the protocols, without a trailing slash. */
export const baseUrl = (...protocols: readonly string[]): z.ZodType<string> =>
    z.string().transform((text, context) => {
        const url = URL.canParse(text) ? new URL(text) : undefined;
        if (url === undefined || !protocols.includes(url.protocol)) {
            context.addIssue({ code: "custom", message: `not a URL of ${protocols.join(" or ")}` });
        }
        return text.replace(/\/+$/, "");
    });

/** What every worker understands. */
export const commonEnv = {
    /** pino level: trace, debug, info, warn, error or fatal. */
    LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
};

/** What every worker that produces to Kafka understands. */
export const kafkaEnv = {
    /** Bootstrap brokers, comma-separated `host:port`. */
    KAFKA_BROKERS: list.prefault("127.0.0.1:9092"),
    /** Login to them, by SCRAM-SHA-512; unset: without. What makes clients reads it (kafkaLogin.ts). */
    KAFKA_USERNAME: z.string().optional(),
    KAFKA_PASSWORD: z.string().optional(),
    /** File with the certificate that signs the brokers', in PEM; unset: without TLS. */
    KAFKA_CA_FILE: z.string().optional(),
};

function problem(issue: z.core.$ZodIssue, env: Readonly<Record<string, string | undefined>>): string {
    const name = String(issue.path[0]);
    const value = env[name];
    const found = value === undefined ? "nothing" : secretName.test(name) ? "a secret" : JSON.stringify(value);
    return `  ${name}: ${issue.message}, found ${found}`;
}

/**
 * Reads and checks the variables of a worker; an empty variable counts as unset.
 * @throws EnvironmentError naming every bad variable.
 */
export function readEnv<S extends z.ZodObject>(
    worker: string,
    schema: S,
    env: Readonly<Record<string, string | undefined>> = process.env,
): z.output<S> {
    const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
    const result = schema.safeParse(given);
    if (result.success) return result.data;
    const problems = result.error.issues.map((issue) => problem(issue, given)).join("\n");
    throw new EnvironmentError(
        `${worker}: the environment is not usable:\n${problems}\nSet these variables; functions/${worker}/env.ts says what they mean.`,
    );
}
