// Proves, with workers as processes and a real ClickHouse: of two that deliver for one stack the one that starts last goes on, the other says so and ends, and every
// alert raised meanwhile is told once; a worker that ended in good order is not waited for. Does not prove: every moment at which one may take over (the simulator).
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { createDetection } from "../../support/detection";
import { storeAlerts } from "../../support/alerts";
import { useClickHouseHost } from "../../support/clickhouse";
import { FakeWebhook } from "../../support/fakes/webhook";
import { until } from "../../support/processes";
import { WorkerProcess } from "../../support/worker";

const secret = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
const waits = /begins in \d+ s/;

describe("two workers that deliver", function () {
    this.timeout(120_000);
    const host = useClickHouseHost({ clickhouse_settings: { output_format_json_quote_64bit_integers: 0 } });
    let hook: FakeWebhook;
    const workers: WorkerProcess[] = [];

    before(() => createDetection(host.client, []));
    beforeEach(async () => {
        for (const name of ["alerts", "notifications", "deliveries", "delivery_claims"])
            await host.client.command({ query: `TRUNCATE TABLE detection.${name}` });
        hook = await new FakeWebhook(secret).start();
    });
    afterEach(async () => {
        await Promise.all(workers.splice(0).map((worker) => worker.kill9()));
        await hook.server.stop();
    });

    async function start(): Promise<WorkerProcess> {
        const target = { name: "hook", kind: "webhook", url: hook.url, secrets: [secret], burst: 50, perSecond: 50 };
        const worker = await WorkerProcess.start("alerts", {
            CLICKHOUSE_URL: host.url,
            ALERT_TARGETS_SECRET: JSON.stringify([target]),
            HTTP_PRIVATE_ORIGINS: hook.server.origin,
            LOG_LEVEL: "info",
        });
        workers.push(worker);
        return worker;
    }

    const told = async (): Promise<{ alerts: number; rows: number }> => {
        const query = `SELECT uniqExact(alert_id) AS alerts, count() AS rows FROM detection.notifications
            WHERE message_id IN (SELECT message_id FROM detection.deliveries WHERE state = 'accepted')`;
        const [row] = await (
            await host.client.query({ query, format: "JSONEachRow" })
        ).json<{
            alerts: number;
            rows: number;
        }>();
        return row ?? assert.fail();
    };

    it("the last one goes on, the other one ends, and nothing is told twice", async () => {
        const first = await start();
        await first.says(/"delivering"/);
        const raising = { stopped: false, alerts: 0 };
        const raise = async (): Promise<void> => {
            for (; !raising.stopped; raising.alerts += 1) {
                const n = String(raising.alerts);
                await storeAlerts(host.client, [{ id: `alert-${n}`, entity: `user-${n}` }]);
                await pause(30);
            }
        };
        const raised = raise();
        try {
            await until("it delivers", () => hook.received.length > 10, 30_000);
            const second = await start();
            await second.says(waits);
            assert.equal(await first.ended(), 1);
            assert.match(first.output, /another worker delivers alerts \(.* pid \d+\) and this one ends/);
            await second.says(/"delivering"/);
        } finally {
            raising.stopped = true;
            await raised;
        }
        await until("all are told", async () => (await told()).alerts === raising.alerts, 60_000);
        assert.equal((await told()).rows, raising.alerts);
        assert.equal(hook.received.length, hook.ids.size);
    });

    it("are no two when the first one has ended in good order: the second one begins at once", async () => {
        const first = await start();
        await first.says(/"delivering"/);
        assert.equal(await first.stop(), 0);
        const second = await start();
        await second.says(/"delivering"/);
        assert.doesNotMatch(second.output, waits);
    });

    it("are two as far as anybody knows when the first one was killed", async () => {
        const first = await start();
        await first.says(/"delivering"/);
        await first.kill9();
        const second = await start();
        await second.says(waits);
        await second.says(/"delivering"/);
    });
});
