// Proves, on the real engine: the state of an alert follows from what was done about it, in the order it was done; among a million alerts the states of some
// are read from their own granules and the journal alone; precision per rule and the noisy rules of a week are counted from closures, and none is given of few.
// Does not prove: that people's commands and the dispatcher write these rows (commands.spec.ts here, tests/engine/alerts).
import assert from "node:assert/strict";
import { Database } from "../../../functions/shared/clickhouse";
import { useClickHouseHost } from "../../support/clickhouse";
import { createDetection } from "../../support/detection";

const uncached = { use_query_condition_cache: 0 };

describe("states of alerts", function () {
    this.timeout(120_000);
    const host = useClickHouseHost();
    let database: Database;
    const command = (query: string): Promise<unknown> => host.client.command({ query });
    const event = (alert: string, action: string, seconds: number, own: Record<string, unknown> = {}): Promise<void> =>
        database.insert("detection.alert_events", [
            {
                ...{
                    event_id: `${alert}${action}${String(seconds)}`,
                    alert_id: alert,
                    action,
                    actor: "ann",
                    note: action,
                },
                ...{ at: new Date(start + seconds * 1_000).toISOString(), version: "1", ...own },
            },
        ]);
    const stateOf = async (alert: string): Promise<Record<string, unknown> | undefined> =>
        (
            await database.rows<Record<string, unknown>>(
                "SELECT state, outcome, actor, note FROM trading.alert_states WHERE alert_id = {alert:String}",
                { alert },
            )
        )[0];
    const start = Date.parse("2026-11-20T14:00:00Z");
    const alert = (id: string, own: Record<string, unknown> = {}): Promise<void> =>
        database.insert("detection.alerts", [
            {
                ...{ alert_id: id, kind: "alert", rule: "r", rule_version: 1, run: "", origin: "live", entity_id: id },
                ...{ raised_at: new Date(start).toISOString(), event_time: new Date(start).toISOString(), ...own },
            },
        ]);

    before(async () => {
        await createDetection(host.client, []);
        database = new Database(host.url, 60);
    });
    after(() => database.close());

    it("go from fired to closed and back, and notes change none", async () => {
        await alert("a");
        const fired = { state: "fired", outcome: "", actor: "", note: "" };
        assert.deepEqual(await stateOf("a"), fired);
        await event("a", "noted", 1);
        assert.deepEqual(await stateOf("a"), fired);
        const delivery = { message_id: "m", target: "t", kind: "alert", attempt: 1 };
        const at = new Date(start + 2_000).toISOString();
        const decided = { decision: "sent", decided_at: at, version: "1" };
        await database.insert("detection.notifications", [
            { alert_id: "a", target: "t", sequence: 0, message_id: "m", ...decided },
        ]);
        await database.insert("detection.deliveries", [{ ...delivery, state: "intent", at }]);
        assert.equal((await stateOf("a"))?.["state"], "fired");
        await database.insert("detection.deliveries", [{ ...delivery, state: "accepted", at }]);
        assert.deepEqual(await stateOf("a"), { ...fired, state: "notified" });
        const ann = { outcome: "", actor: "ann" };
        await event("a", "escalated", 3);
        assert.deepEqual(await stateOf("a"), { ...ann, state: "escalated", note: "escalated" });
        await event("a", "acknowledged", 4);
        assert.deepEqual(await stateOf("a"), { ...ann, state: "acknowledged", note: "acknowledged" });
        await event("a", "snoozed", 5, { until: new Date(Date.now() + 3_600_000).toISOString() });
        assert.deepEqual(await stateOf("a"), { ...ann, state: "snoozed", note: "snoozed" });
        await event("a", "closed", 6, { outcome: "valuable" });
        assert.deepEqual(await stateOf("a"), { outcome: "valuable", actor: "ann", state: "closed", note: "closed" });
        await event("a", "reopened", 7);
        assert.deepEqual(await stateOf("a"), { ...fired, state: "notified" });
    });

    it("come back by themselves when a snooze is over", async () => {
        await alert("b");
        await event("b", "acknowledged", 1);
        await event("b", "snoozed", 2, { until: new Date(start + 3_000).toISOString() });
        assert.equal((await stateOf("b"))?.["state"], "acknowledged");
    });

    it("count for a rule's precision as they are now, where there are enough", async () => {
        const closed = async (rule: string, count: number, outcome: string): Promise<void> => {
            for (let n = 0; n < count; n++) {
                const id = `${rule}-${outcome}-${String(n)}`;
                await alert(id, { rule });
                await event(id, "closed", n, { outcome });
            }
        };
        await closed("busy", 12, "confirmed");
        await closed("busy", 4, "valuable");
        await closed("busy", 4, "false_positive");
        await closed("few", 19, "false_positive");
        await alert("few-open", { rule: "few" });
        await alert("few-simulated", { rule: "few", run: "sim" });
        await event("few-false_positive-0", "reopened", 100);
        assert.deepEqual(
            await database.rows("SELECT * FROM trading.rule_precision WHERE rule IN ('busy', 'few') ORDER BY rule"),
            [
                {
                    rule: "busy",
                    rule_version: 1,
                    alerts: 20,
                    confirmed: 12,
                    valuable: 4,
                    false_positive: 4,
                    precision: 0.8,
                },
                {
                    rule: "few",
                    rule_version: 1,
                    alerts: 20,
                    confirmed: 0,
                    valuable: 0,
                    false_positive: 18,
                    precision: null,
                },
            ],
        );
        assert.deepEqual(
            await database.rows(
                "SELECT toString(week) AS week, rule, alerts, entities, false_positive, open FROM trading.noisy_rules WHERE rule IN ('busy', 'few')",
            ),
            [
                { week: "2026-11-16", rule: "few", alerts: 20, entities: 20, false_positive: 18, open: 2 },
                { week: "2026-11-16", rule: "busy", alerts: 20, entities: 20, false_positive: 4, open: 0 },
            ],
        );
    });

    it("are read from few granules among a million alerts", async () => {
        const moment = "toDateTime64('2026-11-23 00:00:00', 3, 'UTC') - number";
        const id = "lower(hex(sipHash128(number)))";
        const million = "FROM numbers(1000000)";
        await command(
            `INSERT INTO detection.alerts (alert_id, kind, rule, rule_version, event_time, raised_at, version)
             SELECT ${id}, 'alert', concat('rule_', toString(number % 15)), 1, ${moment}, ${moment}, number ${million}`,
        );
        await command(
            `INSERT INTO detection.notifications (alert_id, target, message_id, decision, decided_at, version)
             SELECT ${id}, 't', toString(intDiv(number, 10)), 'digest', ${moment}, number ${million}`,
        );
        await command(
            `INSERT INTO detection.alert_events (event_id, alert_id, action, actor, at, version)
             SELECT toString(number), ${id}, 'acknowledged', 'ann', ${moment}, number ${million}`,
        );
        const newest = await database.ask<{ id: string }>(
            "SELECT alert_id AS id FROM detection.alerts ORDER BY raised_at DESC LIMIT 50",
        );
        const states = await database.ask(
            "SELECT alert_id, state FROM trading.alert_states WHERE alert_id IN {ids:Array(String)}",
            { parameters: { ids: newest.rows.map((row) => row.id) }, settings: uncached },
        );
        assert.equal(states.rows.length, 50);
        // 50 ids in granules of 8,192 alerts, and of 512 events and notifications each.
        assert.ok(states.readRows <= 50 * (8_192 + 2 * 2 * 512), `read ${String(states.readRows)} rows`);
        const one = await database.ask("SELECT state FROM trading.alert_states WHERE alert_id = {id:String}", {
            parameters: { id: newest.rows[0]?.id },
            settings: uncached,
        });
        assert.ok(one.readRows <= 2 * 8_192 + 2 * 2 * 512, `read ${String(one.readRows)} rows`);
    });
});
