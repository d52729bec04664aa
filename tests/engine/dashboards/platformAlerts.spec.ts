// Proves, on the real engine: each alert about the platform gives the one number it is judged by, also where nothing was ever written; a dead evaluator, a dead
// delivery and a message that was given up are raised, and only these; what works again is not. Does not prove: feeds (no consumers here), that Grafana
// evaluates them, nor whether this machine's disk is full.
import assert from "node:assert/strict";
import { Database } from "../../../functions/shared/clickhouse";
import { platformAlerts } from "../../../infra/dashboards/grafanaAlerts";
import { useClickHouseHost } from "../../support/clickhouse";
import { createDetection } from "../../support/detection";

const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

describe("alerts about the platform", function () {
    this.timeout(120_000);
    const host = useClickHouseHost();
    let database: Database;
    before(async () => {
        await createDetection(host.client, []);
        database = new Database(host.url);
    });
    after(() => database.close());

    async function valueOf(sql: string): Promise<number> {
        const rows = await database.rows<{ value: number }>(sql);
        assert.deepEqual(rows.map(Object.keys), [["value"]], sql);
        return Number(rows[0]?.value);
    }

    /** Those that sound now, of those that depend on what is stored. */
    async function raised(): Promise<string[]> {
        const stored = platformAlerts.filter(({ id }) => id !== "disk-full");
        const judged = await Promise.all(
            stored.map(async ({ id, sql, above }) => ((await valueOf(sql)) > above ? id : "")),
        );
        return judged.filter((id) => id !== "");
    }
    const evaluate = (minutes: number): Promise<void> =>
        database.insert("detection.evaluations", [
            { rule: "feed_lag", rule_version: 1, run: "", pass: "final", started_at: minutesAgo(minutes) },
        ]);

    it("miss an evaluator that has never been there, or is no more", async () => {
        assert.deepEqual(await raised(), ["evaluator-dead"]);
        await evaluate(6);
        assert.deepEqual(await raised(), ["evaluator-dead"]);
        await evaluate(1);
        assert.deepEqual(await raised(), []);
    });

    it("miss a delivery that decides about nothing, and not one that has just not come to it", async () => {
        const event_time = minutesAgo(30);
        const alert = { kind: "alert", rule: "wash_trading", rule_version: 1, run: "", owner: "fraud", event_time };
        const alerts = [
            { ...alert, alert_id: "new", raised_at: minutesAgo(5), version: "1" },
            { ...alert, alert_id: "yesterday", raised_at: minutesAgo(25 * 60), version: "1" },
        ];
        await database.insert("detection.alerts", alerts);
        assert.deepEqual(await raised(), []);
        await database.insert("detection.alerts", [
            { ...alert, alert_id: "old", raised_at: minutesAgo(20), version: "1" },
        ]);
        assert.deepEqual(await raised(), ["delivery-dead"]);
        const decided = { alert_id: "old", target: "", sequence: 0, decision: "no_route", decided_at: minutesAgo(0) };
        await database.insert("detection.notifications", [{ ...decided, version: "1" }]);
        assert.deepEqual(await raised(), []);
    });

    it("tell of a message that was given up", async () => {
        const message = { message_id: "m", target: "team", kind: "alert", at: minutesAgo(1), alerts: 1 };
        await database.insert("detection.deliveries", [{ ...message, attempt: 1, state: "failed" }]);
        assert.deepEqual(await raised(), []);
        await database.insert("detection.deliveries", [{ ...message, attempt: 2, state: "dead" }]);
        assert.deepEqual(await raised(), ["delivery-failing"]);
    });

    it("know how full the disk is", async () => {
        const [disk] = platformAlerts.filter(({ id }) => id === "disk-full");
        assert.ok(disk);
        const used = await valueOf(disk.sql);
        assert.ok(used > 0 && used < 1, String(used));
    });
});
