// The way out to other people's servers: guarded against private addresses, bounded in size and time, paced per host, patient with passing trouble.
import pRetry from "p-retry";
import { type Agent, fetch, type Headers, type Response } from "undici";
import { charsetOf, decode, mediaType, readBody } from "./body";
import { createGuard, type Guard, refusalOf, type Resolve } from "./guard";
import { HostPace } from "./pace";
import { HttpProblem, withoutQuery } from "./problem";

/** One request. */
export interface HttpRequest {
    readonly url: string;
    readonly method?: "GET" | "POST";
    readonly headers?: Readonly<Record<string, string>>;
    /** Sent as it is; say its content-type in the headers. */
    readonly body?: string;
    /** Media types taken as an answer, e.g. application/json; any when absent. */
    readonly accept?: readonly string[];
    /** Redirects followed, GET only; 0 when absent. Each hop passes the guard, and only the caller's conditional headers go to another origin. */
    readonly redirects?: number;
    readonly signal?: AbortSignal;
}

/** A good answer: 2xx, or 304 to a conditional request. */
export interface HttpAnswer {
    readonly status: number;
    readonly headers: Headers;
    /** Where the answer came from, after redirects. */
    readonly url: string;
    readonly bytes: Buffer;
    /** The body by the charset of its content-type, else UTF-8. */
    readonly text: string;
}

export interface HttpClientOptions {
    readonly userAgent: string;
    /** Origins exempt from the guard, as in HTTP_PRIVATE_ORIGINS. */
    readonly privateOrigins: readonly string[];
    /** Distance between two requests to one host, milliseconds. */
    readonly intervalMs: number;
    /** Time for one attempt from its turn to the end of the body, milliseconds. */
    readonly timeoutMs: number;
    /** Bytes of a body after decompression. */
    readonly maxBytes: number;
    /** Attempts at most; only passing trouble is tried again (HttpProblem.passing). */
    readonly attempts: number;
    /** First step of the exponential backoff between attempts, milliseconds; 500 when absent. */
    readonly backoffMs?: number;
    /** The longest Retry-After that is waited for here; beyond it the problem is thrown at once and says how long. 60 s when absent. */
    readonly patienceMs?: number;
    /** Name resolution, the system's when absent. */
    readonly resolve?: Resolve;
}

const backoffCapMs = 30_000;
const excerptLength = 2_000;
/** Whatever a server says: it is asked again tomorrow. */
const longestRestMs = 24 * 3_600_000;
/** What goes along to another origin: nothing that could be a credential. */
const conditional = ["if-none-match", "if-modified-since"];

/** HTTP client of a worker; `close` at shutdown. */
export class HttpClient {
    private readonly guard: Guard;
    private readonly pace: HostPace;
    private readonly closed = new AbortController();
    private readonly patienceMs: number;

    constructor(private readonly options: HttpClientOptions) {
        this.guard = createGuard(options.privateOrigins, options.resolve);
        this.pace = new HostPace(options.intervalMs);
        this.patienceMs = options.patienceMs ?? 60_000;
    }

    /**
     * Sends a request, again where that may help.
     * @throws HttpProblem for everything that is not a good answer.
     */
    send(request: HttpRequest): Promise<HttpAnswer> {
        return this.tryAgain(request, (signal) => this.attempt(request, signal));
    }

    /**
     * Sends a request whose answer is JSON; text that is cut off counts as passing trouble.
     * @throws HttpProblem for everything that is not JSON of a good answer.
     */
    json(request: HttpRequest): Promise<unknown> {
        const asked = { accept: ["application/json"], ...request };
        return this.tryAgain(asked, async (signal) => {
            const { text, url } = await this.attempt(asked, signal);
            try {
                return JSON.parse(text) as unknown;
            } catch (cause) {
                throw new HttpProblem("malformed", url, `not JSON, ${text.length} characters`, { cause });
            }
        });
    }

    /** Leaves the host of a URL alone for a time, for sources that say so in their own way. */
    hold(url: string, ms: number): void {
        this.pace.hold(new URL(url).host, ms);
    }

    /** Ends all requests, with HttpProblem `closed`, and closes the connections. */
    async close(): Promise<void> {
        this.closed.abort();
        await this.guard.close();
    }

    private async tryAgain<T>(request: HttpRequest, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
        const signals = [this.closed.signal, ...(request.signal === undefined ? [] : [request.signal])];
        const signal = AbortSignal.any(signals);
        try {
            return await pRetry(() => work(signal), {
                retries: this.options.attempts - 1,
                minTimeout: this.options.backoffMs ?? 500,
                maxTimeout: backoffCapMs,
                randomize: true,
                signal,
                // What a Retry-After asks for is waited for at the host's turnstile, when it is not too long.
                shouldRetry: ({ error }) =>
                    error instanceof HttpProblem && error.passing && (error.retryAfterMs ?? 0) <= this.patienceMs,
            });
        } catch (error) {
            if (error instanceof HttpProblem || !signal.aborted) throw error;
            throw new HttpProblem("closed", request.url, "given up, the request was aborted", { cause: error });
        }
    }

    /** One try, with all its redirects. */
    private async attempt(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
        let url = parse(request.url);
        let headers: Record<string, string> = { ...request.headers };
        for (let hops = 0; ; hops += 1) {
            const agent = this.guard.agentFor(url, hops === 0 || url.origin === new URL(request.url).origin);
            await this.turn(url, signal);
            const answer = await this.once(url, agent, { ...request, headers }, signal);
            if (!("location" in answer)) return answer;
            const next = parse(answer.location, url);
            const followed = request.method === "POST" ? 0 : (request.redirects ?? 0);
            if (hops >= followed || (url.protocol === "https:" && next.protocol === "http:"))
                throw new HttpProblem("refused", url, `redirected to ${withoutQuery(next)}, not followed`);
            if (next.origin !== url.origin)
                headers = Object.fromEntries(
                    Object.entries(headers).filter(([name]) => conditional.includes(name.toLowerCase())),
                );
            url = next;
        }
    }

    /** Waits for the host's turn, unless it asked for more time than anybody here waits. */
    private async turn(url: URL, signal: AbortSignal): Promise<void> {
        const waitMs = this.pace.wait(url.host);
        if (waitMs > this.patienceMs)
            throw new HttpProblem("status", url, `left alone for ${Math.ceil(waitMs / 1000)} s more, as it asked`, {
                status: 429,
                retryAfterMs: waitMs,
            });
        await this.pace.turn(url.host, signal);
    }

    private async once(
        url: URL,
        agent: Agent,
        request: HttpRequest,
        signal: AbortSignal,
    ): Promise<HttpAnswer | { location: string }> {
        const timeout = AbortSignal.timeout(this.options.timeoutMs);
        try {
            const response = await fetch(url, {
                method: request.method ?? "GET",
                headers: {
                    "user-agent": this.options.userAgent,
                    accept: request.accept?.join(", ") ?? "*/*",
                    ...request.headers,
                },
                body: request.body ?? null,
                redirect: "manual",
                dispatcher: agent,
                signal: AbortSignal.any([signal, timeout]),
            });
            return await this.judge(response, url, request);
        } catch (error) {
            throw this.problemOf(error, url, timeout, signal);
        }
    }

    private async judge(
        response: Response,
        url: URL,
        request: HttpRequest,
    ): Promise<HttpAnswer | { location: string }> {
        const { status, headers } = response;
        const location = headers.get("location");
        if ([301, 302, 303, 307, 308].includes(status) && location !== null) {
            await response.body?.cancel();
            return { location };
        }
        if (status === 304) return { status, headers, url: url.href, bytes: Buffer.alloc(0), text: "" };
        const bytes = await readBody(response, url, this.options.maxBytes);
        const contentType = headers.get("content-type");
        const text = decode(bytes, charsetOf(contentType));
        if (!response.ok) throw this.badStatus(response, url, text);
        if (request.accept !== undefined && !request.accept.includes(mediaType(contentType)))
            throw new HttpProblem(
                "content-type",
                url,
                `the answer is ${contentType ?? "of no declared type"}, expected ${request.accept.join(" or ")}`,
                { excerpt: text.slice(0, excerptLength) },
            );
        return { status, headers, url: url.href, bytes, text };
    }

    private badStatus(response: Response, url: URL, text: string): HttpProblem {
        const { status } = response;
        const retryAfterMs = retryAfter(response.headers.get("retry-after"), Date.now());
        if (retryAfterMs !== undefined) this.pace.hold(url.host, retryAfterMs);
        const wait = retryAfterMs === undefined ? "" : `, to be asked again in ${Math.ceil(retryAfterMs / 1000)} s`;
        const details = { status, excerpt: text.slice(0, excerptLength) };
        return new HttpProblem(
            "status",
            url,
            `answered ${status}${wait}`,
            retryAfterMs === undefined ? details : { ...details, retryAfterMs },
        );
    }

    private problemOf(error: unknown, url: URL, timeout: AbortSignal, signal: AbortSignal): HttpProblem {
        if (error instanceof HttpProblem) return error;
        const refusal = refusalOf(error);
        if (refusal !== undefined) return new HttpProblem("refused", url, `refused, ${refusal}`, { cause: error });
        if (signal.aborted) return new HttpProblem("closed", url, "given up, the request was aborted");
        if (timeout.aborted)
            return new HttpProblem("timeout", url, `no whole answer within ${this.options.timeoutMs} ms`);
        return new HttpProblem("network", url, words(error), { cause: error });
    }
}

function parse(text: string, base?: URL): URL {
    if (!URL.canParse(text, base?.href)) throw new HttpProblem("refused", base ?? text, "refused, not a URL");
    return new URL(text, base);
}

/** undici says `fetch failed` and hides the reason in the cause. */
function words(error: unknown): string {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return cause instanceof Error ? cause.message || String("code" in cause ? cause.code : cause.name) : String(cause);
}

/** Milliseconds of a Retry-After header: seconds or an HTTP date (RFC 9110, 10.2.3). */
export function retryAfter(header: string | null, nowMs: number): number | undefined {
    if (header === null) return undefined;
    const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs;
    return Number.isFinite(ms) ? Math.min(Math.max(0, ms), longestRestMs) : undefined;
}
