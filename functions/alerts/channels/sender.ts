// Sends messages to one target, once each time it is asked, and says what came of it. Connections go to public addresses only, redirects are not followed.
import { HttpClient, type HttpClientOptions } from "../../shared/http/client";
import { HttpProblem, withoutQuery } from "../../shared/http/problem";
import { type Message, type Outcome } from "../core/model";
import { type Channel } from "./channel";
import { type FieldName } from "../../../schema/detection";
import { contentOf, type Pseudonym } from "./content";
import { shorten, visible } from "./text";

/** Whoever takes longer is asked again later. */
const timeoutMs = 5_000;
/** Nobody has more to say about a message. */
const answerBytes = 64 * 1_024;

/** How requests of alerts are made. */
export const clientOptions = (privateOrigins: readonly string[]): HttpClientOptions => ({
    ...{ userAgent: "trading-monitoring-alerts", privateOrigins, intervalMs: 0, timeoutMs, maxBytes: answerBytes },
    // When it is tried again is for the lane to say.
    attempts: 1,
});

/** What a target may be told of, and how. */
export interface SenderOptions {
    readonly channel: Channel;
    readonly fields: readonly FieldName[];
    readonly pseudonym: Pseudonym;
    readonly http: HttpClientOptions;
}

/** One target's sender; `close` at shutdown. */
export class Sender {
    /** Of its own: one target that asks to be left alone says nothing about another one on the same host. */
    private readonly client: HttpClient;

    constructor(private readonly options: SenderOptions) {
        this.client = new HttpClient(options.http);
    }

    /** Sends a message; rejects never. */
    async send(message: Message, now: number): Promise<Outcome> {
        const { channel, fields, pseudonym } = this.options;
        const request = channel.request(message, contentOf(message, fields, pseudonym), now);
        try {
            const answer = await this.client.send(request);
            return channel.judge?.(answer) ?? { kind: "accepted", status: answer.status };
        } catch (error) {
            if (error instanceof HttpProblem) return outcomeOf(error, channel, request.url);
            return { kind: "passing", status: 0, error: "the request could not be made" };
        }
    }

    close(): Promise<void> {
        return this.client.close();
    }
}

/**
 * Standard Webhooks 1.0, "Deliverability and reliability": 2xx is success, redirects are failures, 410 ends the endpoint, 429, 502 and 504 mean too much, Retry-After
 * counts. What else a client has done wrong (4xx) it would do wrong again.
 */
function outcomeOf(problem: HttpProblem, channel: Channel, url: string): Outcome {
    const status = problem.status ?? 0;
    const words = channel.words?.(problem);
    const said = words === undefined ? "" : `: ${shorten(visible(words), 200)}`;
    const error = `${withoutAddress(problem, url)}${said}`;
    if (status === 410)
        return {
            kind: "gone",
            status,
            error: `${error}; nothing is sent there until a message is replayed or the worker restarted`,
        };
    if (channel.follows?.(problem) === true) return { kind: "passing", status, error, retryAfterMs: 0 };
    if (!problem.passing && problem.kind !== "closed") return { kind: "refused", status, error };
    const retryAfterMs = problem.retryAfterMs ?? channel.retryAfter?.(problem);
    return { kind: "passing", status, error, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** The path of a webhook is its password, so an error is written down without it. */
function withoutAddress({ message, kind }: HttpProblem, url: string): string {
    const place = withoutQuery(url);
    const words = message.startsWith(`${place}: `) ? message.slice(place.length + 2) : kind;
    const { pathname } = URL.canParse(url) ? new URL(url) : { pathname: "" };
    return pathname.length > 1 && words.includes(pathname) ? kind : words;
}
