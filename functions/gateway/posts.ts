// POST /v1/posts: posts that other networks push, in as many rows as they speak of tokens, made by the same hands as the crawler's.
import { type PushedPost, pushedPost } from "../../schema/api";
import { type Linker } from "../sentiment/linking/linker";
import { type FoundPost, fullText, postEvents } from "../sentiment/post";
import { plainText } from "../sentiment/text";
import { faulty, type Judge, objectIn, type Sound, type Verdict } from "./judge";
import { type Line } from "./lines";

/** Judges pushed posts for one producer. */
export class PostJudge {
    /** @param judge judges rows of social_posts for the same producer */
    constructor(
        private readonly judge: Judge,
        private readonly linker: Linker,
        private readonly producer: string,
    ) {}

    /** One post as it came; sound when it speaks of a token at least. */
    line(line: Line): Verdict {
        const found = objectIn(line);
        if ("fault" in found) return found;
        const parsed = pushedPost.safeParse(found.given);
        if (parsed.success) return this.post(parsed.data);
        const words = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
        return faulty("fields", null, ...words);
    }

    private post(post: PushedPost): Verdict {
        const plain = foundPost(post);
        if (Number.isNaN(plain.publishedAt.getTime()))
            return faulty("fields", null, `event_time: no such day, found ${post.event_time}`);
        if (plain.body === "") return faulty("fields", null, "body: holds no text beside markup");
        const links = this.linker.link(fullText(plain));
        if (links.length === 0) return faulty("token", null, "speaks of no token that is known here");
        const verdicts = postEvents({ name: post.source, class: post.source_class }, plain, links).map((row) =>
            this.judge.event({ ...row, source_id: this.producer, author_followers: post.author_followers ?? null }),
        );
        const bad = verdicts.find((verdict) => "fault" in verdict);
        if (bad !== undefined) return bad;
        return { eventId: null, messages: verdicts.flatMap((verdict) => (verdict as Sound).messages) };
    }
}

function foundPost(post: PushedPost): FoundPost {
    const title = plainText(post.title ?? "");
    return {
        id: post.post_id,
        publishedAt: new Date(post.event_time),
        title: title === "" ? undefined : title,
        body: plainText(post.body),
        author: post.author,
        url: post.url,
        language: post.language,
    };
}
