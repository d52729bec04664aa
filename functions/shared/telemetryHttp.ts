// Spans of HTTP, for what comes in at a door and for what is asked of others (ClickHouse, venues, channels), from the channels on which Node and undici say so.
// Of an address only host and port are told: paths and queries hold keys, and what concerns people.
import { subscribe } from "node:diagnostics_channel";
import { type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { type Attributes, context, type Span, SpanKind, SpanStatusCode, trace, type Tracer } from "@opentelemetry/api";
import { type Contexts, ongoing } from "./telemetryContexts";

/** What supervisors ask all the time. */
const ownPages = /^\/(livez|healthz|metrics)$/;

/** Spans that are not over, by the request they are about. */
class Open {
    private readonly spans = new WeakMap<object, Span>();

    begin(request: object, span: Span): void {
        this.spans.set(request, span);
    }

    end(request: object, attributes: Attributes, failed: boolean): void {
        const span = this.spans.get(request);
        if (span === undefined) return;
        this.spans.delete(request);
        span.setAttributes(attributes);
        if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
    }
}

const status = (code: number | undefined): Attributes => ({ "http.response.status_code": code ?? 0 });
const reason = (error: unknown): Attributes => ({ "error.type": error instanceof Error ? error.name : "unknown" });

/** What a worker takes: the work on it belongs to the request's trace. */
function watchServer(tracer: Tracer, contexts: Contexts): void {
    const open = new Open();
    subscribe("http.server.request.start", (message) => {
        const { request } = message as { request: IncomingMessage };
        if (ownPages.test(request.url ?? "")) return;
        const attributes = {
            "http.request.method": request.method ?? "",
            "server.port": request.socket.localPort ?? 0,
        };
        const span = tracer.startSpan(request.method ?? "", { kind: SpanKind.SERVER, attributes, root: true });
        open.begin(request, span);
        contexts.enter(trace.setSpan(context.active(), span));
    });
    subscribe("http.server.response.finish", (message) => {
        const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
        open.end(request, status(response.statusCode), response.statusCode >= 500);
    });
}

function asked(tracer: Tracer, method: string, address: string): Span {
    const attributes = { "http.request.method": method, "server.address": address };
    return tracer.startSpan(`${method} ${address}`, { kind: SpanKind.CLIENT, attributes }, ongoing());
}

/** What is asked with node:http, as ClickHouse's client does. */
function watchClient(tracer: Tracer): void {
    const open = new Open();
    subscribe("http.client.request.start", (message) => {
        const { request } = message as { request: ClientRequest };
        open.begin(request, asked(tracer, request.method, String(request.getHeader("host") ?? request.host)));
    });
    subscribe("http.client.response.finish", (message) => {
        const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
        open.end(request, status(response.statusCode), (response.statusCode ?? 0) >= 400);
    });
    subscribe("http.client.request.error", (message) => {
        const { request, error } = message as { request: ClientRequest; error: unknown };
        open.end(request, reason(error), true);
    });
}

/** What is asked with undici, as all other clients of workers do. */
function watchUndici(tracer: Tracer): void {
    const open = new Open();
    subscribe("undici:request:create", (message) => {
        const { request } = message as { request: { method: string; origin: string | URL } };
        open.begin(request, asked(tracer, request.method, new URL(request.origin).host));
    });
    subscribe("undici:request:headers", (message) => {
        const { request, response } = message as { request: object; response: { statusCode: number } };
        open.end(request, status(response.statusCode), response.statusCode >= 400);
    });
    subscribe("undici:request:error", (message) => {
        const { request, error } = message as { request: object; error: unknown };
        open.end(request, reason(error), true);
    });
}

/** Begins to make spans of all HTTP of this process, for as long as it lives. */
export function watchHttp(tracer: Tracer, contexts: Contexts): void {
    watchServer(tracer, contexts);
    watchClient(tracer);
    watchUndici(tracer);
}
