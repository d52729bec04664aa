// A post on its way: as a source brings it, and as the event that is stored.
import { createHash } from "node:crypto";
import { type Event } from "../../schema";
import { socialPosts } from "../../schema/facts/socialPosts";
import { type Link } from "./linking/linker";
import { textHash } from "./text";

/** An event of social_posts. */
export type Post = Event<typeof socialPosts>;

/** What a source brings: texts are plain (no markup, nothing invisible, bounded). */
export interface FoundPost {
    /** Id in its source; any length. */
    readonly id: string;
    readonly publishedAt: Date;
    readonly title: string | undefined;
    readonly body: string;
    readonly author: string | undefined;
    readonly url: string | undefined;
    /** ISO 639-1. */
    readonly language: string | undefined;
}

/** Where posts come from; see functions/sentiment/feeds for one. */
export interface Origin {
    /** Name of the network or feed: the column `source`. */
    readonly name: string;
    readonly class: Post["source_class"];
}

/** Longer ids are replaced by their hash: an id is copied into every row's key. */
const maxIdLength = 200;

const boundedId = (id: string): string =>
    id.length <= maxIdLength ? id : createHash("sha256").update(id).digest("hex");

/** The events of a post, one for each token it speaks of; all that differs between two readings of the same entry is left out of them. */
export function postEvents(origin: Origin, found: FoundPost, links: readonly Link[]): Post[] {
    const hash = textHash(found.title, found.body);
    return links.map(({ token, confidence }) => {
        const event = {
            event_time: found.publishedAt.toISOString(),
            source_id: `sentiment/${origin.name}`,
            source_seq: null,
            origin: "live" as const,
            run_id: null,
            original_time: null,
            post_id: boundedId(found.id),
            source: origin.name,
            source_class: origin.class,
            author: found.author ?? null,
            author_followers: null,
            language: found.language ?? null,
            title: found.title ?? null,
            body: found.body,
            url: found.url ?? null,
            text_hash: hash,
            token,
            link_confidence: confidence.toFixed(2),
        };
        return { event_id: socialPosts.eventId(event), ...event };
    });
}

/** Title and body as one text. */
export const fullText = (post: { title?: string | null | undefined; body: string }): string =>
    post.title === null || post.title === undefined || post.title === "" ? post.body : `${post.title}\n${post.body}`;
