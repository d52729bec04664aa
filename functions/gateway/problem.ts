// A request of which nothing is stored: thrown anywhere, answered as problem+json (RFC 9457).
import { type Problem } from "../../schema/api";

const titles: Record<number, string> = {
    400: "Bad request",
    401: "Unknown key",
    403: "Not allowed",
    404: "Not found",
    408: "Too slow",
    413: "Too large",
    415: "Content type not taken",
    429: "Too many requests",
    500: "Internal error",
    503: "Come back later",
};

/** Ends a request with a status and words for whoever sent it. */
export class RequestError extends Error {
    override readonly name = "RequestError";

    /**
     * @param detail what is wrong, what was found, what to do
     * @param headers further headers of the answer
     */
    constructor(
        readonly statusCode: number,
        readonly detail: string,
        readonly headers: Readonly<Record<string, string>> = {},
    ) {
        super(detail);
    }
}

/** Seconds after which a producer should come back: Kafka restarts in about four. */
const comeBackSeconds = 2;

/** For what passes by itself: Kafka away, or too much under way. */
export const comeBack = (detail: string): RequestError =>
    new RequestError(503, detail, { "retry-after": String(comeBackSeconds) });

/** The answer's body. */
export const problemOf = (status: number, detail: string): Problem => ({
    title: titles[status] ?? "Request failed",
    status,
    detail,
});
