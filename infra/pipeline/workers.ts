// The workers as a table: what each one writes, what it is told, and when it runs.
import { resolve } from "node:path";
import { type Settings } from "../config";
import { fingerprint, projectRoot } from "../names";
import * as pulumi from "../pulumi";
import { type Target } from "../targets";

/** A program of functions/, as every stack runs it. */
export interface WorkerPlan {
    /** Folder under functions/; also its name. */
    name: string;
    /** Absent: it always runs. */
    runsIf?: (settings: Settings) => boolean;
    /** Facts and references it writes or reads: their feeds are there before it starts. */
    streams: readonly string[] | "all";
    /** It works on what detection keeps: that is there before it starts, and where it is not, it does not run. */
    detects?: boolean;
    /** Its environment; an empty value counts as unset. LOG_LEVEL and METRICS_PORT come by themselves. */
    env: (settings: Settings, target: Target) => Record<string, pulumi.Input<string>>;
    /**
     * What it is made of beside its own folder and functions/shared, from the project's folder: a change restarts it. Those that only read facts or write
     * some of their columns leave the catalogue out: another column of a fact changes nothing for them.
     */
    madeOf?: (settings: Settings) => readonly string[];
    /** Files beside its own sources that it reads, as paths from the project's folder. */
    reads?: (settings: Settings) => readonly string[];
    /** Port on which it listens for others than its supervisor. */
    listensAt?: (settings: Settings) => number;
}

const kafka = ({ kafkaBrokers }: Target): Record<"KAFKA_BROKERS", string> => ({
    KAFKA_BROKERS: kafkaBrokers.join(","),
});
const clickhouse = ({ clickhouseUrl }: Target): Record<"CLICKHOUSE_URL", pulumi.Input<string>> => ({
    CLICKHOUSE_URL: clickhouseUrl,
});

/** What OpenTelemetry's SDK reads by itself (functions/shared/telemetry.ts); nothing where there is no collector. */
function telemetry({ stack, collector }: Settings, target: Target): Record<string, pulumi.Input<string>> {
    const { url, token } = collector.url === "" ? (target.collector ?? collector) : collector;
    if (url === "") return {};
    const headers = (text: string): string => (text === "" ? "" : `authorization=Bearer%20${encodeURIComponent(text)}`);
    return {
        OTEL_EXPORTER_OTLP_ENDPOINT: url,
        OTEL_EXPORTER_OTLP_HEADERS: pulumi.output(token).apply(headers),
        OTEL_RESOURCE_ATTRIBUTES: `deployment.environment.name=${stack}`,
    };
}

const absolute = (files: readonly string[]): string[] => files.map((file) => resolve(projectRoot, file));

/** Sources of the catalogue's facts and references. */
export const catalogueSources = ["schema/index.ts", "schema/dsl", "schema/facts", "schema/references"] as const;

/** In an order that stays: a worker's place among them gives it its metrics port. */
export const workers: readonly WorkerPlan[] = [
    {
        name: "auditor",
        streams: "all",
        env: (_settings, target) => ({ ...kafka(target), ...clickhouse(target) }),
    },
    {
        name: "market-data",
        runsIf: ({ marketData }) => marketData.enabled,
        streams: ["market_tickers", "market_trades", "book_tickers", "order_book_ticks", "source_notices"],
        env: ({ marketData }, target) => ({
            ...kafka(target),
            SYMBOLS: marketData.symbols.join(","),
            VENUE: marketData.venue,
            BINANCE_WS_URL: marketData.webSocketUrl,
            BINANCE_REST_URL: marketData.restUrl,
        }),
    },
    {
        name: "gateway",
        runsIf: ({ gateway }) => gateway.enabled,
        streams: "all",
        // It judges events by the catalogue's validators, and links posts as the sentiment worker does.
        madeOf: () => [...catalogueSources, "schema/api", "functions/sentiment"],
        reads: ({ gateway }) => gateway.geoFiles,
        listensAt: ({ gateway }) => gateway.port,
        env: ({ gateway, futureHours }, target) => ({
            ...kafka(target),
            FUTURE_HOURS: String(futureHours),
            GATEWAY_HOST: target.listenHost,
            GATEWAY_PORT: String(gateway.port),
            GATEWAY_KEYS: gateway.keys,
            TRUSTED_PROXIES: gateway.trustedProxies.join(","),
            ACTIONS_ORIGINS: gateway.actionsOrigins.join(","),
            GEO_FILES: absolute(gateway.geoFiles).join(","),
        }),
    },
    {
        name: "matching-engine",
        runsIf: ({ matchingEngine }) => matchingEngine.mappings.length > 0,
        streams: "all",
        madeOf: ({ matchingEngine }) => [...catalogueSources, ...matchingEngine.mappings],
        reads: ({ matchingEngine }) => matchingEngine.mappings,
        env: ({ matchingEngine }, target) => ({
            ...kafka(target),
            MAPPINGS: absolute(matchingEngine.mappings).join(","),
            DATA_DIR: target.dataDir("matching-engine"),
            SCHEMA_REGISTRY_USERNAME: matchingEngine.registryUsername,
            SCHEMA_REGISTRY_PASSWORD: matchingEngine.registryPassword,
        }),
    },
    {
        name: "sentiment",
        runsIf: ({ sentiment }) => sentiment.enabled,
        streams: ["social_posts", "sentiment_scores", "source_notices"],
        env: ({ sentiment, httpPrivateOrigins }, target) => ({
            ...kafka(target),
            ...clickhouse(target),
            DATA_DIR: target.dataDir("sentiment"),
            FEEDS: JSON.stringify(sentiment.feeds),
            FEED_INTERVAL_S: String(sentiment.feedIntervalSeconds),
            TOKENS: sentiment.tokens.join(","),
            OPENAI_API_KEY: sentiment.openai.apiKey,
            OPENAI_BASE_URL: sentiment.openai.baseUrl,
            OPENAI_MODEL: sentiment.openai.model,
            OPENAI_DAILY_TOKENS: String(sentiment.openai.dailyTokens),
            HTTP_PRIVATE_ORIGINS: httpPrivateOrigins.join(","),
        }),
    },
    {
        name: "on-chain",
        runsIf: ({ onChain }) => onChain.enabled,
        streams: ["on_chain_transfers", "addresses", "source_notices"],
        env: ({ onChain, httpPrivateOrigins, retentionDays }, target) => ({
            ...kafka(target),
            ...clickhouse(target),
            ON_CHAIN_ADDRESSES: onChain.addresses.join(","),
            ON_CHAIN_CONFIRMATIONS: String(onChain.confirmations),
            // What is older than its table keeps it would be refused as late.
            ON_CHAIN_HISTORY_DAYS: String(retentionDays("on_chain_transfers") - 1),
            ETHERSCAN_URL: onChain.etherscanUrl,
            ETHERSCAN_API_KEY: onChain.etherscanApiKey,
            SOLANA_RPC_URL: onChain.solanaRpcUrl,
            HTTP_PRIVATE_ORIGINS: httpPrivateOrigins.join(","),
        }),
    },
    {
        name: "evaluator",
        streams: "all",
        detects: true,
        madeOf: () => [
            "schema/rollups",
            "schema/scores",
            "schema/rules",
            "schema/detection",
            "schema/warnings",
            "schema/views",
        ],
        env: (_settings, target) => ({ ...kafka(target), ...clickhouse(target) }),
    },
    {
        name: "alerts",
        streams: [],
        detects: true,
        madeOf: () => ["schema/detection", "schema/views/spec.ts"],
        env: ({ alerts, httpPrivateOrigins }, target) => ({
            ...clickhouse(target),
            ALERT_TARGETS_SECRET: alerts.targets,
            ALERT_ROUTES: alerts.routes,
            NOTIFY_ORIGINS: alerts.origins.join(","),
            PSEUDONYM_KEY: alerts.pseudonymKey,
            HEARTBEAT_URL_SECRET: alerts.heartbeatUrl,
            HTTP_PRIVATE_ORIGINS: httpPrivateOrigins.join(","),
        }),
    },
    {
        name: "console",
        streams: [],
        detects: true,
        madeOf: () => [
            "functions/cases",
            "functions/completeness/answers.ts",
            "schema/dashboards",
            "schema/detection",
            "schema/rules",
            "schema/views/spec.ts",
        ],
        listensAt: ({ console: { port } }) => port,
        env: ({ console: { port, users } }, target) => ({
            ...clickhouse(target),
            CONSOLE_HOST: target.listenHost,
            CONSOLE_PORT: String(port),
            CONSOLE_KEYS: users,
            DATA_DIR: target.dataDir("console"),
        }),
    },
];

/**
 * Runs the workers that a stack asks for, each after the feeds of its facts.
 * @param feeds by the name of their fact or reference
 * @param detection tables and views of rollups, rules and alerts
 * @returns where those that listen are reached, as stack outputs: `gatewayUrl`, `consoleUrl`
 */
export function runWorkers(
    settings: Settings,
    target: Target,
    feeds: ReadonlyMap<string, pulumi.Resource>,
    detection: readonly pulumi.Resource[],
): Record<string, string> {
    const endpoints: Record<string, string> = {};
    for (const [index, plan] of workers.entries()) {
        if (plan.runsIf?.(settings) === false) continue;
        const names = plan.streams === "all" ? [...feeds.keys()] : plan.streams;
        const sources = [`functions/${plan.name}`, "functions/shared", ...(plan.madeOf?.(settings) ?? [])];
        const port = plan.listensAt?.(settings);
        target.run({
            name: plan.name,
            index,
            env: { ...plan.env(settings, target), ...telemetry(settings, target) },
            dependsOn: [...names.flatMap((name) => feeds.get(name) ?? []), ...(plan.detects === true ? detection : [])],
            // A worker knows the catalogue it was started with: another fact is news to it, another column of one is not.
            fingerprint: fingerprint(sources, ...names),
            files: absolute(plan.reads?.(settings) ?? []),
            ...(port === undefined ? {} : { port }),
        });
        if (port !== undefined) endpoints[`${plan.name}Url`] = target.urlOf(port, plan.name);
    }
    return endpoints;
}
