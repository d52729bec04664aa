// Proves, with the worker as a process, a real ClickHouse and a receiver that speaks the real protocol: the weekly report counts the live alerts of the last whole week
// and how they were closed, names nobody, goes only to the targets that ask for it, and goes once, however often the worker is restarted or killed (-9) between the
// receiver's answer and its row (then again under the same id), and once more when somebody asks for it. Does not prove: that it is sent on a Monday (tests/unit/alerts).
import assert from "node:assert/strict";
import { reportedWeek } from "../../../functions/alerts/report";
import { storeAlerts } from "../../support/alerts";
import { useClickHouseHost } from "../../support/clickhouse";
import { createDetection } from "../../support/detection";
import { FakeWebhook } from "../../support/fakes/webhook";
import { until } from "../../support/processes";
import { WorkerProcess } from "../../support/worker";

const secret = `whsec_${Buffer.alloc(32, 4).toString("base64")}`;
const hourMs = 3_600_000;

describe("weekly report of rules", function () {
    this.timeout(120_000);
    const host = useClickHouseHost({ clickhouse_settings: { output_format_json_quote_64bit_integers: 0 } });
    const reported = new FakeWebhook(secret);
    const others = new FakeWebhook(secret);
    let worker: WorkerProcess | undefined;

    before(async () => {
        await createDetection(host.client, []);
        await Promise.all([reported.start(), others.start()]);
        const monday = reportedWeek(Date.now());
        const at = (hours: number): { raised: number; event: number } => ({
            ...{ raised: monday + hours * hourMs, event: monday + hours * hourMs },
        });
        await storeAlerts(host.client, [
            { id: "before", entity: "mallory", ...at(-1) },
            { id: "a", entity: "mallory", ...at(0) },
            { id: "b", entity: "alice", ...at(50) },
            { id: "c", entity: "alice", rule: "quiet", ...at(167) },
            { id: "after", entity: "alice", ...at(168) },
        ]);
        const stamp = new Date(monday + 60 * hourMs).toISOString().replace(/[TZ]/g, " ").trim();
        const closed = {
            action: "closed",
            outcome: "false_positive",
            actor: "me",
            note: "known",
            at: stamp,
            version: 1,
        };
        await host.client.insert({
            table: "detection.alert_events",
            values: [{ event_id: "e", alert_id: "a", ...closed }],
            format: "JSONEachRow",
        });
    });
    after(async () => {
        await worker?.kill9();
        await Promise.all([reported.server.stop(), others.server.stop()]);
    });

    async function start(): Promise<WorkerProcess> {
        const target = { kind: "webhook", secrets: [secret] };
        const targets = [
            { ...target, name: "reported", url: reported.url, weeklyReport: true },
            { ...target, name: "others", url: others.url },
        ];
        worker = await WorkerProcess.start("alerts", {
            CLICKHOUSE_URL: host.url,
            ALERT_TARGETS_SECRET: JSON.stringify(targets),
            HTTP_PRIVATE_ORIGINS: [reported.server.origin, others.server.origin].join(","),
            LOG_LEVEL: "info",
        });
        return worker;
    }

    async function journal(): Promise<string[]> {
        const query = `SELECT concat(toString(target), ' ', toString(state)) AS row FROM trading.deliveries WHERE kind = 'report' ORDER BY at, state`;
        const rows = await (await host.client.query({ query, format: "JSONEachRow" })).json<{ row: string }>();
        return rows.map(({ row }) => row);
    }
    const journalled = (rows: readonly string[]): Promise<unknown> =>
        until(
            `the journal says ${rows.join(", ")}\n${worker?.output ?? ""}`,
            async () => JSON.stringify(await journal()) === JSON.stringify(rows),
            60_000,
        );
    const reports = (hook: FakeWebhook): FakeWebhook["received"] =>
        hook.received.filter(({ body }) => body.type === "report.weekly");

    it("is sent again under its id when the worker died before it wrote that it was taken", async () => {
        reported.onAccept = async ({ body }) => {
            if (body.type === "report.weekly") await worker?.kill9();
        };
        await start();
        await until("it has been taken", () => reports(reported).length === 1, 60_000);
        await journalled(["reported intent"]);
        reported.onAccept = () => undefined;
        await start();
        await journalled(["reported intent", "reported intent", "reported accepted"]);
        const [first, second, ...more] = reports(reported);
        assert.equal(first?.id, second?.id);
        assert.deepEqual(first?.body, second?.body);
        assert.deepEqual(more, []);
    });

    it("counts the week's live alerts by rule, the noisiest first, and names nobody", () => {
        const data = reports(reported)[0]?.body.data ?? {};
        const week = new Date(reportedWeek(Date.now())).toISOString().slice(0, 10);
        assert.deepEqual(data, {
            ...{ target: "reported", title: `Rules and their alerts in the week from ${week}`, sequence: 0 },
            ...{ alerts: "3", false_positives: "1" },
            "drained v1":
                "2 alerts of 2 entities: 1 false positives, 0 useful, 1 open; too few closed for a precision; fraud",
            "quiet v1":
                "1 alerts of 1 entities: 0 false positives, 0 useful, 1 open; too few closed for a precision; fraud",
            query: `SELECT * FROM trading.noisy_rules WHERE week = '${week}'`,
        });
        assert.deepEqual(Object.keys(data).slice(-3, -1), ["drained v1", "quiet v1"]);
    });

    it("is sent once: not by the next worker, and not to who did not ask for it", async () => {
        const sent = reports(reported).length;
        assert.equal(await worker?.stop(), 0);
        await start();
        // A new alert is told of after the first look for reports, which is part of the same round or an earlier one.
        await storeAlerts(host.client, [{ id: "now", entity: "bob" }]);
        await until("the alert is told", () => others.received.some(({ body }) => body.data["id"] === "now"), 60_000);
        await storeAlerts(host.client, [{ id: "later", entity: "carol" }]);
        await until("and one more", () => reported.received.some(({ body }) => body.data["id"] === "later"), 60_000);
        assert.equal(reports(reported).length, sent);
        assert.equal(reports(others).length, 0);
        assert.equal((await journal()).filter((row) => row.endsWith("accepted")).length, 1);
    });

    it("is sent once more, under its id, when somebody asks for it", async () => {
        const [first] = reports(reported);
        assert.ok(first !== undefined);
        const sent = reports(reported).length;
        const at = new Date().toISOString().replace(/[TZ]/g, " ").trim();
        const row = { message_id: first.id, target: "reported", kind: "report", attempt: 0, state: "replayed", at };
        await host.client.insert({ table: "detection.deliveries", values: [row], format: "JSONEachRow" });
        assert.equal(await worker?.stop(), 0);
        await start();
        await until("it came again", () => reports(reported).length === sent + 1, 60_000);
        assert.equal(reports(reported).at(-1)?.id, first.id);
    });
});
