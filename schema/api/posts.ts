// A post as another network pushes it: the gateway makes it plain text, finds the tokens it speaks of, and stores one row for each of them.
import { z } from "zod";
import { timePattern } from "../dsl";
import { socialPosts } from "../facts/socialPosts";

const { source_class: sourceClass, author_followers: followers } = socialPosts.own;
const bounded = (length: number, what: string) => z.string().min(1).max(length).describe(what);

/** One pushed post. */
export const pushedPost = z.strictObject({
    source: z
        .string()
        .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, "must be lower-case letters, digits, ., _ and -")
        .describe("Network or feed, e.g. reddit-cryptocurrency"),
    source_class: sourceClass.validator.describe(sourceClass.description),
    post_id: bounded(2048, "Id of the post in its source; a resend carries the same one"),
    event_time: z
        .string()
        .regex(new RegExp(timePattern), "not a UTC time like 2026-11-22T14:40:00.123Z")
        .describe("When it was posted"),
    title: z.string().optional().describe("Title; markup is removed"),
    body: z.string().describe("Text; markup is removed, and what is very long is cut"),
    author: bounded(200, "Author as the source names it").optional(),
    author_followers: followers.validator.optional().describe(followers.description),
    language: bounded(10, "ISO 639-1 language").optional(),
    url: z
        .url({ protocol: /^https?$/ })
        .max(2048)
        .optional()
        .describe("Link to the original"),
});

export type PushedPost = z.output<typeof pushedPost>;
