// Proves, with the worker as a process, a real ClickHouse and receivers that speak the real protocols: an alert is told once, to whom the routes say, and what is
// not told says why; killed (-9) before a send, after the receiver has taken it, or before the result is written, nothing is lost and at most the message on its
// way goes out again, under the same id; a dead receiver's alerts reach whoever stands in, and are sent after all on demand. Does not prove: figures of time.
import assert from "node:assert/strict";
import { createDetection } from "../../support/detection";
import { ClickHouseTap, storeAlerts } from "../../support/alerts";
import { useClickHouseHost } from "../../support/clickhouse";
import { FakeSlack } from "../../support/fakes/slack";
import { FakeWebhook } from "../../support/fakes/webhook";
import { until } from "../../support/processes";
import { WorkerProcess } from "../../support/worker";

const secret = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;

describe("delivery of alerts", function () {
    this.timeout(120_000);
    const host = useClickHouseHost({ clickhouse_settings: { output_format_json_quote_64bit_integers: 0 } });
    let tap: ClickHouseTap;
    let hook: FakeWebhook;
    let chat: FakeSlack;
    let worker: WorkerProcess | undefined;

    before(() => createDetection(host.client, []));

    beforeEach(async () => {
        for (const name of ["alerts", "notifications", "deliveries", "delivery_claims", "alert_events", "silences"])
            await host.client.command({ query: `TRUNCATE TABLE detection.${name}` });
        [tap, hook, chat] = await Promise.all([
            new ClickHouseTap(host.url).start(),
            new FakeWebhook(secret).start(),
            new FakeSlack().start(),
        ]);
    });

    afterEach(async () => {
        await worker?.kill9();
        worker = undefined;
        await Promise.all([tap.stop(), hook.server.stop(), chat.server.stop()]);
    });

    async function start(env: Record<string, string> = {}): Promise<WorkerProcess> {
        const targets = [
            {
                name: "hook",
                kind: "webhook",
                url: hook.url,
                secrets: [secret],
                burst: 50,
                perSecond: 50,
                fallback: "chat",
            },
            { name: "chat", kind: "slack", url: chat.url },
        ];
        worker = await WorkerProcess.start("alerts", {
            CLICKHOUSE_URL: tap.url,
            ALERT_TARGETS_SECRET: JSON.stringify(targets),
            ALERT_ROUTES: JSON.stringify([{ owners: ["fraud"], targets: ["hook"] }]),
            HTTP_PRIVATE_ORIGINS: [hook.server.origin, chat.server.origin].join(","),
            PSEUDONYM_KEY: "a key of enough length",
            LOG_LEVEL: "info",
            ...env,
        });
        return worker;
    }

    async function rows<T>(query: string): Promise<T[]> {
        return (await host.client.query({ query, format: "JSONEachRow" })).json<T>();
    }

    const settled = (count: number): Promise<unknown> =>
        until(
            `${String(count)} alerts at rest\n${worker?.output ?? ""}`,
            async () => {
                const [row] = await rows<{ n: number }>(
                    `SELECT uniqExact(alert_id) AS n FROM trading.notifications WHERE target = '' OR message_id IN
                        (SELECT message_id FROM trading.deliveries WHERE state IN ('accepted', 'dead'))`,
                );
                return (row?.n ?? 0) >= count;
            },
            60_000,
        );

    const alerts = (count: number, from = 0): { id: string; entity: string }[] =>
        Array.from({ length: count }, (_, n) => ({ id: `alert-${String(from + n)}`, entity: `user-${String(n % 7)}` }));

    it("tells an alert once, and writes down of the others why not", async () => {
        const old = Date.now() - 2 * 3_600_000;
        const silence = {
            ...{
                silence_id: "s1",
                kind: "silence",
                entity_kind: "user",
                entity_id: "quiet",
                author: "me",
                reason: "known",
            },
            ...{ starts_at: "2026-01-01 00:00:00", ends_at: "2099-01-01 00:00:00", version: 1 },
        };
        await host.client.insert({ table: "detection.silences", values: [silence], format: "JSONEachRow" });
        await storeAlerts(host.client, [
            { id: "told" },
            { id: "shadow", mode: "shadow" },
            { id: "suppressed", held_back: "breaker" },
            { id: "not_live", origin: "backfill" },
            { id: "silenced", entity: "quiet" },
            { id: "no_route", owner: "operations" },
            { id: "too_old", event: old },
        ]);
        await start();
        await settled(7);
        await storeAlerts(host.client, [{ id: "later" }, { id: "told" }]);
        await settled(8);
        const decided = await rows<{ id: string; decision: string }>(
            `SELECT alert_id AS id, toString(decision) AS decision FROM trading.notifications ORDER BY id`,
        );
        assert.deepEqual(
            decided.map(({ id, decision }) => `${id}: ${decision}`),
            [
                ...["later: sent", "no_route: no_route", "not_live: not_live", "shadow: shadow", "silenced: silenced"],
                ...["suppressed: suppressed", "told: sent", "too_old: too_old"],
            ],
        );
        const heard = hook.received.map(({ body }) => `${body.type} ${body.data["id"] ?? body.data["count"] ?? ""}`);
        assert.deepEqual(heard.sort(), ["alert.fired later", "alert.fired told", "alert.summary 1"]);
        assert.doesNotMatch(JSON.stringify(hook.received), /alice/);
        const states = await rows<{ state: string }>(
            `SELECT state FROM trading.alert_states WHERE alert_id IN ('told', 'too_old') ORDER BY alert_id`,
        );
        assert.deepEqual(
            states.map(({ state }) => state),
            ["notified", "fired"],
        );
        assert.equal(await worker?.stop(), 0);
    });

    const journalled = (statement: string, state: string): boolean =>
        statement.includes("INSERT INTO detection.deliveries") && statement.includes(`"state":"${state}"`);
    const killings: Record<string, (kill: () => Promise<void>) => void> = {
        "before it sends": (kill) => (tap.after = async (sql) => (journalled(sql, "intent") ? kill() : undefined)),
        "after the receiver has taken it": (kill) => (hook.onAccept = kill),
        "before the result is written": (kill) =>
            (tap.before = async (sql) => (journalled(sql, "accepted") ? kill() : undefined)),
    };

    for (const [when, arm] of Object.entries(killings))
        it(`loses nothing, and repeats at most what was on its way, when it is killed ${when}`, async () => {
            const running = await start();
            let left = 3;
            const killed = new Promise<void>((resolve) =>
                arm(async () => {
                    if ((left -= 1) > 0 || left < 0) return;
                    await running.kill9();
                    resolve();
                }),
            );
            await storeAlerts(host.client, alerts(10));
            await storeAlerts(host.client, alerts(10, 10));
            await Promise.race([killed, new Promise((resolve) => setTimeout(resolve, 60_000))]);
            assert.equal(left, 0, running.output);
            await storeAlerts(host.client, alerts(10, 20));
            await start();
            await settled(30);
            const repeats = hook.received.length - hook.ids.size;
            assert.ok(repeats <= (when === "before it sends" ? 0 : 1), `${String(repeats)} repeats`);
            const [told] = await rows<{ alerts: number; rows: number; foreign: number }>(
                `SELECT uniqExact(alert_id) AS alerts, count() AS rows, countIf(message_id NOT IN (${[...hook.ids].map((id) => `'${id}'`).join(",")})) AS foreign
                 FROM trading.notifications WHERE target = 'hook'`,
            );
            assert.deepEqual(told, { alerts: 30, rows: 30, foreign: 0 });
            const orphans = await rows(
                `SELECT message_id, attempt FROM trading.deliveries WHERE state != 'intent' AND attempt > 0
                    AND (message_id, attempt) NOT IN (SELECT message_id, attempt FROM trading.deliveries WHERE state = 'intent')`,
            );
            assert.deepEqual(orphans, []);
        });

    it("tells whoever stands in of what a receiver refuses, says so on its health page, and sends it after all on demand", async () => {
        hook.server.fail({ kind: "status", status: 400 });
        const running = await start();
        await storeAlerts(host.client, [{ id: "refused" }]);
        await until("the other one is told", () => chat.messages.length > 0, 30_000);
        assert.match(chat.messages[0]?.text ?? "", /Escalated/);
        const health = await running.health();
        assert.equal(health?.status, "failing");
        assert.match(health.reasons.join(), /messages to hook were given up/);
        const [dead] = await rows<{ id: string }>(
            `SELECT message_id AS id FROM trading.deliveries WHERE state = 'dead'`,
        );
        const again = {
            message_id: dead?.id,
            target: "hook",
            kind: "alert",
            attempt: 0,
            state: "replayed",
            at: Date.now(),
        };
        const test = { ...again, message_id: "test-1", kind: "test" };
        const values = [again, test].map((row) => ({
            ...row,
            at: new Date(row.at).toISOString().replace(/[TZ]/g, " ").trim(),
        }));
        await host.client.insert({ table: "detection.deliveries", values, format: "JSONEachRow" });
        await until("both have arrived", () => hook.received.length === 2, 30_000);
        assert.deepEqual(new Set(hook.received.map(({ body }) => body.type)), new Set(["alert.fired", "test"]));
        assert.ok(hook.ids.has(dead?.id ?? ""));
    });

    it("tells again what nobody answers, and then others, until somebody has taken it on", async () => {
        const follow = { repeatMinutes: 0.05, escalateMinutes: 0.1, escalateTo: ["chat"] };
        await start({ ALERT_ROUTES: JSON.stringify([{ targets: ["hook"], ...follow }]) });
        await storeAlerts(host.client, [{ id: "ignored" }]);
        await until("it is escalated", () => chat.messages.length > 0, 30_000);
        await until("it is told again", () => hook.received.some(({ body }) => body.type === "alert.repeated"), 30_000);
        const states = await rows<{ state: string }>(
            `SELECT state FROM trading.alert_states WHERE alert_id = 'ignored'`,
        );
        assert.deepEqual(states, [{ state: "escalated" }]);
        const at = new Date().toISOString().replace(/[TZ]/g, " ").trim();
        const row = { event_id: "e1", alert_id: "ignored", action: "acknowledged", actor: "me", at, version: 1 };
        await host.client.insert({ table: "detection.alert_events", values: [row], format: "JSONEachRow" });
        const told = async (id: string, target: string): Promise<number> =>
            (await rows(`SELECT * FROM trading.notifications WHERE alert_id = '${id}' AND target = '${target}'`))
                .length;
        // Another alert is the clock: once it is told, what was on its way has gone; and it is told again as often as the first one would be.
        await storeAlerts(host.client, [{ id: "other", entity: "other" }]);
        await until("the other one is told", async () => (await told("other", "hook")) > 0, 30_000);
        const before = await told("ignored", "hook");
        await until("the other one is told again and again", async () => (await told("other", "hook")) >= 4, 60_000);
        assert.equal(await told("ignored", "hook"), before);
        assert.equal(await told("ignored", "chat"), 1);
    });

    it("runs without a target, and says so", async () => {
        const running = await start({ ALERT_TARGETS_SECRET: "[]", ALERT_ROUTES: "[]" });
        await running.says(/no target is configured/);
        await storeAlerts(host.client, [{ id: "alone" }]);
        await settled(1);
        assert.equal(await running.stop(), 0);
    });
});
