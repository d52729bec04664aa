// Proves, against a real ClickHouse: rules are listed as they stand; a lead switches one off until a time with a reason and on again, an analyst cannot; an analyst
// silences alerts until a time and ends it, a viewer cannot; nothing is done without the visit's own token, and everything that is done is in the audit log;
// the worker's health says whether ClickHouse answers. Does not prove: that the evaluator and delivery obey (tests/engine/cases, tests/engine/alerts).
import assert from "node:assert/strict";
import { rules } from "../../../schema/rules";
import { freePort, until } from "../../support/processes";
import { startClickHouseHost } from "../../support/clickhouse";
import { WorkerProcess } from "../../support/worker";
import { hostile, Showing } from "./showing";

const reason = hostile.slice(0, 100);

describe("rules and silences on the console", function () {
    this.timeout(120_000);
    const showing = Showing.use();
    const rule = rules.find(({ mode }) => mode === "active")?.id ?? "";
    const audited = async (action: string): Promise<string[]> =>
        (
            await showing.database.rows<{ line: string }>(
                "SELECT concat(actor, ' ', role, ' ', subject) AS line FROM trading.audit_log WHERE action = {action:String} ORDER BY at",
                { action },
            )
        ).map(({ line }) => line);

    it("lists every rule, with buttons for a lead alone", async () => {
        const { status, body } = await showing.get("/rules", "analyst");
        assert.equal(status, 200);
        for (const { id } of rules) assert.ok(body.includes(`/?rule=${id}"`), id);
        assert.ok(!body.includes('action="/rules/'));
        assert.ok((await showing.get("/rules", "lead")).body.includes(`action="/rules/${rule}/disabled"`));
    });

    it("switches a rule off until a time and on again, by a lead", async () => {
        const [lead, analyst] = [await showing.visit("lead"), await showing.visit("analyst")];
        const off = (who: { cookie: string; csrf: string }, form: Record<string, string>): Promise<Response> =>
            showing.post(
                `/rules/${rule}/disabled`,
                { csrf: who.csrf, until: "8h", reason, ...form },
                { cookie: who.cookie },
            );
        assert.equal((await off(analyst, {})).status, 403);
        assert.equal((await off(lead, { csrf: analyst.csrf })).status, 403);
        assert.equal((await off(lead, { reason: " " })).status, 400);
        assert.equal((await off(lead, { until: "2001-01-01T00:00:00Z" })).status, 400);
        assert.deepEqual(await audited("rules.disable"), []);
        assert.equal((await off(lead, {})).status, 303);
        const { body } = await showing.get("/rules", "viewer");
        assert.match(body, /off until \d{4}-[^<]* UTC by lead: &lt;script&gt;/);
        const on = await showing.post(`/rules/${rule}/enabled`, { csrf: lead.csrf }, { cookie: lead.cookie });
        assert.equal(on.status, 303);
        assert.ok(!(await showing.get("/rules", "viewer")).body.includes("off until"));
        const again = await showing.post(`/rules/${rule}/enabled`, { csrf: lead.csrf }, { cookie: lead.cookie });
        assert.equal(again.status, 409);
        assert.deepEqual(await audited("rules.disable"), [`lead lead ${rule}`]);
        assert.deepEqual(await audited("rules.enable"), [`lead lead ${rule}`]);
    });

    it("silences alerts until a time, and ends that, by an analyst", async () => {
        const [analyst, viewer] = [await showing.visit("analyst"), await showing.visit("viewer")];
        const add = (who: { cookie: string; csrf: string }, form: Record<string, string>): Promise<Response> =>
            showing.post("/silences", { csrf: who.csrf, until: "8h", reason, ...form }, { cookie: who.cookie });
        assert.equal((await add(viewer, { rule })).status, 403);
        assert.equal((await add(analyst, { rule, csrf: viewer.csrf })).status, 403);
        const all = await add(analyst, {});
        assert.equal(all.status, 409);
        assert.match(await all.text(), /a silence of all alerts is a maintenance window/);
        assert.equal((await add(analyst, { rule, until: "" })).status, 400);
        assert.equal((await add(analyst, { rule, entityKind: "user", entity: hostile.slice(0, 200) })).status, 303);
        const { body } = await showing.get("/silences", "analyst");
        const [, id = ""] = /action="\/silences\/([0-9a-f]{12})\/ended"/.exec(body) ?? [];
        assert.ok(body.includes(`${rule} user &lt;script&gt;`) && !body.includes("<script>document"));
        assert.ok(!(await showing.get("/silences", "viewer")).body.includes('action="/silences'));
        const end = (who: { cookie: string; csrf: string }): Promise<Response> =>
            showing.post(`/silences/${id}/ended`, { csrf: who.csrf }, { cookie: who.cookie });
        assert.equal((await end(viewer)).status, 403);
        assert.equal((await end(analyst)).status, 303);
        assert.equal((await end(analyst)).status, 409);
        assert.match((await showing.get("/silences", "viewer")).body, /Nothing is silenced/);
        assert.deepEqual(await audited("alerts.silence.add"), [`analyst analyst ${id}`]);
        assert.deepEqual(await audited("alerts.silence.end"), [`analyst analyst ${id}`]);
    });

    it("leads from an alert to a silence of its rule for its entity", async () => {
        const { body } = await showing.get("/alerts/a2", "analyst");
        const [, path = ""] = /href="(\/silences\?[^"]*)"/.exec(body) ?? [];
        const form = (await showing.get(path.replaceAll("&amp;", "&"), "analyst")).body;
        assert.match(form, /name="entity" value="user-2"/);
    });

    it("is unhealthy while ClickHouse does not answer", async () => {
        const clickhouse = await startClickHouseHost();
        const console = await WorkerProcess.start("console", {
            CLICKHOUSE_URL: clickhouse.url,
            CONSOLE_PORT: String(await freePort()),
        });
        try {
            await until("it is healthy", async () => (await console.health())?.status === "ok", 60_000);
            await clickhouse.stop();
            await until(
                "it says that ClickHouse is gone",
                async () => {
                    const health = await console.health();
                    return (
                        health?.status === "failing" &&
                        /clickhouse: ClickHouse does not answer/.test(health.reasons.join())
                    );
                },
                60_000,
            );
        } finally {
            await console.stop();
            await clickhouse.kill9();
        }
    });
});
