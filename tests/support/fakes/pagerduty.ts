// For tests: PagerDuty's Events API v2: its limit, its words, and incidents by dedup_key.
import { z } from "zod";
import { FakeLimit } from "./limits";
import { type FakeAnswer, type FakeRequest, FakeServer } from "./server";

const event = z.object({
    routing_key: z.string().length(32),
    event_action: z.enum(["trigger", "acknowledge", "resolve"]),
    dedup_key: z.string().max(255),
    payload: z.object({
        summary: z.string().min(1).max(1_024),
        source: z.string().min(1),
        severity: z.enum(["critical", "error", "warning", "info"]),
        timestamp: z.iso.datetime(),
        class: z.string().optional(),
        custom_details: z.record(z.string(), z.string()),
    }),
});
export type PagerDutyEvent = z.output<typeof event>;

/** 120 events a minute of a routing key (developer.pagerduty.com/docs/events-api-v2-limits). */
export class FakePagerDuty {
    readonly server = new FakeServer();
    readonly events: PagerDutyEvent[] = [];
    readonly limit = new FakeLimit(20, 2, 1_000);

    async start(): Promise<this> {
        await this.server.start();
        this.server.on("/v2/enqueue", (request) => this.answer(request));
        return this;
    }

    get url(): string {
        return `${this.server.origin}/v2/enqueue`;
    }

    /** Incidents that are open. */
    get incidents(): Set<string> {
        return new Set(this.events.map(({ dedup_key }) => dedup_key));
    }

    private answer({ body }: FakeRequest): FakeAnswer {
        const seconds = this.limit.ask();
        // It names no time to wait.
        if (seconds !== undefined) return { status: 429, body: JSON.stringify({ status: "throttle exceeded" }) };
        const parsed = event.safeParse(JSON.parse(body));
        if (!parsed.success)
            return {
                status: 400,
                body: JSON.stringify({ status: "invalid event", message: "Event object is invalid" }),
            };
        this.events.push(parsed.data);
        const { dedup_key } = parsed.data;
        return { status: 202, body: JSON.stringify({ status: "success", message: "Event processed", dedup_key }) };
    }
}
