// The collector's environment: every variable it understands, with its default.
import { z } from "zod";
import { baseUrl, commonEnv, kafkaEnv, list, port, readEnv } from "../shared/env";

/** Streams per symbol (trade, bookTicker, depth); with the one of all tickers a connection carries at most 1,024. */
const maxSymbols = Math.floor((1024 - 1) / 3);

const schema = z.object({
    ...commonEnv,
    ...kafkaEnv,
    /** Port of /healthz, /livez and /metrics on 127.0.0.1. */
    METRICS_PORT: port.default(9464),
    /** Name of the venue in the `venue` column and in `source_id` (market-data/<venue>). */
    VENUE: z
        .string()
        .regex(/^[a-z0-9][a-z0-9_-]*$/, "must be lower-case letters, digits, _ and -")
        .default("binance"),
    /** Symbols whose trades, best bid/ask and order book are collected, comma-separated; the tickers are of all symbols. */
    SYMBOLS: list
        .transform((symbols) => [...new Set(symbols.map((symbol) => symbol.toUpperCase()))])
        .refine((symbols) => symbols.length <= maxSymbols, `more than ${maxSymbols} symbols do not fit one connection`)
        .prefault("BTCUSDT,ETHUSDT"),
    /** Base of the WebSocket streams. */
    BINANCE_WS_URL: baseUrl("wss:", "ws:").prefault("wss://data-stream.binance.vision"),
    /** Base of the REST interface, for order-book snapshots. */
    BINANCE_REST_URL: baseUrl("https:", "http:").prefault("https://data-api.binance.vision"),
    /** Events held in memory while Kafka is away, in bytes of JSON; beyond it the oldest are dropped and accounted for. */
    BUFFER_MAX_BYTES: z.coerce
        .number()
        .int()
        .min(1024 * 1024)
        .default(64 * 1024 * 1024),
});

/** The collector's settings. */
export type MarketDataEnv = z.output<typeof schema>;

/**
 * Reads the environment.
 * @throws EnvironmentError naming every bad variable.
 */
export const readMarketDataEnv = (env?: Readonly<Record<string, string | undefined>>): MarketDataEnv =>
    readEnv("market-data", schema, env);
