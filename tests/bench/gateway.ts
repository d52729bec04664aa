// What the way through the gateway costs: its batch route beside a bare kafkajs producer with the same bytes, and how long one event takes.
import { type Receipt } from "../../schema/api";
import { userOrders } from "../../schema/facts/userOrders";
import { createKafka } from "../../functions/shared/kafkajs";
import { Partitioners } from "kafkajs";
import { producer as producerName, TestGateway } from "../support/gateway";
import { startKafka } from "../support/kafka";
import { removeFolder, temporaryFolder } from "../support/processes";
import { Topics } from "../support/topics";
import { type Pair } from "./drain";
import { percentile } from "./report";
import { seeded } from "./samples";

const path = "/v1/events/user_orders";
const perBatch = 2_000;
/** Requests under way at once: while Kafka writes one batch, the gateway reads the next. */
const concurrency = 4;
const warmUpRequests = 300;

/** Orders as a matching engine sends them, complete, 600 to 700 bytes of JSON each. */
function orders(count: number, round: string): { key: string; value: string }[] {
    const random = seeded(11);
    const start = Date.now() - count;
    return Array.from({ length: count }, (_, n) => {
        const account = String(10_000 + Math.floor(random() * 10_000));
        const price = (94_000 + random() * 2_000).toFixed(2);
        const event = {
            ...{ event_time: new Date(start + n).toISOString(), source_id: producerName, source_seq: String(n) },
            ...{
                origin: "synthetic",
                run_id: round,
                venue: "main",
                symbol: "BTCUSDT",
                order_id: String(4_000_000 + n),
            },
            ...{ client_order_id: `web-${account}-${String(n)}`, revision: "1", state: "new", user_id: `u${account}` },
            ...{ account_id: `a${account}`, session_id: `s${account}`, side: random() < 0.5 ? "buy" : "sell" },
            ...{ type: "limit", time_in_force: "gtc", price, quantity: random().toFixed(6), filled_quantity: "0" },
            ...{ best_bid: price, best_ask: price, accepted_at: new Date(start + n).toISOString() },
        };
        const value = JSON.stringify({ ...event, event_id: userOrders.eventId(event) });
        return { key: userOrders.kafkaKey(event), value };
    });
}

const chunks = <T>(items: readonly T[]): T[][] =>
    Array.from({ length: Math.ceil(items.length / perBatch) }, (_, n) => items.slice(n * perBatch, (n + 1) * perBatch));

async function perSecond(events: number, work: () => Promise<void>): Promise<number> {
    const began = process.hrtime.bigint();
    await work();
    return events / (Number(process.hrtime.bigint() - began) / 1e9);
}

async function throughGateway(gateway: TestGateway, batches: readonly string[]): Promise<void> {
    const open = [...batches];
    const worker = async (): Promise<void> => {
        for (let batch = open.shift(); batch !== undefined; batch = open.shift()) {
            const { status, body } = await gateway.post<Receipt>(path, batch);
            if (status !== 200 || body.rejected > 0)
                throw new Error(`gateway: ${String(status)} ${JSON.stringify(body)}`);
        }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
}

/** A broker of its own with the topic, and a gateway before it; nobody reads the topic meanwhile. */
async function withGateway<T>(work: (gateway: TestGateway, brokers: string[]) => Promise<T>): Promise<T> {
    const folder = temporaryFolder("bench-gateway");
    const kafka = await startKafka({ dir: folder });
    const topics = await Topics.connect(kafka.brokers);
    await topics.create([userOrders]);
    const gateway = await TestGateway.start(kafka.brokers, { REQUESTS_PER_MINUTE: "1000000" });
    try {
        return await work(gateway, kafka.brokers);
    } finally {
        await gateway.stop();
        await topics.close();
        await kafka.stop();
        removeFolder(folder);
    }
}

/** Events a second through the batch route and by a bare producer (acks=all, the same batches), over `rounds`; who goes first alternates. */
export function gatewayBatch(rounds: number, events = 100_000): Promise<Pair[]> {
    return withGateway(async (gateway, brokers) => {
        const bare = createKafka({ clientId: "bench", brokers }).producer({
            idempotent: true,
            maxInFlightRequests: 1,
            createPartitioner: Partitioners.DefaultPartitioner,
        });
        await bare.connect();
        const pairs: Pair[] = [];
        // The first round warms both sides up and is not counted.
        for (let round = 0; round <= rounds; round += 1) {
            const batches = chunks(orders(events, `bench-${String(round)}`));
            const bodies = batches.map((batch) => batch.map(({ value }) => value).join("\n"));
            const send = async (): Promise<void> => {
                for (const messages of batches) await bare.send({ topic: userOrders.topic.name, acks: -1, messages });
            };
            const sides = { ours: () => throughGateway(gateway, bodies), theirs: send };
            const pair: Pair = { ours: 0, theirs: 0 };
            const order = round % 2 === 0 ? (["ours", "theirs"] as const) : (["theirs", "ours"] as const);
            for (const side of order) pair[side] = await perSecond(events, sides[side]);
            pairs.push(pair);
        }
        await bare.disconnect();
        return pairs.slice(1);
    });
}

/** p50 and p99 in milliseconds of a POST of one event, one after the other on a kept connection, from the call to the parsed receipt. */
export function gatewayLatency(requests = 3_000): Promise<{ p50: number; p99: number }> {
    return withGateway(async (gateway) => {
        const times: number[] = [];
        for (const { value } of orders(warmUpRequests + requests, "bench-single")) {
            const began = performance.now();
            const { status } = await gateway.post(path, value);
            times.push(performance.now() - began);
            if (status !== 200) throw new Error(`gateway: ${String(status)}`);
        }
        const counted = times.slice(warmUpRequests);
        return { p50: percentile(counted, 0.5), p99: percentile(counted, 0.99) };
    });
}
