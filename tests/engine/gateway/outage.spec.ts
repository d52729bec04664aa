// Proves, with a real broker and the real process: what is answered 200 is in Kafka, whatever is killed meanwhile; while Kafka is away or hangs,
// producers get 503 with Retry-After and nothing counts as accepted; what the broker refuses is told line by line; it ends cleanly at
// SIGTERM. Does not prove: the way from Kafka to the rows.
import assert from "node:assert/strict";
import { type Receipt } from "../../../schema/api";
import { userOrders } from "../../../schema/facts/userOrders";
import { userTrades } from "../../../schema/facts/userTrades";
import { fullEvent } from "../../support/events";
import { producer, TestGateway } from "../../support/gateway";
import { startKafka, type TestKafka } from "../../support/kafka";
import { removeFolder, temporaryFolder, until } from "../../support/processes";
import { acceptedIn, order, ordersPath, Producers } from "../../support/producers";
import { Topics } from "../../support/topics";
import { soakGateway } from "../../soak/gateway";

describe("gateway while things fail", function () {
    this.timeout(300_000);
    const folder = temporaryFolder("gateway-outage");
    let kafka: TestKafka;
    let topics: Topics;
    let gateway: TestGateway;

    before(async () => {
        kafka = await startKafka({ dir: folder });
        topics = await Topics.connect(kafka.brokers);
        const small = { ...userTrades, topic: { ...userTrades.topic, maxMessageBytes: 100_000 } };
        await topics.create([userOrders, small]);
    });
    beforeEach(async () => {
        gateway = await TestGateway.start(kafka.brokers);
    });
    afterEach(() => gateway.stop("SIGKILL"));
    after(async () => {
        await topics.close();
        await kafka.stop();
        removeFolder(folder);
    });

    async function assertAllInKafka(accepted: readonly string[]): Promise<void> {
        assert.ok(accepted.length > 0, "something was accepted");
        const there = new Set(await topics.eventIds(userOrders));
        assert.deepEqual(
            accepted.filter((id) => !there.has(id)),
            [],
        );
    }

    it("loses nothing it accepted when it is killed under load, three times", async () => {
        const report = await soakGateway(kafka.brokers, topics, { kills: 3, say: () => undefined });
        assert.equal(report.lost, 0);
        assert.ok(report.accepted > 0 && report.unanswered > 0, JSON.stringify(report));
    });

    it("answers 503 while the broker is killed, accepts again by itself, and loses nothing it accepted", async () => {
        const producers = new Producers(() => gateway, "broker", 8, 50);
        const atWork = (events: number): Promise<unknown> => {
            const before = producers.accepted.length;
            return until("producers are at work", () => producers.accepted.length > before + events, 60_000);
        };
        for (let kill = 0; kill < 2; kill += 1) {
            await atWork(1_000);
            await kafka.kill9();
            const refusals = producers.statuses.get(503) ?? 0;
            await until("producers are told to come back", () => (producers.statuses.get(503) ?? 0) > refusals);
            await kafka.restart();
            const back = Date.now();
            await atWork(0);
            console.info(`      accepting again ${String(Date.now() - back)} ms after the broker is back`);
        }
        await producers.stop();
        assert.deepEqual([...producers.statuses.keys()].sort(), [200, 503]);
        await assertAllInKafka(producers.accepted);
    });

    it("gives the same identity to a batch that is sent again, so that its events are stored once", async () => {
        const batch = Array.from({ length: 100 }, (_, n) => order(`again-${String(n)}`));
        await kafka.kill9();
        const away = await gateway.post(ordersPath, batch);
        assert.deepEqual([away.status, away.headers.get("retry-after")], [503, "2"]);
        assert.match(JSON.stringify(away.body), /nothing counts as accepted/);
        await kafka.restart();
        const first = await gateway.post<Receipt>(ordersPath, batch);
        const second = await gateway.post<Receipt>(ordersPath, batch);
        assert.deepEqual([first.status, second.status], [200, 200]);
        assert.deepEqual(acceptedIn(second), acceptedIn(first));
        assert.equal(new Set(acceptedIn(second)).size, batch.length);
    });

    it("does not wait for ever on a broker that hangs, and sends away what there is no room for", async () => {
        assert.equal((await gateway.post(ordersPath, order("before"))).status, 200);
        process.kill(kafka.pid, "SIGSTOP");
        try {
            const large = Array.from({ length: 40 }, (_, n) => ({
                ...order(`hang-${String(n)}`),
                reason: null,
                user_id: "u".repeat(100_000),
            }));
            const answers = await Promise.all(
                Array.from({ length: 12 }, () => gateway.post<{ detail: string }>(ordersPath, large)),
            );
            assert.deepEqual([...new Set(answers.map(({ status }) => status))], [503]);
            const details = new Set(answers.map(({ body }) => body.detail.split(";")[0]));
            assert.deepEqual([...details].sort(), ["Kafka did not acknowledge", "too much is under way here"]);
            assert.ok(answers.every(({ headers }) => headers.get("retry-after") === "2"));
            const health = await fetch(`${gateway.metricsUrl}/healthz`);
            assert.match(await health.text(), /"degraded","reasons":\["kafka: no acknowledgement since .* within 8 s/);
        } finally {
            process.kill(kafka.pid, "SIGCONT");
        }
        await until(
            "it accepts again",
            async () => (await gateway.post(ordersPath, order("after"))).status === 200,
            60_000,
        );
        await until("all room is given back", async () => {
            const metrics = await (await fetch(`${gateway.metricsUrl}/metrics`)).text();
            return /^gateway_in_flight_bytes\{worker="gateway"\} 0$/m.test(metrics);
        });
    });

    it("tells line by line what the broker refuses, and stores the others", async () => {
        const trades = Array.from({ length: 30 }, (_, n) =>
            fullEvent(userTrades, n % 10 === 7 ? "y".repeat(20_000) : "y", {
                source_id: producer,
                trade_id: String(n),
            }),
        );
        const { status, body } = await gateway.post<Receipt>("/v1/events/user_trades", trades);
        assert.equal(status, 200);
        const refused = body.results.filter((result) => result.status === "rejected");
        assert.deepEqual(
            refused.map(({ line }) => line),
            [8, 18, 28],
        );
        for (const { reasons } of refused) assert.match(reasons?.[0] ?? "", /^Kafka refuses it: MESSAGE_TOO_LARGE/);
        const stored = await topics.eventIds(userTrades);
        assert.deepEqual(
            stored.toSorted(),
            trades.flatMap(({ event_id }, n) => (n % 10 === 7 ? [] : [event_id])).toSorted(),
        );
    });

    it("ends by itself on SIGTERM under load, and loses nothing it accepted", async () => {
        const producers = new Producers(() => gateway, "term", 8, 20);
        await until("producers are at work", () => producers.accepted.length > 500);
        assert.equal(await gateway.stop("SIGTERM"), 0, gateway.output());
        await producers.stop();
        await assertAllInKafka(producers.accepted);
        assert.match(gateway.output(), /"msg":"stopped"/);
    });
});
