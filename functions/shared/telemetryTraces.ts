// Spans around Kafka: a send and the work on what was received belong to one trace, whose context travels in the messages' header `traceparent`.
import {
    type Context,
    context,
    isSpanContextValid,
    type Link,
    ROOT_CONTEXT,
    type Span,
    type SpanContext,
    SpanKind,
    type SpanOptions,
    SpanStatusCode,
    trace,
    TraceFlags,
    type Tracer,
} from "@opentelemetry/api";
import { parseTraceParent } from "@opentelemetry/core";
import { type Traceparent } from "./telemetry";
import { ongoing } from "./telemetryContexts";

/** A batch may hold messages of very many traces. */
const maxLinks = 16;

const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext): string =>
    `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;

const isSampled = ({ traceFlags }: SpanContext): boolean => (traceFlags & TraceFlags.SAMPLED) !== 0;

/** The contexts of different traces among headers, in their order; what is none is left out. */
function contextsOf(traceparents: readonly string[]): SpanContext[] {
    const found = new Map<string, SpanContext>();
    for (const text of new Set(traceparents)) {
        const parsed = parseTraceParent(text);
        if (parsed === null || !isSpanContextValid(parsed)) continue;
        found.set(parsed.traceId, { ...parsed, isRemote: true });
        if (found.size > maxLinks) break;
    }
    return [...found.values()];
}

const messaging = { "messaging.system": "kafka" } as const;

/** Makes the spans of a worker. */
export class Traces {
    constructor(private readonly tracer: Tracer) {}

    /** A span of kind producer, child of what is going on, else the first of a trace of its own. */
    sending<T>(topics: () => readonly string[], send: (traceparent: Traceparent) => Promise<T>): Promise<T> {
        const name = "send";
        const options = { kind: SpanKind.PRODUCER, attributes: { ...messaging, "messaging.operation.type": "send" } };
        return this.within(name, options, ongoing(), (span) => {
            if (!span.isRecording()) return send(undefined);
            const all = [...new Set(topics())].sort().join(", ");
            span.updateName(`${name} ${all}`);
            span.setAttribute("messaging.destination.name", all);
            return send(traceparentOf(span.spanContext()));
        });
    }

    /** A span of kind consumer: child of the first trace, linked with the others; where none is sampled, neither is it. */
    receiving<T>(topic: string, traceparents: readonly string[], work: () => Promise<T>): Promise<T> {
        const [first, ...others] = contextsOf(traceparents).filter(isSampled);
        if (first === undefined) return work();
        const links = others.map((other): Link => ({ context: other }));
        const attributes = {
            ...messaging,
            "messaging.operation.type": "process",
            "messaging.destination.name": topic,
        };
        const parent = trace.setSpanContext(ROOT_CONTEXT, first);
        return this.within(`process ${topic}`, { kind: SpanKind.CONSUMER, attributes, links }, parent, () => work());
    }

    private async within<T>(
        name: string,
        options: SpanOptions,
        parent: Context,
        work: (span: Span) => Promise<T>,
    ): Promise<T> {
        const span = this.tracer.startSpan(name, options, parent);
        try {
            return await context.with(trace.setSpan(parent, span), () => work(span));
        } catch (error) {
            // Its text may quote what was sent, so only its kind is told here; the log has the rest.
            span.setAttribute("error.type", error instanceof Error ? error.name : "unknown");
            span.setStatus({ code: SpanStatusCode.ERROR });
            throw error;
        } finally {
            span.end();
        }
    }
}
