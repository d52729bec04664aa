/** The supervisor's HTTP interface, on a unix socket that only its user can reach. */
import { chmodSync, rmSync } from "node:fs";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { type SupervisorInfo, PROCESS_NAME, parseSpec } from "./protocol";
import { Conflict, type Supervisor } from "./supervisor";

/** What the routes need beside the supervisor. */
export interface ServerContext {
    supervisor: Supervisor;
    info(): Omit<SupervisorInfo, "processes">;
    /** Called after the answer to POST /shutdown was sent. */
    onShutdown(): void;
    log(text: string): void;
}

interface Answer {
    status: number;
    body?: unknown;
}

class BadRequest extends Error {}

const MAX_BODY_BYTES = 1024 * 1024;

/** Listens; a file left at that path by a killed supervisor is replaced, which the caller's lock makes safe. */
export async function listen(context: ServerContext, socket: string): Promise<Server> {
    const server = createServer((request, response) => void answer(context, request, response));
    rmSync(socket, { force: true });
    await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(socket, resolve);
    });
    chmodSync(socket, 0o600);
    return server;
}

async function answer(context: ServerContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let result: Answer;
    try {
        result = await route(context, request);
    } catch (error) {
        result = failure(error);
        if (result.status === 500) context.log(`${request.method ?? ""} ${request.url ?? ""}: ${String(error)}`);
    }
    response.writeHead(result.status, { "content-type": "application/json", connection: "close" });
    response.end(result.body === undefined ? undefined : JSON.stringify(result.body));
}

async function route(context: ServerContext, request: IncomingMessage): Promise<Answer> {
    const { supervisor } = context;
    const [, resource = "", rawName] = (request.url ?? "").split("/");
    const method = request.method ?? "";
    const key = `${method} /${resource}${rawName === undefined ? "" : "/:name"}`;
    if (key === "GET /healthz")
        return { status: 200, body: { ...context.info(), processes: supervisor.list().length } };
    if (key === "GET /processes") return { status: 200, body: supervisor.list() };
    if (key === "POST /shutdown") {
        setImmediate(() => context.onShutdown());
        return { status: 202, body: {} };
    }
    if (resource === "processes" && rawName !== undefined) {
        return processRoute(supervisor, method, processName(rawName), request);
    }
    return { status: 404, body: { error: `supervisor: no such route ${key}` } };
}

async function processRoute(
    supervisor: Supervisor,
    method: string,
    name: string,
    request: IncomingMessage,
): Promise<Answer> {
    const missing = { status: 404, body: { error: `supervisor: no process named ${name}` } };
    if (method === "GET") {
        const details = supervisor.get(name);
        return details === undefined ? missing : { status: 200, body: details };
    }
    if (method === "PUT") return { status: 200, body: await supervisor.put(name, await readSpec(request)) };
    if (method === "DELETE") return (await supervisor.remove(name)) ? { status: 204 } : missing;
    return { status: 404, body: { error: `supervisor: no such route ${method} /processes/:name` } };
}

function processName(raw: string): string {
    const name = decodeURIComponent(raw);
    if (PROCESS_NAME.test(name)) return name;
    throw new BadRequest(`supervisor: a process name is of a-z 0-9 . _ -, found ${JSON.stringify(name)}`);
}

async function readSpec(request: IncomingMessage): Promise<ReturnType<typeof parseSpec>> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > MAX_BODY_BYTES) throw new BadRequest(`supervisor: a spec has at most ${MAX_BODY_BYTES} bytes`);
        chunks.push(chunk);
    }
    try {
        return parseSpec(JSON.parse(Buffer.concat(chunks).toString("utf8")));
    } catch (error) {
        // JSON.parse quotes its input, which may hold secrets.
        throw new BadRequest(error instanceof SyntaxError ? "supervisor: the spec is not JSON" : message(error));
    }
}

function failure(error: unknown): Answer {
    const status =
        error instanceof BadRequest || error instanceof URIError ? 400 : error instanceof Conflict ? 409 : 500;
    return { status, body: { error: message(error) } };
}

function message(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}
