// What the crawler knows of where posts come from: any network that can be asked becomes a source by this interface.
import { z } from "zod";
import { type FoundPost, type Origin } from "../post";

/** What a source remembers between two looks, e.g. the ETag of its feed; kept across restarts. */
export type Memory = Readonly<Record<string, string>>;

/** The memories of all sources, by name, as they are saved. */
export const memories = z.record(z.string(), z.record(z.string(), z.string()));

/** What a look at a source brought. */
export interface Look {
    readonly posts: readonly FoundPost[];
    /** To be given to the next look, once all posts are stored. */
    readonly memory: Memory;
    /** Entries that are no posts, by reason. */
    readonly skipped: Readonly<Record<string, number>>;
}

/** A source of posts. */
export interface PostSource extends Origin {
    /**
     * Looks for posts; those of earlier looks may come again.
     * @throws Error in words a person can act on; it is tried again at the next look.
     */
    look(memory: Memory, signal: AbortSignal): Promise<Look>;
}
