// The gateway's interface as an OpenAPI 3.1 document, from the catalogue.
import { type Declaration } from "../dsl";
import { browserAction, browserReport } from "./actions";
import { eventSchema, type JsonSchema, jsonSchemaOf } from "./events";
import { limits } from "./limits";
import { pushedPost } from "./posts";
import { problem, receipt } from "./receipt";

type Json = Record<string, unknown>;

const reference = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const content = (type: string, schema: JsonSchema): Json => ({ [type]: { schema } });
const retryAfter: Json = {
    "Retry-After": { description: "Seconds to wait", schema: { type: "integer", minimum: 0 } },
};
const problemAnswer = (description: string, headers?: Json): Json => ({
    description,
    ...(headers === undefined ? {} : { headers }),
    content: content("application/problem+json", reference("Problem")),
});
const receiptAnswer = (description: string): Json => ({
    description,
    content: content("application/json", reference("Receipt")),
});

const megabytes = (bytes: number): string => `${String(bytes / 1024 / 1024)} MiB`;

/** Answers every writing route may give, by status. */
const answers: Record<string, Json> = {
    "200": receiptAnswer("Kafka acknowledged every accepted event; see the results for those that were rejected"),
    "400": problemAnswer("The request itself is malformed, or holds no event"),
    "401": problemAnswer("No key, or one that is not known"),
    "403": problemAnswer("The key (or the page's origin) is not allowed to do this"),
    "408": problemAnswer("The request took too long to arrive"),
    "413": problemAnswer("Too many bytes or events for one request; nothing was stored, send smaller batches"),
    "415": problemAnswer("A content type or encoding that is not taken"),
    "422": receiptAnswer("No event was accepted; see the results"),
    "429": problemAnswer("Too many requests", retryAfter),
    "503": problemAnswer(
        "Kafka is away, or too much is under way: nothing counts as accepted, send all of it again (resent events are the same by event_id)",
        retryAfter,
    ),
};

/** The same as references: each operation names them, the components hold them. */
const answerReferences = Object.fromEntries(
    Object.keys(answers).map((status) => [status, { $ref: `#/components/responses/${status}` }]),
);

const security = [{ key: [] }];

/** An operation of producers: one as JSON, or a batch of lines. */
function postLines(operationId: string, summary: string, tag: string, schema: string, maxLines: number): Json {
    const batch = {
        type: "string",
        description: `One per line, each as in the JSON form; at most ${String(maxLines)} lines and ${megabytes(limits.bodyBytes)}`,
    };
    const forms = { ...content("application/json", reference(schema)), ...content("application/x-ndjson", batch) };
    return {
        ...{ operationId, summary, tags: [tag], security },
        requestBody: { required: true, content: forms },
        responses: answerReferences,
    };
}

const postEvents = ({ kind, name, description }: Declaration): Json =>
    postLines(`post_${name}`, description, kind === "fact" ? "facts" : "references", name, limits.events);

const postPosts = (): Json =>
    postLines(
        "post_posts",
        "Post of another network: stored as social_posts, one row for each token it speaks of (needs that scope)",
        "posts",
        "PushedPost",
        limits.posts,
    );

/** What a browser sends: the envelope with its actions. */
function reportSchema(): JsonSchema {
    const { properties, ...report } = jsonSchemaOf(browserReport) as { properties: Json };
    const actions = { type: "array", minItems: 1, maxItems: limits.actions, items: jsonSchemaOf(browserAction) };
    return { ...report, properties: { ...properties, actions } };
}

function postActions(): Json {
    const schema = reference("BrowserReport");
    const parameter = (name: string, place: string, description: string): Json => ({
        ...{ name, in: place, required: true, schema: { type: "string" }, description },
    });
    return {
        operationId: "post_actions",
        summary:
            "Page views and clicks of a browser; text/plain is what navigator.sendBeacon sends without asking first",
        tags: ["browsers"],
        parameters: [
            parameter("key", "query", "Public key, write-only"),
            parameter("Origin", "header", "Set by browsers; must be one of the allowed origins"),
        ],
        requestBody: {
            required: true,
            content: { ...content("application/json", schema), ...content("text/plain", schema) },
        },
        responses: answerReferences,
    };
}

const get = (operationId: string, summary: string, type: string, schema: JsonSchema, more: Json = {}): Json => ({
    get: {
        operationId,
        summary,
        tags: ["documents"],
        responses: { "200": { description: summary, content: content(type, schema) } },
        ...more,
    },
});

/** Path of the route that takes the events of a declaration. */
export const eventsPath = ({ kind, name }: Pick<Declaration, "kind" | "name">): string =>
    `/v1/${kind === "fact" ? "events" : "reference"}/${name}`;

/** Path of the route that takes posts of other networks. */
export const postsPath = "/v1/posts";

/** The OpenAPI document of a gateway that serves these declarations. */
export function openapi(catalogue: readonly Declaration[]): Json {
    const event = catalogue.map((declaration) => [declaration.name, eventSchema(declaration)] as const);
    return {
        openapi: "3.1.0",
        info: {
            title: "Gateway of the trading system's monitoring",
            version: "1",
            description:
                "Takes the events of the venue's own systems. An answer of 200 means that Kafka has acknowledged every accepted event. " +
                "Sending again is safe: an event is the same by its event_id, which follows from its identity.",
        },
        paths: {
            ...Object.fromEntries(catalogue.map((one) => [eventsPath(one), { post: postEvents(one) }])),
            [postsPath]: { post: postPosts() },
            "/v1/actions": { post: postActions() },
            "/v1/actions.js": get("get_snippet", "Script that reports page views and clicks", "text/javascript", {
                type: "string",
            }),
            "/v1/schemas/{name}": get(
                "get_schema",
                "JSON Schema of an event",
                "application/schema+json",
                { type: "object" },
                {
                    parameters: [
                        { name: "name", in: "path", required: true, schema: { enum: event.map(([name]) => name) } },
                    ],
                },
            ),
            "/openapi.json": get("get_openapi", "This document", "application/json", { type: "object" }),
        },
        components: {
            schemas: {
                Receipt: jsonSchemaOf(receipt),
                Problem: jsonSchemaOf(problem),
                BrowserReport: reportSchema(),
                PushedPost: jsonSchemaOf(pushedPost),
                ...Object.fromEntries(event),
            },
            responses: answers,
            securitySchemes: {
                key: {
                    type: "http",
                    scheme: "bearer",
                    description: "Key of a producer (npm run gateway-key), with a scope per fact",
                },
            },
        },
    };
}
