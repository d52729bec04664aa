// For tests: a receiver of Standard Webhooks, verifying each request with the specification's own library.
import { Webhook } from "standardwebhooks";
import { type FakeAnswer, type FakeRequest, FakeServer } from "./server";

/** A request that was verified. */
export interface Hooked {
    readonly id: string;
    readonly at: number;
    readonly body: {
        readonly type: string;
        readonly timestamp: string;
        readonly data: Readonly<Record<string, string>>;
    };
}

/** The receiver at /hook; it knows one secret. */
export class FakeWebhook {
    readonly server = new FakeServer();
    /** Verified requests, repeats among them. */
    readonly received: Hooked[] = [];
    /** Requests it could not verify. */
    refused = 0;
    /** Called when a request has been taken; the answer waits for it. */
    onAccept: (hooked: Hooked) => Promise<void> | void = () => undefined;

    constructor(private readonly secret: string) {}

    async start(port = 0): Promise<this> {
        await this.server.start(port);
        this.server.on("/hook", (request) => this.answer(request));
        return this;
    }

    get url(): string {
        return `${this.server.origin}/hook`;
    }

    /** Ids of messages, each once. */
    get ids(): Set<string> {
        return new Set(this.received.map(({ id }) => id));
    }

    private async answer({ body, headers }: FakeRequest): Promise<FakeAnswer> {
        try {
            const verified = new Webhook(this.secret).verify(body, headers as Record<string, string>) as Hooked["body"];
            if (body.length > 20_000) throw new Error("over 20 kB");
            const hooked = { id: String(headers["webhook-id"]), at: Date.now(), body: verified };
            this.received.push(hooked);
            await this.onAccept(hooked);
            return { status: 204, body: "" };
        } catch {
            this.refused += 1;
            return { status: 401, body: "{}" };
        }
    }
}
