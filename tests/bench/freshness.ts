// How old a trade is when a query can see it, with the stack's default settings.
import { setTimeout as pause } from "node:timers/promises";
import { marketTrades } from "../../schema";
import { until } from "../support/processes";
import { type TestStack } from "../support/stack";
import { percentile } from "./report";

/** p50 and p99 in milliseconds from before the send to the first query that sees the event, over `events` single events. */
export async function freshness(stack: TestStack, events: number): Promise<{ p50: number; p99: number }> {
    const producer = await stack.producer();
    const ages: number[] = [];
    for (let n = 0; n < events; n++) {
        const event = {
            ...{ event_time: new Date().toISOString(), source_id: "bench", origin: "synthetic", venue: "freshness" },
            ...{ symbol: "BTCUSDT", trade_id: String(n), price: "1.5", quantity: "2", taker_side: "buy" },
        };
        const began = performance.now();
        const value = JSON.stringify({ ...event, event_id: marketTrades.eventId(event) });
        await producer.send({ topic: marketTrades.topic.name, acks: -1, messages: [{ key: "k", value }] });
        const seen = `SELECT count() FROM facts.market_trades WHERE toStartOfMinute(event_time) >= now() - 120 AND venue = 'freshness' AND trade_id = '${String(n)}'`;
        await until("the event is visible", async () => (await stack.number(seen)) > 0);
        ages.push(performance.now() - began);
        // Off the beat of the flush interval, so that every phase of it is met.
        await pause((n * 37) % 500);
    }
    await producer.disconnect();
    return { p50: percentile(ages, 0.5), p99: percentile(ages, 0.99) };
}
