// For tests: a steady stream of trades straight into Kafka, and the ledger of what was acknowledged.
import { setTimeout as pause } from "node:timers/promises";
import { marketTrades } from "../../schema";
import { type TestStack } from "./stack";

const batchMs = 100;

/** Sends trades at a rate until stopped; only acknowledged ones count. */
export class Load {
    /** Trades Kafka has acknowledged. */
    acknowledged = 0;
    private stopping = false;
    private running: Promise<void> | undefined;

    constructor(
        private readonly stack: TestStack,
        /** Marks the trades of this load. */
        readonly venue: string,
        private readonly perSecond: number,
    ) {}

    start(): void {
        this.running = this.run();
    }

    /** Ends the stream; resolves with the number of acknowledged trades. */
    async stop(): Promise<number> {
        this.stopping = true;
        await this.running;
        return this.acknowledged;
    }

    private async run(): Promise<void> {
        const producer = await this.stack.producer();
        const began = Date.now();
        while (!this.stopping) {
            const due = Math.floor(((Date.now() - began) / 1000) * this.perSecond) - this.acknowledged;
            if (due > 0) {
                const messages = Array.from({ length: due }, (_, n) => this.message(this.acknowledged + n));
                await producer.send({ topic: marketTrades.topic.name, acks: -1, messages });
                this.acknowledged += due;
            }
            await pause(batchMs);
        }
        await producer.disconnect();
    }

    private message(n: number): { key: string; value: string } {
        const event = {
            ...{ event_time: new Date().toISOString(), source_id: "load", origin: "synthetic", venue: this.venue },
            ...{ symbol: "BTCUSDT", trade_id: String(n), price: "1.5", quantity: "2", taker_side: "buy" },
        };
        return { key: this.venue, value: JSON.stringify({ ...event, event_id: marketTrades.eventId(event) }) };
    }
}
