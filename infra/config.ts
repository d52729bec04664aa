// The only reader of the stack's configuration: one typed, checked value for the rest of the program.
import ipaddr from "ipaddr.js";
import { facts } from "../schema";
import { socialPosts } from "../schema/facts/socialPosts";
import { type AlertSettings, alertSettings } from "./configAlerts";
import { type DockerSettings, dockerSettings } from "./configDocker";
import { type KubernetesSettings, kubernetesSettings } from "./configKubernetes";
import { ConfigReader } from "./configReader";
import { Config, getStack, type Input, RunError } from "./pulumi";

/** What happens to data when its resource is deleted. */
export const onDeleteModes = ["refuse", "keep", "drop"] as const;
export type OnDelete = (typeof onDeleteModes)[number];

/** A stack's settings; what each key means, and its default, is in Pulumi.yaml. */
export interface Settings {
    /** Name of the stack: its local state lives in .trading/<stack>. */
    stack: string;
    target: "embedded" | "docker" | "kubernetes";
    ports: { clickhouse: number; kafka: number; kafkaController: number; metrics: number };
    /** Address of the host on which the docker target publishes workers that listen. */
    publishHost: string;
    /** A collector of OpenTelemetry beside the target's own; its url is empty for none. */
    collector: Collector;
    docker: DockerSettings;
    kubernetes: KubernetesSettings;
    /** Days a fact is kept. */
    retentionDays: (fact: string) => number;
    futureHours: number;
    flushIntervalMs: number;
    onDelete: OnDelete;
    /** Whether simulated events may be sent to this stack. */
    allowSynthetic: boolean;
    /** Whether the backtest of a changed rule in a preview names users and accounts. */
    previewEntities: boolean;
    /** Origins on private addresses that workers may ask all the same. */
    httpPrivateOrigins: string[];
    marketData: { enabled: boolean; symbols: string[]; venue: string; webSocketUrl: string; restUrl: string };
    gateway: GatewaySettings;
    matchingEngine: MatchingEngineSettings;
    sentiment: SentimentSettings;
    onChain: OnChainSettings;
    alerts: AlertSettings;
    console: ConsoleSettings;
}

/** Where workers send logs, traces and metrics: OTLP over HTTP. */
export interface Collector {
    url: string;
    /** Bearer token; empty for none. */
    token: Input<string>;
}

/** The HTTP door for the venue's own systems. */
export interface GatewaySettings {
    enabled: boolean;
    port: number;
    /** Producers, their scopes and the hashes of their keys, as JSON. */
    keys: Input<string>;
    trustedProxies: string[];
    actionsOrigins: string[];
    geoFiles: string[];
}

/** The venue's own feeds. */
export interface MatchingEngineSettings {
    /** Mapping files, from the project's folder. */
    mappings: string[];
    registryUsername: string;
    registryPassword: Input<string>;
}

/** A feed of posts. */
export interface PostFeed {
    name: string;
    class: string;
    url: string;
}

/** Posts and their scores. */
export interface SentimentSettings {
    enabled: boolean;
    feeds: PostFeed[];
    feedIntervalSeconds: number;
    tokens: string[];
    openai: { apiKey: Input<string>; baseUrl: string; model: string; dailyTokens: number };
}

/** Addresses watched on public chains. */
export interface OnChainSettings {
    enabled: boolean;
    addresses: string[];
    confirmations: number;
    etherscanUrl: string;
    etherscanApiKey: Input<string>;
    solanaRpcUrl: Input<string>;
}

/** The pages people work with. */
export interface ConsoleSettings {
    port: number;
    /** Users, their roles and the hashes of their tokens, as JSON. */
    users: Input<string>;
}

/** `fact=days` entries; a fact that does not exist is a typing error worth stopping for. */
function retentions(read: ConfigReader): Map<string, number> {
    const names = facts.map((fact) => fact.name);
    const form = `fact=days with a fact of the catalogue (${names.join(", ")})`;
    const entries = read.entries("retentionDaysPerFact", form, (entry): [string, number] | undefined => {
        const [, fact = "", days = ""] = /^([a-z_]+)=([1-9][0-9]{0,3})$/.exec(entry) ?? [];
        return names.includes(fact) ? [fact, Number(days)] : undefined;
    });
    return new Map(entries);
}

function postFeed(entry: string): PostFeed | undefined {
    const [, name = "", group = "", url = ""] = /^(\S+) (\S+) (https?:\/\/\S+)$/.exec(entry) ?? [];
    return url !== "" && socialPosts.own.source_class.validator.safeParse(group).success
        ? { name, class: group, url }
        : undefined;
}

/** An address, or a CIDR range: what the gateway takes. */
const network = (entry: string): string | undefined =>
    ipaddr.IPv4.isValidFourPartDecimal(entry) || ipaddr.IPv6.isValid(entry) || ipaddr.isValidCIDR(entry)
        ? entry
        : undefined;

function publishHost(read: ConfigReader): string {
    const found = read.text("publishHost");
    if (ipaddr.IPv4.isValidFourPartDecimal(found)) return found;
    throw new RunError(
        `config publishHost: must be an IPv4 address of the Docker host, found "${found}"; run pulumi config set publishHost 127.0.0.1`,
    );
}

function collector(read: ConfigReader): Collector {
    const url = read.text("otlpEndpoint");
    if (url === "" || (URL.canParse(url) && /^https?:/.test(url))) return { url, token: read.secret("otlpToken") };
    throw new RunError(
        `config otlpEndpoint: must be the URL of a collector, found "${url}"; run pulumi config set otlpEndpoint http://127.0.0.1:4318`,
    );
}

const origin = (entry: string): string | undefined =>
    URL.canParse(entry) && new URL(entry).origin === entry ? entry : undefined;

const gateway = (read: ConfigReader): GatewaySettings => ({
    enabled: read.flag("gatewayEnabled"),
    port: read.port("gatewayPort"),
    keys: read.secret("gatewayKeys"),
    trustedProxies: read.entries("gatewayTrustedProxies", 'an address or a CIDR range, e.g. "10.0.0.0/8"', network),
    actionsOrigins: read.entries("gatewayActionsOrigins", 'an origin, e.g. "https://www.example.com"', origin),
    geoFiles: read.list("geoFiles"),
});

const matchingEngine = (read: ConfigReader): MatchingEngineSettings => ({
    mappings: read.files("matchingEngineMappings"),
    registryUsername: read.text("schemaRegistryUsername"),
    registryPassword: read.secret("schemaRegistryPassword"),
});

const sentiment = (read: ConfigReader): SentimentSettings => ({
    enabled: read.flag("sentimentEnabled"),
    feeds: read.entries(
        "feeds",
        '"name class url" with a class of news, social, forum, blog, official, e.g. "coindesk news https://www.coindesk.com/rss"',
        postFeed,
    ),
    feedIntervalSeconds: read.positive("feedIntervalSeconds", 86_400),
    tokens: read.list("tokens"),
    openai: {
        apiKey: read.secret("openaiApiKey"),
        baseUrl: read.text("openaiBaseUrl"),
        model: read.text("openaiModel"),
        dailyTokens: read.positive("openaiDailyTokens", 1_000_000_000),
    },
});

const onChain = (read: ConfigReader): OnChainSettings => ({
    enabled: read.flag("onChainEnabled"),
    addresses: read.list("onChainAddresses"),
    confirmations: read.positive("onChainConfirmations", 10_000),
    etherscanUrl: read.text("etherscanUrl"),
    etherscanApiKey: read.secret("etherscanApiKey"),
    solanaRpcUrl: read.secret("solanaRpcUrl"),
});

/** Reads and checks the stack's configuration. Throws RunError, which Pulumi prints without a stack trace. */
export function readSettings(): Settings {
    const read = new ConfigReader(new Config());
    const perFact = retentions(read);
    const retentionDays = read.positive("retentionDays", 3650);
    const settings: Settings = {
        stack: getStack(),
        target: read.choice("target", ["embedded", "docker", "kubernetes"]),
        ports: {
            clickhouse: read.port("clickhousePort"),
            kafka: read.port("kafkaPort"),
            kafkaController: read.port("kafkaControllerPort"),
            metrics: read.port("metricsPort"),
        },
        publishHost: publishHost(read),
        collector: collector(read),
        docker: dockerSettings(read),
        kubernetes: kubernetesSettings(read),
        retentionDays: (fact) => perFact.get(fact) ?? retentionDays,
        futureHours: read.positive("futureHours", 24 * 366),
        flushIntervalMs: read.positive("flushIntervalMs", 60_000),
        onDelete: read.choice("onDelete", onDeleteModes),
        allowSynthetic: read.flag("allowSynthetic"),
        previewEntities: read.flag("previewEntities"),
        httpPrivateOrigins: read.list("httpPrivateOrigins"),
        marketData: {
            enabled: read.flag("collectMarketData"),
            symbols: read.list("symbols"),
            venue: read.text("venue"),
            webSocketUrl: read.text("binanceWsUrl"),
            restUrl: read.text("binanceRestUrl"),
        },
        gateway: gateway(read),
        matchingEngine: matchingEngine(read),
        sentiment: sentiment(read),
        onChain: onChain(read),
        alerts: alertSettings(read, read.list("httpPrivateOrigins")),
        console: { port: read.port("consolePort"), users: read.secret("consoleUsers") },
    };
    read.refuseUnknown();
    return settings;
}
