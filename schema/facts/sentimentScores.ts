// Sentiment of posts: rows of their own, since a post may be scored later, again, and by several models.
import { decimal, fact, label, oneOf, text, time } from "../dsl";

export const sentimentScores = fact("sentiment_scores", {
    description: "Score a model gave a post for a token",
    columns: {
        source: label("Source of the post"),
        post_id: text("Post"),
        token: label("Token"),
        model: label("Model, e.g. gpt-4o-mini or lexicon"),
        prompt_version: label("Version of the prompt or lexicon"),
        scored_at: time("When it was scored; event_time is the post's"),
        label: oneOf(["negative", "neutral", "positive"], "Sentiment"),
        score: decimal("Sentiment from -1 (negative) to 1 (positive)", 4, 3),
        confidence: decimal("The model's own confidence, 0 to 1", 4, 3),
    },
    identity: ["source", "post_id", "token", "model", "prompt_version"],
    entity: ["token", "model"],
    key: ["token"],
    pace: "relaxed",
});
