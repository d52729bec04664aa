// Scoring: reads stored posts from Kafka, whoever brought them, and writes one score for each. Every model is a consumer group of its own, so
// that one that waits - for its budget, for its server - holds up no other.
import { type Batch, type Consumer, type EachBatchPayload, type Kafka } from "kafkajs";
import { sentimentScores } from "../../../schema/facts/sentimentScores";
import { socialPosts } from "../../../schema/facts/socialPosts";
import { sourceNotices } from "../../../schema/facts/sourceNotices";
import { fullJitter, pause } from "../../shared/backoff";
import { type Logger } from "../../shared/log";
import { type Delivery, Undelivered } from "../delivery";
import { type ScoringMetrics } from "../metrics";
import { type Post } from "../post";
import { NotNow, type Score, scoreEvent, type Scorer, unscoredNotice } from "./scorer";

/** Short, so that a killed worker's successor gets its partitions soon; the broker's minimum is 6 s. */
const sessionTimeoutMs = 10_000;
const heartbeatMs = 2_000;

export interface ScoringOptions {
    readonly kafka: Kafka;
    readonly scorer: Scorer;
    readonly delivery: Pick<Delivery, "deliver">;
    readonly metrics: ScoringMetrics;
    readonly log: Logger;
    /** Told when the consumer has ended for good: the worker is to be started again. */
    readonly onCrash: (error: Error) => void;
}

type Message = Batch["messages"][number];

/** One model at work on the topic of posts. */
export class Scoring {
    private readonly consumer: Consumer;
    private readonly stopped = new AbortController();
    private readonly timers = new Set<NodeJS.Timeout>();
    private disconnected: string | undefined = "not connected yet";
    private waiting: string | undefined;
    private starting: Promise<void> = Promise.resolve();

    constructor(private readonly options: ScoringOptions) {
        const { kafka, scorer, onCrash } = options;
        this.consumer = kafka.consumer({
            groupId: `sentiment.${scorer.model}`,
            sessionTimeout: sessionTimeoutMs,
            heartbeatInterval: heartbeatMs,
            maxWaitTimeInMs: 500,
            allowAutoTopicCreation: false,
        });
        this.consumer.on("consumer.group_join", () => {
            this.disconnected = undefined;
        });
        this.consumer.on("consumer.crash", ({ payload }) => {
            this.disconnected = `not connected since ${new Date().toISOString()}, ${payload.error.message}`;
            if (!payload.restart) onCrash(payload.error);
        });
    }

    /** For the health page: what it waits for. */
    readonly problem = (): string | undefined => this.disconnected ?? this.waiting;

    /** Begins; keeps trying while Kafka is away. */
    start(): void {
        this.starting = this.connect();
    }

    async stop(): Promise<void> {
        this.stopped.abort();
        for (const timer of this.timers) clearTimeout(timer);
        await this.starting;
        await this.consumer.disconnect();
    }

    private async connect(): Promise<void> {
        for (let attempt = 0; !this.stopped.signal.aborted; attempt += 1) {
            try {
                await this.consumer.connect();
                // From the beginning: posts stored before a model was first asked are its posts too.
                await this.consumer.subscribe({ topic: socialPosts.topic.name, fromBeginning: true });
                const eachBatch = (payload: EachBatchPayload): Promise<void> => this.work(payload);
                await this.consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
                return;
            } catch (error) {
                this.options.log.warn({ err: error, model: this.options.scorer.model }, "scoring: cannot begin yet");
                await pause(fullJitter(attempt, 500, 10_000), this.stopped.signal);
            }
        }
    }

    private async work(payload: EachBatchPayload): Promise<void> {
        const { scorer } = this.options;
        const { topic, partition, messages } = payload.batch;
        for (let at = 0; at < messages.length; at += scorer.batch) {
            if (!payload.isRunning() || payload.isStale() || this.stopped.signal.aborted) return;
            const some = messages.slice(at, at + scorer.batch);
            try {
                await this.whileAlive(payload, this.scoreAll(some));
            } catch (error) {
                if (error instanceof Undelivered) return;
                if (!(error instanceof NotNow)) throw error;
                this.restFor(error, payload.pause());
                return;
            }
            const last = some.at(-1)?.offset ?? "0";
            payload.resolveOffset(last);
            await this.consumer.commitOffsets([{ topic, partition, offset: String(BigInt(last) + 1n) }]);
            this.waiting = undefined;
        }
    }

    private async scoreAll(messages: readonly Message[]): Promise<void> {
        const { scorer, delivery, metrics } = this.options;
        const posts = messages.flatMap((message) => this.postsIn(message));
        const judgements = await scorer.score(posts, this.stopped.signal);
        const scores = posts.flatMap((post, index): Score[] => {
            const judgement = judgements[index];
            return judgement === undefined ? [] : [scoreEvent(post, scorer, judgement, new Date())];
        });
        const unscored = posts.filter((_, index) => judgements[index] === undefined);
        await delivery.deliver(sentimentScores, scores);
        await delivery.deliver(
            sourceNotices,
            unscored.map((post) => unscoredNotice(post, scorer)),
        );
        for (const { label } of scores) metrics.scored(scorer.model, label);
        metrics.notScored(scorer.model, "refused", unscored.length);
    }

    /** The good events of a message; what is none is a dead letter of the feed and nothing to score. */
    private postsIn({ value, offset }: Message): Post[] {
        const { scorer, metrics, log } = this.options;
        return String(value ?? "")
            .split("\n")
            .filter((line) => line.trim() !== "")
            .flatMap((line) => {
                try {
                    return [socialPosts.parse(JSON.parse(line))];
                } catch {
                    metrics.notScored(scorer.model, "malformed", 1);
                    log.debug({ offset }, "scoring: not a post");
                    return [];
                }
            });
    }

    /** Keeps the group membership while something takes its time. */
    private async whileAlive(payload: EachBatchPayload, work: Promise<void>): Promise<void> {
        // A heartbeat that fails shows at the next one that is waited for.
        const timer = setInterval(() => void payload.heartbeat().catch(() => undefined), heartbeatMs);
        try {
            await work;
        } finally {
            clearInterval(timer);
        }
    }

    private restFor({ message, waitMs }: NotNow, resume: () => void): void {
        const { log, scorer } = this.options;
        if (this.stopped.signal.aborted) return;
        if (this.waiting !== message) log.warn({ model: scorer.model, why: message, waitMs }, "scoring waits");
        this.waiting = message;
        const timer = setTimeout(() => {
            this.timers.delete(timer);
            resume();
        }, waitMs);
        this.timers.add(timer);
    }
}
