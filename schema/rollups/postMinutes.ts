// What is said of each token, per class of source and minute.
import { common, count, label, listOf, minuteDays, type Rollup } from "./spec";
import { arrivals, fact, inMinutes, minute, run } from "./sql";

const posts =
    `SELECT ${run}, ${minute}, token, source_class, source, post_id, cityHash64(text_hash) AS text,\n` +
    `    cityHash64(toString(source), ifNull(author, '')) AS writer, isNotNull(author) AS signed\n` +
    `FROM ${fact("social_posts")} WHERE ${inMinutes}`;

/** One score a post: a language model's before the lexicon's, the newest of those; a score has its post's time. */
const scores =
    `SELECT ${run}, source, post_id, token, argMax(toString(label), (model != 'lexicon', scored_at, toString(model), toString(prompt_version))) AS mood\n` +
    `FROM ${fact("sentiment_scores")} WHERE ${inMinutes} GROUP BY run, source, post_id, token`;

const distinct = (column: string, condition: string): string => `arraySort(groupUniqArrayIf(${column}, ${condition}))`;

export const postMinutes: Rollup = {
    name: "post_minutes",
    description: "Posts and articles per token, class of source and minute",
    grain: "minute",
    columns: {
        run: common.run,
        minute: common.minute,
        token: label("Token the posts speak of"),
        source_class: label("news, social, forum, blog or official"),
        posts: count("Posts"),
        scored_posts: count("Posts with a sentiment score"),
        negative_posts: count("Posts that the best model there is calls negative"),
        texts: listOf("UInt64", "Hashes of distinct texts"),
        negative_texts: listOf("UInt64", "Hashes of distinct texts of negative posts"),
        authors: listOf("UInt64", "Hashes of distinct authors"),
        negative_authors: listOf("UInt64", "Hashes of distinct authors of negative posts"),
        sources: listOf("String", "Distinct sources"),
        negative_sources: listOf("String", "Distinct sources of negative posts"),
    },
    key: ["run", "minute", "token", "source_class"],
    partitionBy: "toDate(minute)",
    expiresBy: "minute",
    retentionDays: minuteDays,
    keeps: "latest",
    touched: [arrivals("social_posts"), arrivals("sentiment_scores")],
    select:
        `SELECT run, minute, token, toString(source_class) AS source_class, count() AS posts, countIf(mood != '') AS scored_posts, countIf(mood = 'negative') AS negative_posts,\n` +
        `    ${distinct("text", "true")} AS texts, ${distinct("text", "mood = 'negative'")} AS negative_texts,\n` +
        `    ${distinct("writer", "signed")} AS authors, ${distinct("writer", "signed AND mood = 'negative'")} AS negative_authors,\n` +
        `    ${distinct("toString(source)", "true")} AS sources, ${distinct("toString(source)", "mood = 'negative'")} AS negative_sources\n` +
        `FROM (${posts}) AS posts LEFT JOIN (${scores}) AS scores USING (run, source, post_id, token)\n` +
        `GROUP BY run, minute, token, source_class`,
    reads: [],
};
