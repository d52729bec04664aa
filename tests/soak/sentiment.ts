// The soak of the sentiment worker: posts come by a feed and straight into Kafka while the worker is killed (-9) in the middle of what it does; then
// the facts are counted against what was posted.
import { setTimeout as pause } from "node:timers/promises";
import { socialPosts } from "../../schema/facts/socialPosts";
import { textHash } from "../../functions/sentiment/text";
import { seeded } from "../bench/samples";
import { FakeFeed } from "../support/fakes/feed";
import { FakeOpenAi } from "../support/fakes/openai";
import { removeFolder, temporaryFolder, until } from "../support/processes";
import { SentimentWorker } from "../support/sentiment";
import { type TestStack } from "../support/stack";

/** Posts of each way between two kills. */
const postsPerRound = 12;
/** Every so many posts of the feed say what another one said. */
const repeatEvery = 6;
const settleMs = 180_000;
/** The longest wait for a moment to kill in: a new member waits for the killed one's session to end. */
const momentMs = 30_000;
const tokens = ["BTC", "ETH", "SOL", "XRP", "DOGE"] as const;
const moods = ["surges to a record", "crashes after a hack", "holds a conference"] as const;

/** What the worker is in the middle of when it is killed. */
const moments = ["reading the feed", "asking the model", "whatever"] as const;

export interface SentimentSoakOptions {
    kills: number;
    seed: number;
    /** Told of each kill. */
    say: (line: string) => void;
}

/** What came of it; `lost` and `doubled` are after deduplication, as rules and dashboards read. */
export interface SentimentSoakReport {
    /** Texts times tokens that must each be one row. */
    posts: number;
    kills: Record<string, number>;
    lost: number;
    doubled: number;
    /** Scores that must be there, one a post and model, and are not. */
    scoresLost: number;
    scoresDoubled: number;
    /** Rows that came more than once on the wire. */
    rawDuplicates: number;
    modelCalls: number;
    seconds: number;
}

/** What is posted, and what must come of it. */
class Ledger {
    /** `text hash|token`. */
    readonly expected = new Set<string>();
    private serial = 0;
    private readonly texts: { title: string; body: string }[] = [];

    constructor(
        private readonly run: string,
        private readonly random: () => number,
    ) {}

    /** The next post's id and text; a repeated text is spelt otherwise. */
    next(mayRepeat: boolean): { id: string; title: string; body: string; token: string } {
        this.serial += 1;
        const old = this.texts[Math.floor(this.random() * this.texts.length)];
        const token = this.pick(tokens);
        const repeat = mayRepeat && old !== undefined && this.serial % repeatEvery === 0;
        const fresh = { title: `${token} ${this.pick(moods)}`, body: `Number ${this.serial} of ${this.run}` };
        const { title, body } = repeat ? { title: old.title.toUpperCase(), body: `${old.body}!` } : fresh;
        if (!repeat && mayRepeat) this.texts.push(fresh);
        const named = tokens.find((one) => title.startsWith(one)) ?? token;
        this.expected.add(`${textHash(title, body)}|${named}`);
        return { id: `p${this.serial}`, title, body, token: named };
    }

    private pick<T>(from: readonly [T, ...T[]]): T {
        return from[Math.floor(this.random() * from.length)] ?? from[0];
    }
}

/** The soak with its servers and its worker. */
class SentimentSoak {
    readonly feed = new FakeFeed();
    readonly model = new FakeOpenAi("soak-key");
    private readonly folder = temporaryFolder("sentiment-soak");
    private readonly ledger: Ledger;
    readonly names: { feed: string; pushed: string; model: string };
    private worker: SentimentWorker | undefined;

    constructor(
        private readonly stack: TestStack,
        run: string,
        private readonly random: () => number,
    ) {
        this.names = { feed: `feed-${run}`, pushed: `pushed-${run}`, model: `model-${run}` };
        this.ledger = new Ledger(run, random);
    }

    async start(): Promise<void> {
        await this.feed.start();
        await this.model.start();
    }

    async stop(): Promise<void> {
        await this.worker?.stop();
        await Promise.all([this.feed.stop(), this.model.stop()]);
        removeFolder(this.folder);
    }

    async startWorker(): Promise<void> {
        const { stack, feed, model, names } = this;
        this.worker = await SentimentWorker.start({
            KAFKA_BROKERS: stack.brokers,
            CLICKHOUSE_URL: stack.clickhouseUrl,
            DATA_DIR: this.folder,
            FEEDS: JSON.stringify([{ name: names.feed, class: "news", url: feed.url }]),
            FEED_INTERVAL_S: "0.3",
            OPENAI_API_KEY: "soak-key",
            OPENAI_BASE_URL: model.url,
            OPENAI_MODEL: names.model,
            OPENAI_DAILY_TOKENS: "1000000000",
            HTTP_PRIVATE_ORIGINS: `${feed.server.origin},${model.server.origin}`,
        });
    }

    /** Posts some: entries of the feed, and events that Kafka acknowledges. */
    async post(): Promise<void> {
        const at = new Date();
        for (let n = 0; n < postsPerRound; n += 1) {
            const { id, title, body } = this.ledger.next(true);
            this.feed.add({ guid: id, title, description: body, at });
        }
        const messages = Array.from({ length: postsPerRound }, () => {
            const { id, title, body, token } = this.ledger.next(false);
            const event = {
                ...{
                    event_time: at.toISOString(),
                    source_id: "soak",
                    origin: "synthetic",
                    post_id: id,
                    title,
                    body,
                    token,
                },
                ...{ source: this.names.pushed, source_class: "social", link_confidence: "1" },
                text_hash: textHash(title, body),
            };
            return { key: token, value: JSON.stringify({ event_id: socialPosts.eventId(event), ...event }) };
        });
        const producer = await this.stack.producer();
        await producer.send({ topic: socialPosts.topic.name, acks: -1, messages });
        await producer.disconnect();
    }

    /** Kills in the middle of something; resolves with what it was. */
    async kill(): Promise<string> {
        const wanted = moments[Math.floor(this.random() * moments.length)] ?? "whatever";
        const server = wanted === "asking the model" ? this.model.server : this.feed.server;
        const before = server.requests.length;
        const began = Date.now();
        const random = wanted === "whatever" ? this.random() * momentMs * 0.4 : momentMs;
        while (Date.now() - began < random && (wanted === "whatever" || server.requests.length === before))
            await pause(2);
        await pause(this.random() * 40);
        await this.worker?.kill9();
        return Date.now() - began < momentMs ? wanted : "whatever";
    }

    private get sources(): Record<string, unknown> {
        return { sources: [this.names.feed, this.names.pushed], models: ["lexicon", this.names.model] };
    }

    private async counts(query: string): Promise<number> {
        const [row] = await this.stack.rows<{ n: number }>(query, this.sources);
        return row?.n ?? 0;
    }

    /** Waits until all is there, or for as long as it may take. */
    async settle(say: (line: string) => void): Promise<void> {
        const scores = `SELECT uniqExact(event_id) AS n FROM facts.sentiment_scores WHERE source IN {sources:Array(String)} AND model IN {models:Array(String)}`;
        const all = this.ledger.expected.size * 2;
        await until("every score", async () => (await this.counts(scores)) >= all, settleMs).catch(() =>
            say("not every score came"),
        );
        for (const fact of ["social_posts", "sentiment_scores"])
            await until(`the rest of ${fact} is read`, async () => (await this.stack.lag(fact)) === 0, settleMs);
    }

    async report(): Promise<Omit<SentimentSoakReport, "kills" | "seconds">> {
        const own = "source IN {sources:Array(String)}";
        const rows = await this.stack.rows<{ id: string }>(
            `SELECT concat(text_hash, '|', token) AS id FROM trading.social_posts WHERE ${own}`,
            this.sources,
        );
        const found = new Set(rows.map(({ id }) => id));
        const scored = `${own} AND model IN {models:Array(String)}`;
        const distinct = await this.counts(
            `SELECT uniqExact(source, post_id, token, model) AS n FROM trading.sentiment_scores WHERE ${scored}`,
        );
        const read = await this.counts(`SELECT count() AS n FROM trading.sentiment_scores WHERE ${scored}`);
        const raw = await this.counts(
            `SELECT (SELECT count() FROM facts.social_posts WHERE ${own}) + (SELECT count() FROM facts.sentiment_scores WHERE ${scored}) AS n`,
        );
        return {
            posts: this.ledger.expected.size,
            lost: [...this.ledger.expected].filter((id) => !found.has(id)).length,
            doubled: rows.length - found.size,
            scoresLost: rows.length * 2 - distinct,
            scoresDoubled: read - distinct,
            rawDuplicates: raw - rows.length - read,
            modelCalls: this.model.asked.length,
        };
    }
}

/** Runs the soak on a stack; its worker is one of its own, beside the stack's. */
export async function soakSentiment(
    stack: TestStack,
    { kills, seed, say }: SentimentSoakOptions,
): Promise<SentimentSoakReport> {
    const began = Date.now();
    const soak = new SentimentSoak(stack, `${began.toString(36)}-${String(seed)}`, seeded(seed));
    const killed: Record<string, number> = {};
    await soak.start();
    try {
        for (let n = 0; n < kills; n += 1) {
            await soak.startWorker();
            await soak.post();
            const moment = await soak.kill();
            killed[moment] = (killed[moment] ?? 0) + 1;
            say(`kill -9 ${String(n + 1)} of ${String(kills)}: sentiment, ${moment}`);
        }
        await soak.post();
        await soak.startWorker();
        await soak.settle(say);
        return { ...(await soak.report()), kills: killed, seconds: Math.round((Date.now() - began) / 1000) };
    } finally {
        await soak.stop();
    }
}
