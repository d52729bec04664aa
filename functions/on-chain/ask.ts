// One question to an API: sent, judged by the API's own words as well as by HTTP's, and asked again where that may help.
import pRetry from "p-retry";
import { type HttpClient, type HttpRequest } from "../shared/http/client";
import { HttpProblem, withoutQuery } from "../shared/http/problem";

/** passing: the same question may be answered soon; too-large: a smaller one may; lasting: left for the next round, or a person. */
export type ApiProblemKind = "passing" | "too-large" | "lasting";

/** An API did not give what it was asked for. The message holds no URL and no key. */
export class ApiProblem extends Error {
    override readonly name = "ApiProblem";

    /** @param holdMs how long the API wants to be left alone */
    constructor(
        readonly kind: ApiProblemKind,
        message: string,
        readonly holdMs = 0,
    ) {
        super(message);
    }
}

/** An API and the way to it. */
export interface Endpoint {
    /** For messages, e.g. etherscan. */
    readonly name: string;
    readonly url: string;
    readonly client: HttpClient;
    /** Texts that must not appear in messages: keys, and parts of the URL that may hold one. */
    readonly secrets: readonly string[];
    /** Ends the waiting between attempts. */
    readonly signal: AbortSignal;
    /** First step of the exponential backoff between attempts, milliseconds; 500 when absent. */
    readonly backoffMs?: number;
    /** Hears how each question ended. */
    readonly count: (outcome: "answered" | "failed") => void;
}

const attempts = 5;
const retryCapMs = 30_000;

/** The text without what must not be shown. */
export const redact = (text: string, secrets: readonly string[]): string =>
    secrets.filter((secret) => secret !== "").reduce((shown, secret) => shown.replaceAll(secret, "[key]"), text);

function problemOf(error: unknown, { name, secrets }: Endpoint, url: string): unknown {
    if (error instanceof SyntaxError) return new ApiProblem("passing", `${name}: the answer is not whole JSON`);
    if (error instanceof ApiProblem) return new ApiProblem(error.kind, redact(error.message, secrets), error.holdMs);
    if (!(error instanceof HttpProblem)) return error;
    const place = `${withoutQuery(url)}: `;
    const words = error.message.startsWith(place) ? error.message.slice(place.length) : error.message;
    // Passing trouble of HTTP was tried again by the client; here it is given up for this round.
    const kind = error.kind === "too-large" ? "too-large" : "lasting";
    return new ApiProblem(kind, `${name}: ${redact(words, secrets)}`);
}

/**
 * Asks until there is an answer `read` accepts.
 * @param read makes the answer of the text, or throws an ApiProblem; JSON that cannot be parsed counts as passing trouble
 * @throws ApiProblem
 */
export async function ask<T>(endpoint: Endpoint, request: HttpRequest, read: (text: string) => T): Promise<T> {
    const once = async (): Promise<T> => {
        try {
            const { text } = await endpoint.client.send({
                ...request,
                accept: ["application/json"],
                signal: endpoint.signal,
            });
            const answer = read(text);
            endpoint.count("answered");
            return answer;
        } catch (error) {
            endpoint.count("failed");
            if (error instanceof ApiProblem && error.holdMs > 0) endpoint.client.hold(endpoint.url, error.holdMs);
            throw problemOf(error, endpoint, request.url);
        }
    };
    return pRetry(once, {
        retries: attempts - 1,
        minTimeout: endpoint.backoffMs ?? 500,
        maxTimeout: retryCapMs,
        randomize: true,
        signal: endpoint.signal,
        shouldRetry: ({ error }) => error instanceof ApiProblem && error.kind === "passing",
    });
}
