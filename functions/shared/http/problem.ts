// Why a request to somebody else's server did not bring what was asked for, in a form that callers can decide by.

/** What went wrong: `refused` is our own guard, `closed` our own shutdown, the rest is theirs or the network's. */
export type HttpProblemKind =
    "refused" | "network" | "timeout" | "status" | "content-type" | "too-large" | "malformed" | "closed";

/** What is known of a failed request beside the words. */
export interface HttpProblemDetails {
    /** HTTP status, where there was an answer. */
    status?: number;
    /** How long the server asked to be left alone, milliseconds. */
    retryAfterMs?: number;
    /** Beginning of the answer's text. Kept out of the message: servers echo what they were sent, keys included. */
    excerpt?: string;
    cause?: unknown;
}

/** Statuses that may pass by themselves: too early, too often, or the server's own trouble. */
const passingStatus = (status: number): boolean => [408, 425, 429].includes(status) || status >= 500;

/** A request that failed; the message names the place without its query, where keys may be. */
export class HttpProblem extends Error {
    override readonly name = "HttpProblem";
    readonly status: number | undefined;
    readonly retryAfterMs: number | undefined;
    readonly excerpt: string | undefined;

    constructor(
        readonly kind: HttpProblemKind,
        place: URL | string,
        words: string,
        { status, retryAfterMs, excerpt, cause }: HttpProblemDetails = {},
    ) {
        super(`${withoutQuery(place)}: ${words}`, { cause });
        this.status = status;
        this.retryAfterMs = retryAfterMs;
        this.excerpt = excerpt;
    }

    /** Whether the same request may succeed later. */
    get passing(): boolean {
        if (this.kind === "status") return passingStatus(this.status ?? 0);
        return this.kind === "network" || this.kind === "timeout" || this.kind === "malformed";
    }
}

/** A URL as it may be logged: no user, no query, no fragment. */
export function withoutQuery(place: URL | string): string {
    if (typeof place === "string" && !URL.canParse(place)) return "(not a URL)";
    const { origin, pathname } = new URL(place);
    return `${origin}${pathname}`;
}
