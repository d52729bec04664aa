// The environment of the sentiment worker: every variable it understands, with its default.
import { z } from "zod";
import { baseUrl, commonEnv, kafkaEnv, list, port, readEnv } from "../shared/env";
import { httpEnv } from "../shared/http/env";
import { socialPosts } from "../../schema/facts/socialPosts";
import { tokenOf } from "./linking/tokens";

const feed = z.strictObject({
    /** Name of the feed: the column `source`. */
    name: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/, "must be lower-case letters, digits, ., _ and -"),
    class: socialPosts.own.source_class.validator,
    url: baseUrl("https:", "http:"),
});

const feeds = z
    .string()
    .default("[]")
    .transform((text, context) => {
        try {
            return JSON.parse(text) as unknown;
        } catch {
            context.addIssue({
                code: "custom",
                message: 'not JSON like [{"name":"x","class":"news","url":"https://…"}]',
            });
            return z.NEVER;
        }
    })
    .pipe(z.array(feed))
    .refine((entries) => new Set(entries.map(({ name }) => name)).size === entries.length, "two feeds of one name");

/** Tokens of the operator's own, as a variable holds them. */
export const tokens = list.optional().transform((entries = [], context) =>
    entries.flatMap((entry) => {
        try {
            return [tokenOf(entry)];
        } catch (error) {
            context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
            return [];
        }
    }),
);

const schema = z.object({
    ...commonEnv,
    ...kafkaEnv,
    ...httpEnv,
    /** Port of /healthz, /livez and /metrics on 127.0.0.1. */
    METRICS_PORT: port.default(0),
    /** ClickHouse HTTP interface: which texts are stored, which scores were given. */
    CLICKHOUSE_URL: baseUrl("http:", "https:").prefault("http://127.0.0.1:8123"),
    /** Folder of the worker's own state: ETags of the feeds, model tokens spent today. */
    DATA_DIR: z.string().min(1),
    /** RSS and Atom feeds, as JSON: [{"name": "coindesk", "class": "news", "url": "https://…"}]. */
    FEEDS: feeds,
    /** Pause between two looks at a feed, seconds. */
    FEED_INTERVAL_S: z.coerce.number().positive().default(300),
    /** Tokens beside the built-in ones, comma-separated: SYMBOL or SYMBOL=Name|Other name. */
    TOKENS: tokens,
    /** Key of the model's server; without one the lexicon alone scores. */
    OPENAI_API_KEY: z.string().optional(),
    /** Server with OpenAI's chat completions interface. */
    OPENAI_BASE_URL: baseUrl("https:", "http:").prefault("https://api.openai.com/v1"),
    /** Model; part of a score's identity. */
    OPENAI_MODEL: z.string().default("gpt-5.4-mini"),
    /** Tokens, of questions and answers together, spent per UTC day at most; then scoring by the model waits for the next day. */
    OPENAI_DAILY_TOKENS: z.coerce.number().int().min(1).default(1_000_000),
});

/** The worker's settings. */
export type SentimentEnv = z.output<typeof schema>;

/**
 * Reads the environment.
 * @throws EnvironmentError naming every bad variable.
 */
export const readSentimentEnv = (env?: Readonly<Record<string, string | undefined>>): SentimentEnv =>
    readEnv("sentiment", schema, env);
