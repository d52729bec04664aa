// The HTTP side: routes, who may ask, and one query's life from its request to its logged end.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { Body } from "./body";
import type { Engine } from "./engine";
import { engineException, sameIdRunning, tooManyQueries, type ClickHouseException } from "./errors";
import type { QueryContext } from "./execute";
import { refusal } from "./guard";
import { HostMetrics } from "./metrics";
import type { PipePool } from "./pipes";
import { readQuery, runQuery } from "./query";
import { readRequest, type QueryRequest } from "./request";
import { QueryResponse } from "./response";
import type { Sessions } from "./sessions";

/** What the server works with. */
export interface ServerParts {
    engine: Engine;
    sessions: Sessions;
    pipes: PipePool;
    spoolFolder: string;
    log: Logger;
    host: string;
    maxQueries: number;
}

const MAX_HEADER_BYTES = 1024 * 1024;
/** Longer than the idle time after which clients drop a connection themselves (@clickhouse/client: 2.5 s). */
const KEEP_ALIVE_MS = 30_000;
/** How long the rest of a refused body is taken in, so that the client comes to read the answer. */
const DRAIN_MS = 30_000;
/** How long stopped queries may take to end. */
const KILL_GRACE_MS = 2000;
const NO_HANDLER =
    "Use / or /ping for health checks. Or /replicas_status for more sophisticated health checks. Send queries from your program with POST method or GET /?query=...";

interface Running {
    abort: AbortController;
    ended: Promise<undefined>;
}

/**
 * Takes the port, before the engine is started: a port in use must not cost its start, nor disturb the consumers of its Kafka tables. Until the
 * interface takes over, requests are told to come later.
 */
export async function takePort(host: string, port: number): Promise<Server> {
    const server = createServer({
        maxHeaderSize: MAX_HEADER_BYTES,
        requestTimeout: 0,
        keepAliveTimeout: KEEP_ALIVE_MS,
        noDelay: true,
    });
    server.on("request", (_request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(503, { "Content-Type": "text/plain; charset=UTF-8", Connection: "close" });
        response.end("clickhouse-host: the engine is starting\n");
    });
    server.on("clientError", (_error, socket) => {
        socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 12\r\n\r\nBad Request\n");
    });
    await new Promise<void>((resolve, reject) => {
        server.once("error", reject).listen(port, host, resolve);
    });
    return server;
}

/** Serves the ClickHouse HTTP interface on a port taken before. */
export class HttpInterface {
    private readonly running = new Map<string, Running>();
    private readonly metrics: HostMetrics;
    private readonly displayName = hostname();
    private stopping = false;

    constructor(
        private readonly server: Server,
        private readonly parts: ServerParts,
    ) {
        this.metrics = new HostMetrics({
            running: () => this.running.size,
            memoryBytes: () => parts.engine.memoryBytes(),
        });
        this.server.removeAllListeners("request");
        this.server.on("request", (request: IncomingMessage, response: ServerResponse) => {
            void this.handle(request, response);
        });
    }

    /** Stops: no new queries, running ones get `graceMs` to end and are then stopped by the engine. */
    async stop(graceMs: number): Promise<void> {
        this.stopping = true;
        this.server.close();
        this.server.closeIdleConnections();
        const all = () => Promise.all([...this.running.values()].map(({ ended }) => ended));
        await Promise.race([all(), delay(graceMs)]);
        for (const { abort } of this.running.values()) {
            abort.abort();
        }
        await Promise.race([all(), delay(KILL_GRACE_MS)]);
        this.server.closeAllConnections();
    }

    private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
        try {
            await this.route(request, response);
        } catch (thrown) {
            this.parts.log.error({ err: thrown, path: request.url }, "request failed in the host itself");
            if (response.headersSent) {
                response.destroy();
            } else {
                this.plain(response, 500, `clickhouse-host: ${engineException(thrown).text}`);
            }
        }
    }

    private async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
        const url = readUrl(request.url ?? "/");
        const refused = refusal(request, this.parts.host);
        response.setHeader("X-ClickHouse-Server-Display-Name", this.displayName);
        if (refused !== undefined) {
            this.plain(response, 403, `Code: 516. DB::Exception: ${refused}. (AUTHENTICATION_FAILED)`);
        } else if (url === undefined) {
            this.plain(response, 400, "clickhouse-host: the request's URL cannot be read");
        } else if (this.stopping) {
            response.setHeader("Connection", "close");
            this.plain(response, 503, "clickhouse-host: the server is stopping");
        } else if (request.method === "OPTIONS") {
            response.writeHead(204).end();
        } else if (url.pathname === "/metrics") {
            response.setHeader("Content-Type", this.metrics.contentType);
            response.end(await this.metrics.text());
        } else if (url.pathname === "/ping" || url.pathname === "/replicas_status") {
            this.plain(response, 200, "Ok.");
        } else if (url.pathname !== "/" && url.pathname !== "/query") {
            this.plain(response, 404, `There is no handle ${url.pathname}. ${NO_HANDLER}`);
        } else if (request.method !== "POST" && url.search === "") {
            this.plain(response, 200, "Ok.");
        } else {
            await this.query(request, response, url.searchParams);
        }
    }

    private plain(response: ServerResponse, status: number, text: string): void {
        response.statusCode = status;
        response.setHeader("Content-Type", "text/plain; charset=UTF-8");
        response.end(`${text}\n`);
    }

    /** One query from its request to its end: always answered, always logged when it failed, its place always given back. */
    private async query(
        request: IncomingMessage,
        response: ServerResponse,
        parameters: URLSearchParams,
    ): Promise<void> {
        const { engine, log } = this.parts;
        const startedAt = performance.now();
        let asked: QueryRequest | undefined;
        let body: Body | undefined;
        let answer = new QueryResponse(response, { holdBytes: 0, encoding: undefined, version: engine.version });
        let outcome = "ok";
        try {
            asked = readRequest(request, parameters);
            answer = new QueryResponse(response, { ...asked, version: engine.version });
            body = new Body(request);
            await this.admitted(asked, request, response, answer, body);
        } catch (thrown) {
            const exception = engineException(thrown);
            outcome = response.destroyed ? "gone" : "error";
            this.logFailure(exception, asked, outcome);
            await answer.fail(exception);
        } finally {
            this.metrics.queries.inc({ outcome });
            this.metrics.seconds.observe((performance.now() - startedAt) / 1000);
        }
        await this.drain(request, body);
        log.debug(
            { queryId: asked?.queryId, milliseconds: Math.round(performance.now() - startedAt), outcome },
            "query",
        );
    }

    private async admitted(
        asked: QueryRequest,
        request: IncomingMessage,
        response: ServerResponse,
        answer: QueryResponse,
        body: Body,
    ): Promise<void> {
        this.admit(asked);
        const abort = new AbortController();
        const onClose = () => {
            if (!response.writableFinished) {
                abort.abort();
            }
        };
        response.once("close", onClose);
        const { promise: ended, resolve: end } = Promise.withResolvers<undefined>();
        this.running.set(asked.queryId, { abort, ended });
        try {
            const contentType = request.headers["content-type"] ?? "";
            const context = this.contextOf(asked, response, answer, abort.signal);
            const query = await readQuery(asked, body, contentType);
            const lease = await this.parts.sessions.lend(asked.session);
            try {
                await runQuery(context, lease, query);
            } finally {
                await lease.release();
            }
            // Last of all: a client that has its answer may use the session again at once.
            await answer.finish();
        } finally {
            this.running.delete(asked.queryId);
            response.off("close", onClose);
            end(undefined);
        }
    }

    private contextOf(
        request: QueryRequest,
        response: ServerResponse,
        answer: QueryResponse,
        signal: AbortSignal,
    ): QueryContext {
        const { engine, pipes, spoolFolder } = this.parts;
        response.setHeader("X-ClickHouse-Query-Id", request.queryId);
        response.setHeader("X-ClickHouse-Timezone", "UTC");
        response.setHeader("Content-Type", "text/plain; charset=UTF-8");
        return {
            engine,
            pipes,
            spoolFolder,
            request,
            response: answer,
            signal,
            announce: (format) => {
                response.setHeader("Content-Type", engine.contentType(format));
                response.setHeader("X-ClickHouse-Format", format);
            },
            engineIdOf: (queryId) =>
                this.running.has(queryId) ? engine.engineId(queryId) : Promise.resolve(undefined),
        };
    }

    private admit({ queryId }: QueryRequest): void {
        if (this.running.size >= this.parts.maxQueries) {
            throw tooManyQueries(`Too many simultaneous queries. Maximum: ${this.parts.maxQueries}.`);
        }
        if (this.running.has(queryId)) {
            throw sameIdRunning(`Query with id = ${queryId} is already running.`);
        }
    }

    private async drain(request: IncomingMessage, body: Body | undefined): Promise<void> {
        if (request.complete || body === undefined) {
            return;
        }
        const rest = body.drain().catch(() => undefined);
        const limit = new AbortController();
        const timer = delay(DRAIN_MS, undefined, { signal: limit.signal }).then(
            () => request.destroy(),
            () => undefined,
        );
        await Promise.race([rest, timer]);
        limit.abort();
    }

    private logFailure(exception: ClickHouseException, asked: QueryRequest | undefined, outcome: string): void {
        const details = { queryId: asked?.queryId, code: exception.code, error: exception.text.slice(0, 500) };
        if (outcome === "gone") {
            this.parts.log.info(details, "client went away, query stopped");
        } else if (exception.status >= 500) {
            this.parts.log.warn(details, "query failed");
        } else {
            this.parts.log.debug(details, "query refused");
        }
    }
}

function readUrl(text: string): URL | undefined {
    try {
        // A path of two slashes is a path, not a host's name.
        return new URL(text.startsWith("/") ? `http://host${text}` : text);
    } catch {
        return undefined;
    }
}
