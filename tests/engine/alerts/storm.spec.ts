// Proves, with the worker as a process and a real ClickHouse: 50,000 alerts at once become a handful of messages within the target's limit, all of them are found in
// the table and each through the digest it went into; the messages of another owner do not wait for them; the worker's memory stays bounded. Does not prove: how
// soon the database has them all.
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { createDetection } from "../../support/detection";
import { storeAlerts } from "../../support/alerts";
import { useClickHouseHost } from "../../support/clickhouse";
import { FakeSlack } from "../../support/fakes/slack";
import { FakeWebhook } from "../../support/fakes/webhook";
import { until } from "../../support/processes";
import { WorkerProcess } from "../../support/worker";

const secret = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
const storm = 50_000;
const others = 20;

describe("a storm of alerts", function () {
    this.timeout(180_000);
    const host = useClickHouseHost({ clickhouse_settings: { output_format_json_quote_64bit_integers: 0 } });
    let hook: FakeWebhook;
    let chat: FakeSlack;
    let worker: WorkerProcess;

    before(async () => {
        await createDetection(host.client, []);
        [hook, chat] = await Promise.all([new FakeWebhook(secret).start(), new FakeSlack().start()]);
        worker = await WorkerProcess.start("alerts", {
            CLICKHOUSE_URL: host.url,
            ALERT_TARGETS_SECRET: JSON.stringify([
                { name: "chat", kind: "slack", url: chat.url },
                { name: "hook", kind: "webhook", url: hook.url, secrets: [secret] },
            ]),
            ALERT_ROUTES: JSON.stringify([
                { owners: ["fraud"], targets: ["chat"] },
                { owners: ["surveillance"], targets: ["hook"] },
            ]),
            HTTP_PRIVATE_ORIGINS: [hook.server.origin, chat.server.origin].join(","),
            PSEUDONYM_KEY: "a key of enough length",
        });
        await worker.says(/"delivering"/);
    });

    after(async () => {
        await worker.kill9();
        await Promise.all([hook.server.stop(), chat.server.stop()]);
    });

    async function one<T>(query: string): Promise<T> {
        const [row] = await (await host.client.query({ query, format: "JSONEachRow" })).json<T>();
        assert.ok(row !== undefined);
        return row;
    }

    /** From the row of an alert to the receiver's answer, by what the alerts' ids begin with; milliseconds. */
    const waited = (prefix: string): Promise<{ p50: number; p99: number }> =>
        one(`SELECT quantileExact(0.5)(ms) AS p50, quantileExact(0.99)(ms) AS p99 FROM (
                SELECT toUnixTimestamp64Milli(sent.at) - toUnixTimestamp64Milli(alerts.raised_at) AS ms
                FROM detection.alerts AS alerts
                INNER JOIN trading.notifications AS told ON told.alert_id = alerts.alert_id
                INNER JOIN trading.deliveries AS sent ON sent.message_id = told.message_id
                WHERE sent.state = 'accepted' AND startsWith(alerts.alert_id, '${prefix}'))`);

    async function raiseOthers(prefix: string): Promise<void> {
        for (let n = 0; n < others; n += 1) {
            const id = `${prefix}-${String(n)}`;
            await storeAlerts(host.client, [{ id, entity: id, owner: "surveillance" }]);
            await pause(150);
        }
    }

    it("is told in digests that lead to every one of them, and delays nobody else", async function () {
        await raiseOthers("calm");
        await until("they are told", () => hook.received.length >= others, 30_000);
        const calm = await waited("calm");
        const many = Array.from({ length: storm }, (_, n) => ({
            ...{ id: `storm-${String(n)}`, entity: `user-${String(n % 999)}` },
            severity: n % 5_000 === 0 ? "critical" : "medium",
        }));
        const fraud = storeAlerts(host.client, many);
        await Promise.all([fraud, raiseOthers("other")]);
        const accepted = `(SELECT message_id FROM trading.deliveries WHERE state = 'accepted')`;
        await until(
            `all told\n${worker.output.slice(-2_000)}`,
            async () => {
                const { n } = await one<{ n: number }>(
                    `SELECT uniqExact(alert_id) AS n FROM trading.notifications WHERE message_id IN ${accepted}`,
                );
                return n === storm + 2 * others;
            },
            120_000,
        );
        const { alerts } = await one<{ alerts: number }>(`SELECT count() AS alerts FROM trading.alerts`);
        assert.equal(alerts, storm + 2 * others);
        assert.ok(chat.messages.length < 40, `${String(chat.messages.length)} messages`);
        assert.equal(chat.limit.limited, 0);
        const texts = chat.messages.map(({ blocks }) => blocks?.[0]?.text.text ?? "");
        assert.match(texts[0] ?? "", /^CRITICAL/);
        const batches = texts.flatMap((text) => /^batch: ([0-9a-f]{64})$/m.exec(text)?.[1] ?? []);
        const alone = texts.flatMap((text) => /^id: (\S+)$/m.exec(text)?.[1] ?? []);
        const ids = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(", ");
        const { found } = await one<{ found: number }>(
            `SELECT uniqExact(alert_id) AS found FROM trading.notifications
             WHERE message_id IN (${ids(batches)}) OR alert_id IN (${ids(["", ...alone])})`,
        );
        assert.equal(found, storm);
        const last = await one<{ others: number; fraud: number }>(
            `SELECT toUnixTimestamp64Milli(maxIf(at, target = 'hook')) AS others, toUnixTimestamp64Milli(maxIf(at, target = 'chat')) AS fraud
             FROM trading.deliveries WHERE state = 'accepted'`,
        );
        assert.ok(last.others < last.fraud, "the other owner's alerts waited for the storm to pass");
        const [stormy, own] = [await waited("other"), await waited("storm")];
        assert.ok(
            stormy.p99 < own.p50,
            `the other owner's p99 is ${String(stormy.p99)} ms, the storm's p50 ${String(own.p50)} ms`,
        );
        const figures = `p99 of the other owner ${String(stormy.p99)} ms, ${String(calm.p99)} ms in calm; of the storm ${String(own.p99)} ms`;
        if (this.test) this.test.title += ` (${figures})`;
    });

    it("stays within its memory", async () => {
        const metrics = await worker.metrics();
        const bytes = Number(/^process_resident_memory_bytes\{.*\} (\S+)$/m.exec(metrics)?.[1]);
        assert.ok(bytes < 400e6, `${String(bytes)} bytes`);
    });
});
