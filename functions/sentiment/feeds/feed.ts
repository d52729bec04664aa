// One RSS or Atom feed as a source of posts: asked politely, and only for what is new since the last time.
import { type HttpAnswer, type HttpClient } from "../../shared/http/client";
import { type FoundPost, type Origin } from "../post";
import { type Look, type Memory, type PostSource } from "./source";
import { declaredEncoding, readFeed } from "./parse";
import { type Robots } from "./robots";

/** What feeds are served as. */
const feedTypes = [
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/xml",
    "text/xml",
    "application/x-rss+xml",
];
const redirects = 5;

/** A feed of the configuration. */
export interface FeedConfig extends Origin {
    readonly url: string;
}

/** Older entries are history: too late for monitoring, and beyond the time texts are compared over (see seen.ts). */
export const maxAgeDays = 7;
/** Clocks differ; an entry further ahead than this has a date of its own invention. */
const maxAheadMs = 3_600_000;

/** PostSource of a feed. */
export class Feed implements PostSource {
    readonly name: string;
    readonly class: Origin["class"];

    constructor(
        private readonly config: FeedConfig,
        private readonly http: HttpClient,
        private readonly robots: Robots,
        private readonly now: () => number = Date.now,
    ) {
        this.name = config.name;
        this.class = config.class;
    }

    async look(memory: Memory, signal: AbortSignal): Promise<Look> {
        const { url } = this.config;
        const { allowed, delayMs } = await this.robots.allows(url, signal);
        if (!allowed) throw new Error(`${url}: the site's robots.txt does not allow it; take the feed out of FEEDS`);
        if (delayMs > 0) this.http.hold(url, delayMs);
        const answer = await this.http.send({ url, accept: feedTypes, headers: conditions(memory), redirects, signal });
        if (answer.status === 304) return { posts: [], memory, skipped: {} };
        const { posts, skipped } = readFeed(textOf(answer), answer.url);
        const recent = posts.filter((post) => this.isRecent(post));
        const outOfTime = posts.length - recent.length;
        return {
            posts: recent,
            memory: validators(answer),
            skipped: outOfTime === 0 ? skipped : { ...skipped, "out of time": outOfTime },
        };
    }

    private isRecent({ publishedAt }: FoundPost): boolean {
        const age = this.now() - publishedAt.getTime();
        return age <= maxAgeDays * 24 * 3_600_000 && age >= -maxAheadMs;
    }
}

function conditions({ etag, lastModified }: Memory): Record<string, string> {
    return {
        ...(etag === undefined ? {} : { "if-none-match": etag }),
        ...(lastModified === undefined ? {} : { "if-modified-since": lastModified }),
    };
}

function validators({ headers }: HttpAnswer): Memory {
    const [etag, lastModified] = [headers.get("etag"), headers.get("last-modified")];
    return { ...(etag === null ? {} : { etag }), ...(lastModified === null ? {} : { lastModified }) };
}

/** By the charset of the content-type, else by the XML declaration's encoding, else UTF-8. */
function textOf(answer: HttpAnswer): string {
    if (/charset/iu.test(answer.headers.get("content-type") ?? "")) return answer.text;
    const encoding = declaredEncoding(answer.bytes);
    try {
        return encoding === undefined ? answer.text : new TextDecoder(encoding).decode(answer.bytes);
    } catch {
        return answer.text;
    }
}
