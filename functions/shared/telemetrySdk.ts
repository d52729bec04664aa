// The OpenTelemetry SDK at work: logs, traces and metrics of a worker, sent over OTLP/HTTP. Loaded only where there is a collector.
import { context, diag, DiagLogLevel, trace } from "@opentelemetry/api";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResourcesSync, envDetectorSync, type IResource, Resource } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import {
    BasicTracerProvider,
    BatchSpanProcessor,
    ParentBasedSampler,
    TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace-base";
import { pause } from "./backoff";
import { sampler } from "./log";
import { type Telemetry } from "./telemetry";
import { Contexts } from "./telemetryContexts";
import { watchHttp } from "./telemetryHttp";
import { logRecord } from "./telemetryLogs";
import { RegistryProducer } from "./telemetryMetrics";
import { Traces } from "./telemetryTraces";

/** A tenth of what is sent to Kafka is traced unless OTEL_TRACES_SAMPLER_ARG says another part: enough to see where time goes. */
const sampledPart = 0.1;
const metricsEveryMs = 30_000;
/** Within the second that a worker has left after its own shutdown. */
const closeMs = 900;
const troubleEveryMs = 60_000;

function resourceOf(worker: string): IResource {
    const own = new Resource({
        "service.name": worker,
        "service.namespace": "trading",
        "process.pid": process.pid,
    });
    return detectResourcesSync({ detectors: [envDetectorSync] }).merge(own);
}

function tracesOf(resource: IResource): { traces: Traces; provider: BasicTracerProvider } {
    const part = Number(process.env["OTEL_TRACES_SAMPLER_ARG"] ?? sampledPart);
    const provider = new BasicTracerProvider({
        resource,
        sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(part) }),
        spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
    });
    const contexts = new Contexts();
    context.setGlobalContextManager(contexts);
    trace.setGlobalTracerProvider(provider);
    const tracer = trace.getTracer("trading");
    watchHttp(tracer, contexts);
    return { traces: new Traces(tracer), provider };
}

/** An exporter tells an error as JSON of all its fields. */
function messageOf(told: string): string {
    try {
        return (JSON.parse(told) as { message?: string }).message ?? told;
    } catch {
        return told;
    }
}

/** Why nothing arrives, as the exporters tell it. */
function heard(hear: (why: string) => void): void {
    const sampled = sampler(troubleEveryMs);
    const error = (message: string): void => sampled(() => hear(messageOf(message)));
    const nothing = (): void => undefined;
    diag.setLogger({ error, warn: nothing, info: nothing, debug: nothing, verbose: nothing }, DiagLogLevel.ERROR);
}

/** Begins to send; timers keep no process alive. */
export function createTelemetry(worker: string): Telemetry {
    const resource = resourceOf(worker);
    const { traces, provider: tracers } = tracesOf(resource);
    const loggers = new LoggerProvider({ resource });
    loggers.addLogRecordProcessor(new BatchLogRecordProcessor(new OTLPLogExporter()));
    const logger = loggers.getLogger("trading");
    const registries = new RegistryProducer(resource);
    const meters = new MeterProvider({
        resource,
        readers: [
            new PeriodicExportingMetricReader({
                exporter: new OTLPMetricExporter(),
                exportIntervalMillis: metricsEveryMs,
                exportTimeoutMillis: metricsEveryMs / 2,
                metricProducers: [registries],
            }),
        ],
    });
    return {
        logged: (line) => logger.emit(logRecord(line)),
        observe: (registry) => registries.add(registry),
        sending: (topics, send) => traces.sending(topics, send),
        receiving: (topic, traceparents, work) => traces.receiving(topic, traceparents, work),
        onTrouble: heard,
        close: async () => {
            const all = [tracers, loggers, meters].map((provider) => provider.shutdown().catch(() => undefined));
            await Promise.race([Promise.all(all), pause(closeMs)]);
        },
    };
}
