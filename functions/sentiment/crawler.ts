// The crawler: looks at every source in its own rhythm and stores each new text once, whatever post brings it first.
import { LRUCache } from "lru-cache";
import { type z } from "zod";
import { socialPosts } from "../../schema/facts/socialPosts";
import { pause } from "../shared/backoff";
import { type Logger } from "../shared/log";
import { type StateFile } from "../shared/stateFile";
import { type Delivery, Undelivered } from "./delivery";
import { type Facts, type StoredPost } from "./facts";
import { type memories, type PostSource } from "./feeds/source";
import { type Linker } from "./linking/linker";
import { type CrawlerMetrics } from "./metrics";
import { type FoundPost, fullText, type Origin, type Post, postEvents } from "./post";

/** Texts remembered by this process; older ones are asked of the facts. */
const rememberedTexts = 50_000;
/** Looks are spread by a tenth, so that sources do not all come at once. */
const spread = 0.1;

export interface CrawlerOptions {
    readonly sources: readonly PostSource[];
    readonly linker: Linker;
    readonly facts: Pick<Facts, "postsOf">;
    /** Resolves when the facts hold everything that was published before this process began. */
    readonly caughtUp: (signal: AbortSignal) => Promise<void>;
    readonly delivery: Pick<Delivery, "deliver">;
    readonly state: StateFile<z.output<typeof memories>>;
    /** Pause between two looks at a source, milliseconds. */
    readonly intervalMs: number;
    readonly metrics: CrawlerMetrics;
    readonly log: Logger;
}

/** Looks at the sources until it is stopped. */
export class Crawler {
    private readonly stopped = new AbortController();
    private readonly texts = new LRUCache<string, true>({ max: rememberedTexts });
    private readonly failures = new Map<string, string>();
    private memories: z.output<typeof memories> = {};
    private waiting = true;
    private running: Promise<unknown> = Promise.resolve();
    /** Posts are judged new and stored in one turn: two sources may bring the same text at the same moment. */
    private line: Promise<unknown> = Promise.resolve();

    constructor(private readonly options: CrawlerOptions) {}

    /** For the health page: sources that cannot be read, or that it has not begun. */
    readonly problem = (): string | undefined => {
        if (this.waiting) return "waits until the facts hold every post published before its start";
        return this.failures.size === 0 ? undefined : [...this.failures.values()].join("; ");
    };

    /**
     * Begins.
     * @throws Error when the state of an earlier run cannot be read.
     */
    async start(): Promise<void> {
        this.memories = (await this.options.state.load()) ?? {};
        const { signal } = this.stopped;
        const ready = this.options.caughtUp(signal).then(() => {
            this.waiting = false;
        });
        this.running = ready.then(() => Promise.all(this.options.sources.map((source) => this.follow(source))));
    }

    async stop(): Promise<void> {
        this.stopped.abort();
        await this.running;
    }

    private async follow(source: PostSource): Promise<void> {
        const { intervalMs, log, metrics } = this.options;
        const { signal } = this.stopped;
        while (!signal.aborted) {
            try {
                await this.visit(source);
                metrics.looked(source.name, "ok");
                this.failures.delete(source.name);
            } catch (error) {
                if (this.stopped.signal.aborted || error instanceof Undelivered) return;
                const why = error instanceof Error ? error.message : String(error);
                metrics.looked(source.name, "failed");
                if (this.failures.get(source.name) !== why)
                    log.warn({ source: source.name, why }, "a source cannot be read; it is tried again");
                this.failures.set(source.name, why);
            }
            await pause(intervalMs * (1 + (Math.random() - 0.5) * spread), signal);
        }
    }

    private async visit(source: PostSource): Promise<void> {
        const { posts, memory, skipped } = await source.look(this.memories[source.name] ?? {}, this.stopped.signal);
        for (const [reason, count] of Object.entries(skipped)) this.options.metrics.skipped(source.name, reason, count);
        const turn = this.line.then(() => this.store(source, posts));
        this.line = turn.catch(() => undefined);
        await turn;
        // Only now: a memory that outlived its posts would lose them.
        this.memories = { ...this.memories, [source.name]: memory };
        await this.options.state.save(this.memories);
    }

    private async store(source: Origin, posts: readonly FoundPost[]): Promise<void> {
        const events = posts.map((post) => postEvents(source, post, this.options.linker.link(fullText(post))));
        const unseen = this.unseen(source, events);
        if (unseen.size === 0) return;
        const stored = await this.options.facts.postsOf([...unseen.keys()]);
        const fresh = [...unseen].flatMap(([hash, rows]) => this.missing(source, rows, stored.get(hash)));
        await this.options.delivery.deliver(socialPosts, fresh);
        for (const hash of unseen.keys()) this.texts.set(hash, true);
        this.options.metrics.published(source.name, fresh.length);
    }

    /** The first post of each text this process has not met, by the text's hash. */
    private unseen(source: Origin, posts: readonly (readonly Post[])[]): Map<string, readonly Post[]> {
        const unseen = new Map<string, readonly Post[]>();
        for (const rows of posts) {
            const hash = rows[0]?.text_hash;
            if (hash === undefined) this.options.metrics.skipped(source.name, "no token", 1);
            else if (!this.texts.has(hash) && !unseen.has(hash)) unseen.set(hash, rows);
        }
        return unseen;
    }

    /** What is not stored of a post: all of a new one, nothing of another post's text, the rest of one that was cut off by a crash. */
    private missing(source: Origin, rows: readonly Post[], stored: StoredPost | undefined): readonly Post[] {
        if (stored === undefined) return rows;
        const same = stored.source === source.name && stored.post_id === rows[0]?.post_id;
        if (!same) this.options.metrics.skipped(source.name, "same text", 1);
        return same ? rows.filter(({ token }) => !stored.tokens.includes(token)) : [];
    }
}
