// One question to the model's server: by OpenAI's client, over our own guarded HTTP.
import OpenAI from "openai";
import { type HttpClient } from "../../shared/http/client";
import { HttpProblem } from "../../shared/http/problem";
import { answerSchema, instructions } from "./prompt";

/** Tokens of an answer at most: well over 20 a rating, with room for a model that thinks first. */
export const maxAnswerTokens = 4_000;

/** An answer's text, and what it cost where the server says so. */
export interface ChatAnswer {
    readonly content: string;
    readonly tokens: number | undefined;
}

/** The model's server did not answer, or would not; the same question may do later. */
export class ServerTrouble extends Error {
    override readonly name = "ServerTrouble";

    constructor(
        message: string,
        /** How long it asked to be left alone, milliseconds. */
        readonly retryAfterMs: number | undefined,
    ) {
        super(message);
    }
}

/** The server answered, and it is of no use: cut off, refused, or not about these posts. */
export class UselessAnswer extends Error {
    override readonly name = "UselessAnswer";
}

export interface ChatOptions {
    readonly http: HttpClient;
    readonly baseUrl: string;
    readonly apiKey: string;
    readonly model: string;
}

/** Errors that are about what was asked, not about how: asked again they come again. */
const aboutContent = new Set([
    "content_filter",
    "content_policy_violation",
    "context_length_exceeded",
    "string_above_max_length",
]);

/** The client's requests go through ours: same guard, limits and retries as everything that leaves. */
const throughGuard =
    (http: HttpClient): typeof fetch =>
    async (input, init) => {
        const url = input instanceof Request ? input.url : String(input);
        try {
            const answer = await http.json({
                url,
                method: "POST",
                headers: Object.fromEntries(new Headers(init?.headers)),
                body: typeof init?.body === "string" ? init.body : "",
                ...(init?.signal ? { signal: init.signal } : {}),
            });
            return Response.json(answer);
        } catch (error) {
            if (!(error instanceof HttpProblem) || error.status === undefined) throw error;
            // The client reads the error's code from the body.
            const headers = { "content-type": "application/json" };
            const waited = error.retryAfterMs === undefined ? {} : { "retry-after-ms": String(error.retryAfterMs) };
            return new Response(error.excerpt ?? "", { status: error.status, headers: { ...headers, ...waited } });
        }
    };

/** A server with the chat completions interface. */
export class Chat {
    private readonly client: OpenAI;

    constructor(private readonly options: ChatOptions) {
        this.client = new OpenAI({
            apiKey: options.apiKey,
            baseURL: options.baseUrl,
            maxRetries: 0,
            logLevel: "off",
            fetch: throughGuard(options.http),
        });
    }

    /**
     * Asks; no tools, one answer, in the schema's form.
     * @throws ServerTrouble, UselessAnswer
     */
    async ask(question: string, signal: AbortSignal): Promise<ChatAnswer> {
        const completion = await this.complete(question, signal);
        const [choice] = completion.choices;
        if (choice?.finish_reason !== "stop" || typeof choice.message.content !== "string")
            throw new UselessAnswer(`no whole answer, it ended by ${choice?.finish_reason ?? "nothing"}`);
        return { content: choice.message.content, tokens: completion.usage?.total_tokens };
    }

    private async complete(question: string, signal: AbortSignal): Promise<OpenAI.ChatCompletion> {
        try {
            return await this.client.chat.completions.create(
                {
                    model: this.options.model,
                    messages: [
                        { role: "system", content: instructions },
                        { role: "user", content: question },
                    ],
                    response_format: {
                        type: "json_schema",
                        json_schema: { name: "sentiment", strict: true, schema: answerSchema },
                    },
                    max_completion_tokens: maxAnswerTokens,
                },
                { signal },
            );
        } catch (error) {
            throw problemOf(error);
        }
    }
}

/** In our words: the server's own may repeat the key. */
function problemOf(error: unknown): Error {
    if (!(error instanceof OpenAI.APIError)) return error instanceof Error ? error : new Error(String(error));
    const status = error.status as number | undefined;
    if (status === 400 && aboutContent.has(error.code ?? ""))
        return new UselessAnswer(`the server will not answer, ${error.code ?? ""}`);
    const cause = error.cause instanceof HttpProblem ? error.cause.message : "no answer";
    const asked = (error.headers as Headers | undefined)?.get("retry-after-ms");
    const words = status === undefined ? cause : `it answered ${status}${error.code ? ` (${error.code})` : ""}`;
    return new ServerTrouble(words, asked === null || asked === undefined ? undefined : Number(asked));
}
