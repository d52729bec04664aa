// For tests: Slack's incoming webhooks at /services/…: their limits, and what they say of what they do not take.
import { z } from "zod";
import { FakeLimit } from "./limits";
import { type FakeAnswer, type FakeRequest, FakeServer } from "./server";

const message = z.object({
    text: z.string().min(1),
    mrkdwn: z.boolean().optional(),
    blocks: z
        .array(
            z.object({
                type: z.literal("section"),
                text: z.object({
                    type: z.enum(["plain_text", "mrkdwn"]),
                    text: z.string().min(1).max(3_000),
                    emoji: z.boolean().optional(),
                }),
            }),
        )
        .max(50)
        .optional(),
});
export type SlackMessage = z.output<typeof message>;

/** Slack: 1 message a second with a small burst (docs.slack.dev/apis/web-api/rate-limits). */
export class FakeSlack {
    readonly server = new FakeServer();
    readonly messages: SlackMessage[] = [];
    readonly limit: FakeLimit;

    constructor({ burst = 3, perSecond = 1, restMs = 1_000 } = {}) {
        this.limit = new FakeLimit(burst, perSecond, restMs);
    }

    async start(): Promise<this> {
        await this.server.start();
        this.server.on("/services/T1/B1/secret", (request) => this.answer(request));
        return this;
    }

    get url(): string {
        return `${this.server.origin}/services/T1/B1/secret`;
    }

    private answer({ body }: FakeRequest): FakeAnswer {
        const text = { "content-type": "text/plain" };
        const seconds = this.limit.ask();
        if (seconds !== undefined)
            return { status: 429, headers: { ...text, "retry-after": String(seconds) }, body: "rate_limited" };
        const parsed = message.safeParse(JSON.parse(body));
        if (!parsed.success) return { status: 400, headers: text, body: "invalid_payload" };
        this.messages.push(parsed.data);
        return { headers: text, body: "ok" };
    }
}
