// For tests: an HTTP server that stands for somebody else's, answers as its routes say, and fails on order the way real ones do.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A request as it came in. */
export interface FakeRequest {
    readonly method: string;
    readonly url: URL;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    readonly body: string;
}

/** An answer; status 200 and JSON when not said otherwise. */
export interface FakeAnswer {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: string | Buffer;
}

/** What a route answers with. */
export type FakeRoute = (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>;

/** A failure: a status of its own, silence, a connection lost within the body, a body cut short, or another content type. */
export type Fault =
    | { readonly kind: "status"; readonly status: number; readonly headers?: Record<string, string>; body?: string }
    | { readonly kind: "hang" }
    | { readonly kind: "reset" }
    | { readonly kind: "cut" }
    | { readonly kind: "contentType"; readonly contentType: string };

/** The server; `start` it, and `stop` it after the test. */
export class FakeServer {
    /** All requests so far, failed ones as well. */
    readonly requests: FakeRequest[] = [];
    private readonly routes = new Map<string, FakeRoute>();
    private other: FakeRoute = ({ url }) => ({ status: 404, body: `no ${url.pathname}` });
    private readonly faults: Fault[] = [];
    private readonly server: Server;

    constructor() {
        this.server = createServer((request, response) => {
            this.serve(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
        });
    }

    /** Listens on loopback; `port` 0 is any. */
    async start(port = 0): Promise<this> {
        await new Promise<void>((resolve) => this.server.listen(port, "127.0.0.1", resolve));
        return this;
    }

    async stop(): Promise<void> {
        this.server.closeAllConnections();
        await new Promise((resolve) => this.server.close(resolve));
    }

    /** http://127.0.0.1:<port>, without a slash at the end. */
    get origin(): string {
        return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
    }

    /** Answers requests to a path. */
    on(path: string, route: FakeRoute): this {
        this.routes.set(path, route);
        return this;
    }

    /** Answers requests to all paths that have no route of their own. */
    otherwise(route: FakeRoute): this {
        this.other = route;
        return this;
    }

    /** The next requests fail, one each, in this order. */
    fail(...faults: Fault[]): this {
        this.faults.push(...faults);
        return this;
    }

    /** Requests to a path so far. */
    asked(path: string): FakeRequest[] {
        return this.requests.filter(({ url }) => url.pathname === path);
    }

    private async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
        const url = new URL(incoming.url ?? "/", this.origin);
        const { method = "GET", headers } = incoming;
        const request = { method, url, headers, body: await text(incoming) };
        this.requests.push(request);
        const fault = this.faults.shift();
        if (fault?.kind === "hang") return;
        if (fault?.kind === "status") {
            response.writeHead(fault.status, fault.headers).end(fault.body ?? "");
            return;
        }
        const answer = await (this.routes.get(url.pathname) ?? this.other)(request);
        await send(response, answer, fault);
    }
}

async function send(response: ServerResponse, answer: FakeAnswer, fault: Fault | undefined): Promise<void> {
    const body = Buffer.from(answer.body);
    const half = body.subarray(0, Math.floor(body.length / 2));
    const sent = fault?.kind === "cut" ? half : body;
    const headers = { "content-type": "application/json", ...answer.headers };
    if (fault?.kind === "contentType") headers["content-type"] = fault.contentType;
    const length = answer.status === 304 ? {} : { "content-length": String(sent.length) };
    response.writeHead(answer.status ?? 200, { ...headers, ...length });
    if (fault?.kind !== "reset") {
        response.end(answer.status === 304 ? undefined : sent);
        return;
    }
    await new Promise<unknown>((resolve) => response.write(half, resolve));
    response.destroy();
}
