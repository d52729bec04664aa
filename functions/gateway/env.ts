// The gateway's environment: every variable it understands, with its default.
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { commonEnv, kafkaEnv, list, port, readEnv } from "../shared/env";
import { tokens } from "../sentiment/env";
import { producers } from "./keys";

const jsonText = z.string().transform((text, context): unknown => {
    try {
        return JSON.parse(text);
    } catch {
        context.addIssue({ code: "custom", message: "not JSON" });
        return z.NEVER;
    }
});

const isNetwork = (text: string): boolean => isIP(text) !== 0 || ipaddr.isValidCIDR(text);

/** Whose X-Forwarded-For is believed. A number of hops would not do: whoever reaches the gateway directly could claim any address. */
const proxies = list.refine((entries) => entries.every(isNetwork), "must be IP addresses and CIDR ranges");

const origin = z
    .string()
    .refine(
        (text) => URL.canParse(text) && new URL(text).origin === text,
        "must be origins like https://app.example.com",
    );

const schema = z.object({
    ...commonEnv,
    ...kafkaEnv,
    /** Port of /healthz, /livez and /metrics on 127.0.0.1. */
    METRICS_PORT: port.default(9465),
    /** Address the gateway listens on; TLS is the business of the proxy in front of it. */
    GATEWAY_HOST: z.string().default("127.0.0.1"),
    /** Port the gateway listens on. */
    GATEWAY_PORT: port.default(8088),
    /** Producers, their scopes and the hashes of their keys, as JSON. */
    GATEWAY_KEYS: jsonText.pipe(producers).prefault("[]"),
    /** Addresses of the proxies in front of the gateway; the first address behind them is the client's. Unset: nobody's X-Forwarded-For counts. */
    TRUSTED_PROXIES: proxies.optional(),
    /** Web origins whose pages may send actions; none when unset. */
    ACTIONS_ORIGINS: list.pipe(z.array(origin)).optional(),
    /** How far ahead of the clock an event may be, hours; the same as the feeds'. */
    FUTURE_HOURS: z.coerce.number().positive().default(24),
    /** Requests a minute of one producer. */
    REQUESTS_PER_MINUTE: z.coerce.number().int().min(1).default(60_000),
    /** Reports a minute of one browser address. */
    ACTIONS_PER_MINUTE: z.coerce.number().int().min(1).default(120),
    /** Bytes of requests under way; beyond it producers are told to come back. */
    IN_FLIGHT_BYTES: z.coerce
        .number()
        .int()
        .min(8 * 1024 * 1024)
        .default(32 * 1024 * 1024),
    /** Tokens beside the built-in ones that pushed posts are linked to; the same as the sentiment worker's. */
    TOKENS: tokens,
    /** MaxMind-format databases about addresses, asked in this order; unset: the country database that comes with the product. */
    GEO_FILES: list.optional(),
});

/** The gateway's settings. */
export type GatewayEnv = z.output<typeof schema>;

/**
 * Reads the environment.
 * @throws EnvironmentError naming every bad variable.
 */
export const readGatewayEnv = (env?: Readonly<Record<string, string | undefined>>): GatewayEnv =>
    readEnv("gateway", schema, env);
