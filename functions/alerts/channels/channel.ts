// What a channel is: how it writes a message, and what it makes of the answer.
import { type HttpAnswer, type HttpRequest } from "../../shared/http/client";
import { type HttpProblem } from "../../shared/http/problem";
import { type BucketSize, type Message, type Outcome } from "../core/model";
import { type Content } from "./content";

/** A way to one target. */
export interface Channel {
    /** How often it may be written to where the target's settings do not say otherwise. */
    readonly bucket: BucketSize;
    /** The request that carries a message; `now` is the time of the attempt, ms. */
    request(message: Message, content: Content, now: number): HttpRequest;
    /** What an answer of 2xx means; accepted where absent. */
    judge?(answer: HttpAnswer): Outcome;
    /** Milliseconds for which the target asks to be left alone in its own words; a Retry-After header is known already. */
    retryAfter?(problem: HttpProblem): number | undefined;
    /** Whether the target has moved, and the channel writes to its new place from now on: the same message is sent there at once. */
    follows?(problem: HttpProblem): boolean;
    /** The target's own word for what was wrong, if it is harmless to write down. */
    words?(problem: HttpProblem): string | undefined;
}

/** The request of JSON. */
export const posted = (url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpRequest => ({
    url,
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
});
