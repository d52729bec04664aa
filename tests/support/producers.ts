// For tests: systems of a venue that send orders to the gateway without pause and remember what they were told.
import { setTimeout as pause } from "node:timers/promises";
import { type Receipt } from "../../schema/api";
import { userOrders } from "../../schema/facts/userOrders";
import { fullEvent } from "./events";
import { type Answer, producer, type TestGateway } from "./gateway";

/** Where orders go. */
export const ordersPath = "/v1/events/user_orders";

/** An order with a value in every field. */
export const order = (id: string): Record<string, unknown> & { event_id: string } =>
    fullEvent(userOrders, "x", { source_id: producer, order_id: id });

/** Ids of the accepted events of an answer. */
export const acceptedIn = ({ body }: Answer<Receipt>): string[] =>
    body.results.flatMap(({ status, event_id }) => (status === "accepted" && event_id !== null ? [event_id] : []));

/** Producers that send without pause, and remember what they were told. */
export class Producers {
    readonly accepted: string[] = [];
    readonly statuses = new Map<number | "no answer", number>();
    private running = true;
    private sent = 0;
    private readonly loops: Promise<void>[];

    constructor(
        private readonly gateway: () => TestGateway,
        private readonly name: string,
        count: number,
        private readonly perBatch: number,
    ) {
        this.loops = Array.from({ length: count }, () => this.loop());
    }

    async stop(): Promise<void> {
        this.running = false;
        await Promise.all(this.loops);
    }

    private async loop(): Promise<void> {
        while (this.running) {
            const request = this.sent++;
            const events = Array.from({ length: this.perBatch }, (_, n) =>
                order(`${this.name}-${String(request)}-${String(n)}`),
            );
            try {
                const answer = await this.gateway().post<Receipt>(ordersPath, events);
                this.count(answer.status);
                if (answer.status === 200) this.accepted.push(...acceptedIn(answer));
                else await pause(50);
            } catch {
                this.count("no answer");
                await pause(50);
            }
        }
    }

    private count(status: number | "no answer"): void {
        this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    }
}
