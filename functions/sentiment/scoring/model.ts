// Sentiment by a large language model: what was judged before is not asked again, what is asked stays within the budget, and a server in
// trouble is left alone for a while.
import { BrokenCircuitError, circuitBreaker, ConsecutiveBreaker, handleType } from "cockatiel";
import { LRUCache } from "lru-cache";
import { type Logger } from "../../shared/log";
import { type Facts } from "../facts";
import { type ScoringMetrics } from "../metrics";
import { type Post } from "../post";
import { textHash } from "../text";
import { type DailyBudget } from "./budget";
import { type Chat, maxAnswerTokens, ServerTrouble, UselessAnswer } from "./chat";
import { instructions, promptVersion, question, readAnswer } from "./prompt";
import { type Judgement, NotNow, type Scorer } from "./scorer";

/** Calls in a row that fail before the server is left alone, each tried several times by the HTTP client. */
const failures = 3;
/** How long it is left alone, milliseconds. */
const restMs = 30_000;
/** Pause after one failed call. */
const shortRestMs = 5_000;
/** Answers to one question that may be useless before its posts are asked one by one, and one post before it is given up. */
const patience = 2;
const rememberedJudgements = 20_000;
/** Characters a token of text has at least, on average: 4 in English; less where it matters that the estimate is not too low. */
const charactersPerToken = 2.5;

export interface ModelOptions {
    readonly model: string;
    readonly chat: Pick<Chat, "ask">;
    readonly budget: DailyBudget;
    readonly facts: Pick<Facts, "scoresOf">;
    readonly metrics: ScoringMetrics;
    readonly log: Logger;
}

/** What a judgement is about: the same text may be good for one token and bad for another. */
const subject = (post: Post): string => `${textHash(post.title ?? undefined, post.body)}|${post.token}`;

/** Scorer on a Chat. */
export class ModelScorer implements Scorer {
    readonly model: string;
    readonly version = promptVersion;
    readonly batch = 16;
    private readonly judged = new LRUCache<string, Judgement>({ max: rememberedJudgements });
    private readonly breaker = circuitBreaker(handleType(ServerTrouble), {
        halfOpenAfter: restMs,
        breaker: new ConsecutiveBreaker(failures),
    });

    constructor(private readonly options: ModelOptions) {
        this.model = options.model;
    }

    async score(posts: readonly Post[], signal: AbortSignal): Promise<readonly (Judgement | undefined)[]> {
        await this.recall(posts);
        const open = new Map(posts.map((post) => [subject(post), post]));
        for (const key of open.keys()) if (this.judged.has(key)) open.delete(key);
        if (open.size > 0) await this.askAbout([...open.values()], signal);
        return posts.map((post) => this.judged.get(subject(post)));
    }

    /** Takes over what the facts know of these texts; without an answer from there it is asked again, and paid again. */
    private async recall(posts: readonly Post[]): Promise<void> {
        const hashes = new Set(
            posts.filter((post) => !this.judged.has(subject(post))).map(({ text_hash }) => text_hash),
        );
        if (hashes.size === 0) return;
        try {
            const known = await this.options.facts.scoresOf(this.model, this.version, [...hashes]);
            for (const { title, body, token, label, score, confidence } of known) {
                // By the text itself: whoever sends posts chooses their text_hash.
                const key = `${textHash(title ?? undefined, body)}|${token}`;
                this.judged.set(key, { label, score: Number(score), confidence: Number(confidence) });
            }
        } catch (error) {
            this.options.log.warn({ err: error }, "scoring: ClickHouse cannot say what was scored before");
        }
    }

    private async askAbout(posts: readonly Post[], signal: AbortSignal): Promise<void> {
        for (let attempt = 0; attempt < patience; attempt += 1) {
            try {
                const ratings = readAnswer(await this.ask(question(posts), signal), posts.length);
                for (const [index, { label, score, confidence }] of ratings.entries()) {
                    const post = posts[index];
                    if (post !== undefined) this.judged.set(subject(post), { label, score, confidence });
                }
                this.options.metrics.called("ok");
                return;
            } catch (error) {
                if (error instanceof NotNow || signal.aborted) throw error;
                const why = error instanceof Error ? error.message : String(error);
                this.options.metrics.called("useless");
                this.options.log.warn({ model: this.model, posts: posts.length, why }, "scoring: an answer of no use");
            }
        }
        // One bad post must not cost the others their score.
        if (posts.length > 1) for (const post of posts) await this.askAbout([post], signal);
    }

    /**
     * The answer's text.
     * @throws NotNow, UselessAnswer
     */
    private async ask(text: string, signal: AbortSignal): Promise<string> {
        const { budget, chat, metrics } = this.options;
        const reserved = Math.ceil((instructions.length + text.length) / charactersPerToken) + maxAnswerTokens;
        await budget.reserve(reserved);
        try {
            const answer = await this.breaker.execute(() => chat.ask(text, signal));
            await budget.settle(reserved, answer.tokens ?? reserved);
            metrics.spentToday(budget.today);
            return answer.content;
        } catch (error) {
            if (error instanceof UselessAnswer) throw error;
            // Nothing was answered, so nothing was charged.
            await budget.settle(reserved, 0);
            metrics.called("failed");
            if (error instanceof BrokenCircuitError) throw new NotNow("the model's server is left alone", restMs);
            const wait = error instanceof ServerTrouble ? error.retryAfterMs : undefined;
            const why = error instanceof Error ? error.message : String(error);
            throw new NotNow(`the model's server: ${why}`, Math.max(shortRestMs, wait ?? 0));
        }
    }
}
