// What is known already, asked of the facts: texts that are stored, and scores that were given.
import { type ClickHouseClient } from "@clickhouse/client";
import { databases, qualified } from "../../schema/ddl";
import { maxAgeDays } from "./feeds/feed";

const posts = qualified(databases.facts, "social_posts");
const scores = qualified(databases.facts, "sentiment_scores");
/** A little longer than the oldest entry that is taken. */
const window = `toStartOfMinute(event_time) >= now() - toIntervalDay(${String(maxAgeDays + 1)})`;

/** A post as the facts hold it. */
export interface StoredPost {
    readonly source: string;
    readonly post_id: string;
    readonly tokens: readonly string[];
}

/** A judgement as the facts hold it, with the text it is about. */
export interface KnownScore {
    readonly title: string | null;
    readonly body: string;
    readonly token: string;
    readonly label: "negative" | "neutral" | "positive";
    /** Decimal strings. */
    readonly score: string;
    readonly confidence: string;
}

/** Questions to ClickHouse; values are bound, names come from the catalogue. */
export class Facts {
    constructor(private readonly client: ClickHouseClient) {}

    /** Which of the texts are stored: the post that had each first, and the tokens it is stored for. */
    async postsOf(hashes: readonly string[]): Promise<Map<string, StoredPost>> {
        const rows = await this.rows<StoredPost & { text_hash: string }>(
            `SELECT text_hash, source, post_id, groupUniqArray(token) AS tokens FROM ${posts}
             WHERE ${window} AND text_hash IN {hashes:Array(String)} GROUP BY text_hash, source, post_id
             ORDER BY min(received_at) LIMIT 1 BY text_hash`,
            { hashes },
        );
        return new Map(rows.map(({ text_hash, ...post }) => [text_hash, post]));
    }

    /** Scores a model gave to posts with these texts, whoever posted them. */
    async scoresOf(model: string, promptVersion: string, hashes: readonly string[]): Promise<KnownScore[]> {
        return this.rows<KnownScore>(
            `SELECT p.title AS title, p.body AS body, p.token AS token, s.label AS label, toString(s.score) AS score, toString(s.confidence) AS confidence
             FROM ${scores} AS s INNER JOIN (
                 SELECT source, post_id, token, title, body FROM ${posts} WHERE ${window} AND text_hash IN {hashes:Array(String)}) AS p
             ON s.source = p.source AND s.post_id = p.post_id AND s.token = p.token
             WHERE ${window} AND s.model = {model:String} AND s.prompt_version = {version:String}`,
            { model, version: promptVersion, hashes },
        );
    }

    private async rows<T>(query: string, parameters: Record<string, unknown>): Promise<T[]> {
        const result = await this.client.query({ query, query_params: parameters, format: "JSONEachRow" });
        return result.json<T>();
    }
}
