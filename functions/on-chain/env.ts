// The watcher's environment: every variable it understands, with its default.
import { z } from "zod";
import { baseUrl, commonEnv, kafkaEnv, port, readEnv } from "../shared/env";
import { httpEnv } from "../shared/http/env";
import { chainNames, type Watched, watched } from "./chains";

/** A `chain:address` list; each problem names the entry it is about. */
const addresses = z
    .string()
    .default("")
    .transform((text, context): Watched[] =>
        text
            .split(",")
            .map((entry) => entry.trim())
            .filter((entry) => entry !== "")
            .flatMap((entry) => {
                const [, chain = "", address = ""] = /^([a-z]+):(.*)$/.exec(entry) ?? [];
                const found = watched(chain, address);
                if (found !== undefined) return [found];
                const message = `"${entry}" is not chain:address with a chain of ${chainNames.join(", ")}`;
                context.addIssue({ code: "custom", message });
                return [];
            }),
    );

const count = (min: number, max: number): z.ZodCoercedNumber => z.coerce.number().int().min(min).max(max);
const perSecond = z.coerce.number().positive().max(1_000);

const schema = z.object({
    ...commonEnv,
    ...kafkaEnv,
    ...httpEnv,
    /** ClickHouse HTTP interface: what was found before, and the addresses of the venue's reference data. */
    CLICKHOUSE_URL: baseUrl("http:", "https:").prefault("http://127.0.0.1:8123"),
    /** Port of /healthz, /livez and /metrics on 127.0.0.1; 0 takes a free one. */
    METRICS_PORT: port.default(0),
    /** Addresses watched beside those of the reference `addresses`, as `chain:address`, comma-separated. */
    ON_CHAIN_ADDRESSES: addresses,
    /** Blocks on top of a transfer's before it becomes a fact, on EVM chains; 12 is what exchanges credit deposits by. */
    ON_CHAIN_CONFIRMATIONS: count(0, 10_000).default(12),
    /** Blocks below the newest fact of an address that are read again each time; 64 are two epochs, after which Ethereum is final. */
    ON_CHAIN_REORG_BLOCKS: count(0, 10_000).default(64),
    /** How many days back an address of which nothing is known is read; older transfers than the fact is kept would be dead letters. */
    ON_CHAIN_HISTORY_DAYS: count(0, 3_650).default(29),
    /** Pause between two rounds over all addresses, milliseconds. */
    ON_CHAIN_POLL_INTERVAL_MS: count(50, 3_600_000).default(15_000),
    /** Etherscan v2, or an explorer that speaks it. */
    ETHERSCAN_URL: baseUrl("https:", "http:").prefault("https://api.etherscan.io/v2/api"),
    /** Key of Etherscan; sent in the query, and never logged. */
    ETHERSCAN_API_KEY: z.string().default(""),
    /** Requests to Etherscan per second; 3 on its free plan. */
    ETHERSCAN_REQUESTS_PER_SECOND: perSecond.default(3),
    /** Solana's JSON-RPC; path and query are never logged, since providers put keys there. */
    SOLANA_RPC_URL: baseUrl("https:", "http:").prefault("https://api.mainnet-beta.solana.com"),
    /** Requests to Solana's RPC per second; the public one allows 40 of a method in 10 s. */
    SOLANA_REQUESTS_PER_SECOND: perSecond.default(4),
});

/** The watcher's settings. */
export type OnChainEnv = z.output<typeof schema>;

/**
 * Reads the environment.
 * @throws EnvironmentError naming every bad variable.
 */
export const readOnChainEnv = (env?: Readonly<Record<string, string | undefined>>): OnChainEnv =>
    readEnv("on-chain", schema, env);
