// The HTTP server: limits of time and size for every connection, the routes, and one form for everything that goes wrong.
import rateLimitPlugin from "@fastify/rate-limit";
import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from "fastify";
import { catalogue } from "../../schema";
import { eventDocument, limits, openapi } from "../../schema/api";
import { type Logger, sampler } from "../shared/log";
import { actionRoutes } from "./actions";
import { eventRoutes } from "./events";
import { type GatewayMetrics } from "./metrics";
import { problemOf, RequestError } from "./problem";
import { type Services } from "./services";

declare module "fastify" {
    interface FastifyContextConfig {
        /** Content types that a route takes. */
        takes?: readonly string[];
    }
}

/** How long a client may take: enough for a slow line, too little to hold a connection with a byte now and then. Milliseconds. */
const patience = {
    /** For the header of a request. */
    headers: 10_000,
    /** For a whole request, and for reading its answer; longer than Kafka is waited for. */
    request: 30_000,
    /** Between two requests of a connection. */
    idle: 60_000,
    /** How often connections are looked at. */
    look: 2_500,
};
const maxConnections = 2_000;
const complainEveryMs = 10_000;

export interface ServerOptions {
    readonly services: Services;
    readonly metrics: GatewayMetrics;
    readonly log: Logger;
    /** Addresses of the proxies in front; undefined believes nobody's X-Forwarded-For. */
    readonly trustedProxies?: string[] | undefined;
}

function bare(trustedProxies: string[] | undefined): FastifyInstance {
    const app = fastify({
        trustProxy: trustedProxies ?? false,
        bodyLimit: limits.bodyBytes,
        requestTimeout: patience.request,
        connectionTimeout: patience.request,
        keepAliveTimeout: patience.idle,
        forceCloseConnections: "idle",
        http: { headersTimeout: patience.headers, connectionsCheckingInterval: patience.look },
        // A path that cannot be decoded, before there is a route whose errors could be handled.
        frameworkErrors: (error, _request, reply) => {
            const body = JSON.stringify(problemOf(400, error.message));
            reply.raw.writeHead(400, { "content-type": "application/problem+json" }).end(body);
        },
    });
    app.server.maxConnections = maxConnections;
    return app;
}

/** What is wrong with a request that fastify has sent away. */
function refusalOf({ code, message }: FastifyError, { headers, routeOptions }: FastifyRequest): string {
    const { takes } = routeOptions.config;
    if (code !== "FST_ERR_CTP_INVALID_MEDIA_TYPE" || takes === undefined) return message;
    const found = JSON.stringify(headers["content-type"]?.slice(0, 100) ?? "nothing");
    return `content-type: found ${found}; send ${takes.join(" or ")}`;
}

/** Every failure as problem+json; what nobody foresaw goes to the log, at most one in a while. */
function answerProblems(app: FastifyInstance, log: Logger): void {
    const sampled = sampler(complainEveryMs);
    // Before the body is read: what is for nobody is not worth its memory.
    app.addHook("onRequest", (request, _reply, done) => {
        if (request.is404)
            throw new RequestError(
                404,
                `nothing at ${request.method} ${request.url.slice(0, 200)}; /openapi.json says what there is`,
            );
        done();
    });
    app.setErrorHandler((error: FastifyError | RequestError, request, reply) => {
        const known = error instanceof RequestError;
        const status = error.statusCode ?? 500;
        const sentAway = known ? error.detail : refusalOf(error, request);
        const detail = known || status < 500 ? sentAway : "the gateway's log says what went wrong";
        if (known) void reply.headers(error.headers);
        if (!known && status >= 500)
            sampled((held) =>
                log.error({ err: error, held }, `${request.routeOptions.url ?? "no route"}: request failed`),
            );
        void reply.code(status).type("application/problem+json").send(problemOf(status, detail));
    });
}

function measure(app: FastifyInstance, metrics: GatewayMetrics): void {
    app.addHook("onResponse", (request, reply, done) => {
        const route = request.routeOptions.url ?? "none";
        metrics.requests.inc({ route, status: reply.statusCode });
        metrics.requestSeconds.observe({ route }, reply.elapsedTime / 1000);
        done();
    });
}

function documentRoutes(app: FastifyInstance): void {
    const document = JSON.stringify(openapi(catalogue));
    app.get("/openapi.json", (_request, reply) => reply.type("application/json").send(document));
    for (const declaration of catalogue) {
        const schema = JSON.stringify(eventDocument(declaration));
        app.get(`/v1/schemas/${declaration.name}`, (_request, reply) =>
            reply.type("application/schema+json").send(schema),
        );
    }
}

/** Builds the server; it does not listen yet. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
    const app = bare(options.trustedProxies);
    answerProblems(app, options.log);
    measure(app, options.metrics);
    app.addHook("onSend", (_request, reply, _payload, done) => {
        void reply.header("x-content-type-options", "nosniff");
        done();
    });
    await app.register(rateLimitPlugin, {
        global: false,
        errorResponseBuilder: (_request, { after }) =>
            new RequestError(429, `too many requests; come back in ${after}`),
    });
    await app.register((scope) => {
        scope.removeAllContentTypeParsers();
        eventRoutes(scope, catalogue, options.services);
        return Promise.resolve();
    });
    await app.register((scope) => {
        scope.removeAllContentTypeParsers();
        actionRoutes(scope, options.services);
        return Promise.resolve();
    });
    documentRoutes(app);
    return app;
}
