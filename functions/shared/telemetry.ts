// OpenTelemetry, where there is a collector to send it to: OTEL_EXPORTER_OTLP_ENDPOINT says so. Without it nothing of it is even loaded.
//
// The SDK reads the rest by itself: OTEL_EXPORTER_OTLP_HEADERS (the collector's token) and OTEL_RESOURCE_ATTRIBUTES. What is not delivered is dropped.
import { createRequire } from "node:module";
import { type Registry } from "prom-client";
import { EnvironmentError } from "./env";

/** What a sampled message carries in its header `traceparent` (W3C Trace Context); undefined: not sampled. */
export type Traceparent = string | undefined;

/** The way to the collector. Nothing here throws or waits for it, but `close`. */
export interface Telemetry {
    /** Takes a line that was written to the log. */
    logged(line: string): void;
    /** The numbers of this registry are sent every half minute. */
    observe(registry: Registry): void;
    /** Runs a send of messages for these topics; where its trace is sampled, the messages are to carry what it is given. */
    sending<T>(topics: () => readonly string[], send: (traceparent: Traceparent) => Promise<T>): Promise<T>;
    /** Runs the work on messages of a topic in the trace of the first that carries one. */
    receiving<T>(topic: string, traceparents: readonly string[], work: () => Promise<T>): Promise<T>;
    /** Hears, once a minute at most, why nothing arrives. */
    onTrouble(hear: (why: string) => void): void;
    /** Sends what is there, in a second at most. */
    close(): Promise<void>;
}

let running: Telemetry | undefined;
const load = createRequire(__filename);

/**
 * Begins, where there is a collector; a second call changes nothing.
 * @throws EnvironmentError when its address is none
 */
export function startTelemetry(worker: string): Telemetry | undefined {
    const endpoint = process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? "";
    if (endpoint === "" || running !== undefined) return running;
    if (!/^https?:/.test(endpoint) || !URL.canParse(endpoint))
        throw new EnvironmentError(
            `${worker}: OTEL_EXPORTER_OTLP_ENDPOINT is ${JSON.stringify(endpoint)}, not the URL of a collector; set it like http://127.0.0.1:4318, or to nothing.`,
        );
    const sdk = load("./telemetrySdk") as typeof import("./telemetrySdk");
    running = sdk.createTelemetry(worker);
    return running;
}

/** Where it has begun. */
export const telemetry = (): Telemetry | undefined => running;
