// What every model gives, and the row that is made of it.
import { type Event } from "../../../schema";
import { sentimentScores } from "../../../schema/facts/sentimentScores";
import { type Notice, notice } from "../../shared/notices";
import { type Post } from "../post";

/** An event of sentiment_scores. */
export type Score = Event<typeof sentimentScores>;

/** A model's word on a post's text for its token. */
export interface Judgement {
    readonly label: Score["label"];
    /** -1 to 1. */
    readonly score: number;
    /** 0 to 1. */
    readonly confidence: number;
}

/** A model. */
export interface Scorer {
    /** Name of the model: the column `model`, and part of a score's identity. */
    readonly model: string;
    /** Version of the prompt or lexicon, part of the identity as well. */
    readonly version: string;
    /** Posts it takes at once. */
    readonly batch: number;
    /**
     * Judges posts, in their order; undefined for one the model has no usable word on, however often it is asked.
     * @throws NotNow when it cannot judge at the moment; the same posts come again.
     */
    score(posts: readonly Post[], signal: AbortSignal): Promise<readonly (Judgement | undefined)[]>;
}

/** The model is out of reach or its budget is spent; nothing is lost, it is asked again. */
export class NotNow extends Error {
    override readonly name = "NotNow";

    constructor(
        message: string,
        /** When to try again, milliseconds from now. */
        readonly waitMs: number,
    ) {
        super(message);
    }
}

/** The row of a judgement. Its id follows from post, model and version: scored again, it is the same row. */
export function scoreEvent(post: Post, { model, version }: Scorer, judgement: Judgement, at: Date): Score {
    const event = {
        event_time: post.event_time,
        source_id: `sentiment/${model}`,
        source_seq: null,
        origin: post.origin,
        run_id: post.run_id ?? null,
        original_time: post.original_time ?? null,
        source: post.source,
        post_id: post.post_id,
        token: post.token,
        model,
        prompt_version: version,
        scored_at: at.toISOString(),
        label: judgement.label,
        score: judgement.score.toFixed(3),
        confidence: judgement.confidence.toFixed(3),
    };
    return { event_id: sentimentScores.eventId(event), ...event };
}

/** What is said of a post that gets no score; the same each time it is said. */
export function unscoredNotice(post: Post, { model }: Scorer): Notice {
    return notice(`sentiment/${model}`, new Date(post.event_time), {
        fact: sentimentScores.name,
        kind: "rejected",
        origin: post.origin,
        run_id: post.run_id ?? null,
        first: post.event_id,
        events: "1",
        detail: `${model} gave no usable rating of ${post.event_id}, however often it was asked`,
    });
}
