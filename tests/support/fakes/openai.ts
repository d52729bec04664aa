// For tests: a server with OpenAI's chat completions interface and a model of the simplest kind. It rates posts by their words, and it obeys
// whatever stands outside of a post element, as a model might: so a text that gets out of its element changes the rating.
import { type FakeAnswer, type FakeRequest, FakeServer } from "./server";

interface ChatRequest {
    model: string;
    messages: { role: string; content: string }[];
    response_format?: { type: string; json_schema: { name: string; strict: boolean; schema: unknown } };
    tools?: unknown;
    max_completion_tokens?: number;
}

/** A post as the server sees it; the text is unescaped. */
export interface SeenPost {
    readonly id: string;
    readonly token: string;
    readonly text: string;
}

interface Rating {
    id: string;
    label: string;
    score: number;
    confidence: number;
}

const element = /<post id="([^"]*)" token="([^"]*)">([^<]*)<\/post>/gu;
const unescape = (text: string): string =>
    text
        .replace(/&lt;/gu, "<")
        .replace(/&gt;/gu, ">")
        .replace(/&quot;/gu, '"')
        .replace(/&amp;/gu, "&");

/** The posts of a user message. */
export const postsIn = (content: string): SeenPost[] =>
    [...content.matchAll(element)].map(([, id = "", token = "", text = ""]) => ({ id, token, text: unescape(text) }));

/** What a user message says outside of its posts. */
export const outsidePosts = (content: string): string => content.replace(element, "").trim();

function rate(content: string): Rating[] {
    const ordered = /score (?:is )?(?:\+)?1/iu.test(outsidePosts(content));
    return postsIn(content).map(({ id, text }) => {
        if (ordered) return { id, label: "positive", score: 1, confidence: 1 };
        if (/crash|hack|scam/iu.test(text)) return { id, label: "negative", score: -0.8, confidence: 0.9 };
        if (/surge|record|rally/iu.test(text)) return { id, label: "positive", score: 0.7, confidence: 0.8 };
        return { id, label: "neutral", score: 0, confidence: 0.5 };
    });
}

const error = (status: number, code: string, message: string): FakeAnswer => ({
    status,
    body: JSON.stringify({ error: { message, type: "invalid_request_error", param: null, code } }),
});

/** The server; base URL `url`. */
export class FakeOpenAi {
    readonly server = new FakeServer();
    /** Bodies of all well-formed requests. */
    readonly asked: ChatRequest[] = [];
    /** Overrides the content of the answers while set. */
    content: ((posts: SeenPost[]) => string) | undefined;
    finishReason = "stop";
    private readonly key: string;

    constructor(key: string) {
        this.key = key;
    }

    /** Listens on loopback. */
    async start(): Promise<this> {
        await this.server.start();
        this.server.on("/v1/chat/completions", (request) => this.complete(request));
        return this;
    }

    stop(): Promise<void> {
        return this.server.stop();
    }

    get url(): string {
        return `${this.server.origin}/v1`;
    }

    private complete({ method, headers, body }: FakeRequest): FakeAnswer {
        if (headers["authorization"] !== `Bearer ${this.key}`)
            return error(401, "invalid_api_key", `Incorrect API key provided: ${String(headers["authorization"])}.`);
        if (method !== "POST" || headers["content-type"] !== "application/json")
            return error(415, "unsupported", "POST JSON");
        const request = JSON.parse(body) as ChatRequest;
        if (request.response_format?.type !== "json_schema" || !request.response_format.json_schema.strict)
            return error(400, "invalid_value", "no strict schema");
        this.asked.push(request);
        const content = request.messages.find(({ role }) => role === "user")?.content ?? "";
        if (content.includes("FORBIDDEN")) return error(400, "content_filter", "filtered");
        const text = this.content?.(postsIn(content)) ?? JSON.stringify({ ratings: rate(content) });
        const message = { role: "assistant", content: text, refusal: null };
        const choices = [{ index: 0, message, logprobs: null, finish_reason: this.finishReason }];
        const usage = { prompt_tokens: 400, completion_tokens: 100, total_tokens: 500 };
        const { model } = request;
        return {
            body: JSON.stringify({ id: "chatcmpl-1", object: "chat.completion", created: 1, model, choices, usage }),
        };
    }
}
