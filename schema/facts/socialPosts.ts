// Posts and news articles, stored before anything scores them.
import { decimal, fact, integer, label, oneOf, optional, text } from "../dsl";

export const socialPosts = fact("social_posts", {
    description: "Post or article that mentions tokens",
    columns: {
        post_id: text("Id of the post in its source"),
        source: label("Network or feed, e.g. coindesk-rss"),
        source_class: oneOf(["news", "social", "forum", "blog", "official"], "Class of the source"),
        author: optional(text("Author as the source names it", { personal: true })),
        author_followers: optional(integer("Followers of the author when posted")),
        language: optional(label("ISO 639-1 language")),
        title: optional(text("Title", { codec: "ZSTD(3)" })),
        body: text("Text with markup removed", { codec: "ZSTD(3)" }),
        url: optional(text("Link to the original")),
        text_hash: text("Hash of the normalised text: the same text twice is one post"),
        token: label("Token the text speaks of; one row per token"),
        link_confidence: decimal("How sure the link to the token is, 0 to 1", 4, 3),
    },
    identity: ["source", "post_id", "token"],
    entity: ["token", "source"],
    key: ["token"],
    // Dozens of feeds: half a day without a post is a crawler that does not work.
    staleAfterMinutes: 720,
    pace: "relaxed",
});
