// Proves, on a stack of its own brought up by the real CLI: what `make backup` copies is there again, to the row, after the stack was destroyed with its data and
// started anew; alerts keep their states, nobody is told again of what he was told, and what comes after is stored and told; a restore into a stack with a past is
// refused, and so is what is no backup. Does not prove: a backup under load, nor sizes beyond a few rows; that Kafka's own log comes back (it does not).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { marketTrades } from "../../../schema";
import { storeAlerts } from "../../support/alerts";
import { FakeWebhook } from "../../support/fakes/webhook";
import { until } from "../../support/processes";
import { TestStack } from "../../support/stack";

const secret = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;

describe("make backup, make restore", function () {
    this.timeout(600_000);
    const hook = new FakeWebhook(secret);
    let stack: TestStack;

    /** As make.sh runs it, once the machine is prepared. */
    function cli(goal: string, ...args: string[]): { code: number | null; output: string } {
        const { dir } = stack.project;
        const done = spawnSync(
            process.execPath,
            ["--disable-warning=TimeoutNegativeWarning", "--require", "tsx/cjs", `infra/cli/${goal}.ts`, ...args],
            {
                cwd: dir,
                env: { ...process.env, STACK: "test", PULUMI_BACKEND_URL: `file://${path.dirname(dir)}/state` },
                encoding: "utf8",
                timeout: 300_000,
            },
        );
        const output = done.stdout + done.stderr;
        assert.doesNotMatch(output, /^\s+at .*:\d+:\d+/m);
        return { code: done.status, output };
    }

    async function trades(from: number, count: number): Promise<void> {
        const at = new Date().toISOString();
        const messages = Array.from({ length: count }, (_, index) => {
            const id = String(from + index);
            const event = {
                ...{
                    event_id: `backup|${id}`,
                    event_time: at,
                    source_id: "backup",
                    source_seq: id,
                    origin: "synthetic",
                },
                ...{
                    venue: "backup",
                    symbol: "BTCUSDT",
                    trade_id: id,
                    price: "1.25",
                    quantity: "1",
                    taker_side: "buy",
                },
            };
            return { key: "backup", value: JSON.stringify(event) };
        });
        const producer = await stack.producer();
        await producer.send({ topic: marketTrades.topic.name, messages });
        await producer.disconnect();
    }

    const told = (ids: string): Promise<number> =>
        stack.number(
            `SELECT uniqExact(alert_id) FROM trading.notifications WHERE startsWith(alert_id, '${ids}') AND message_id IN
                (SELECT message_id FROM trading.deliveries WHERE state = 'accepted')`,
        );

    /** What is to be the same after it. */
    const kept = async (): Promise<Record<string, unknown>> => ({
        trades: await stack.rows(`SELECT * EXCEPT (_topic) FROM trading.market_trades ORDER BY event_id`),
        dead: await stack.rows(`SELECT * EXCEPT (topic) FROM trading.dead_letters ORDER BY offset, line`),
        alerts: await stack.rows(`SELECT * FROM trading.alerts WHERE rule = 'drained' ORDER BY alert_id`),
        states: await stack.rows(
            `SELECT * FROM trading.alert_states WHERE startsWith(alert_id, 'a-') ORDER BY alert_id`,
        ),
        notifications: await stack.rows(
            `SELECT * FROM trading.notifications WHERE startsWith(alert_id, 'a-') ORDER BY alert_id`,
        ),
        deliveries: await stack.rows(
            `SELECT * FROM trading.deliveries WHERE message_id IN (SELECT message_id FROM trading.notifications WHERE startsWith(alert_id, 'a-'))
             ORDER BY message_id, at, state`,
        ),
    });

    before(async () => {
        await hook.start();
        stack = await TestStack.start();
        const { project } = stack;
        const target = { name: "me", kind: "webhook", url: hook.url, secrets: [secret] };
        const origins = ["--plaintext", `httpPrivateOrigins[0]=${hook.server.origin}`];
        await project.run(["config", "set-all", "--path", ...origins, "--stack", "test"]);
        await project.run(["config", "set", "--secret", "alertTargets", JSON.stringify([target]), "--stack", "test"]);
        await project.up();
    });
    after(async () => {
        await stack.stop();
        await hook.server.stop();
    });

    it("brings back what was there when the stack is gone with its data, and tells nobody twice", async () => {
        await trades(0, 50);
        const producer = await stack.producer();
        await producer.send({ topic: marketTrades.topic.name, messages: [{ key: "backup", value: "{ broken" }] });
        await producer.disconnect();
        const ids = Array.from({ length: 5 }, (_, n) => `a-${String(n)}`);
        await storeAlerts(
            stack.clickhouse,
            ids.map((id) => ({ id, entity: id })),
        );
        await until("all are told", async () => (await told("a-")) === ids.length, 60_000);
        const row = { event_id: "e1", alert_id: "a-0", action: "acknowledged", actor: "me", version: 1 };
        const at = new Date().toISOString().replace(/[TZ]/g, " ").trim();
        await stack.clickhouse.insert({
            table: "detection.alert_events",
            values: [{ ...row, at }],
            format: "JSONEachRow",
        });
        await until(
            "trades",
            async () => (await stack.number("SELECT count() FROM trading.market_trades")) === 50,
            60_000,
        );
        await until(
            "the dead letter",
            async () => (await stack.number("SELECT count() FROM trading.dead_letters")) === 1,
            60_000,
        );
        const before = await kept();

        const folder = path.join(path.dirname(stack.project.dir), "kept");
        const made = cli("backup", "--to", folder);
        assert.equal(made.code, 0, made.output);
        assert.match(made.output, /\d+ tables, [\d,]+ rows, [\d.]+ MiB in [\d.]+ s/);
        assert.match(cli("backup", "--to", folder).output, /is there already; --to names a new folder/);
        await trades(50, 1);

        await stack.project.destroy({ timeoutSeconds: 180 });
        // As `make clean`, or a disk that is gone.
        rmSync(stack.supervisor.dir, { recursive: true });
        await stack.project.up({ timeoutSeconds: 300 });
        assert.equal(await stack.number("SELECT count() FROM trading.market_trades"), 0);

        const sent = hook.received.length;
        const restored = cli("restore", folder);
        assert.equal(restored.code, 0, restored.output);
        assert.match(restored.output, /lost: what came after the backup \(.* ago\); Kafka is another one/);
        assert.deepEqual(await kept(), before);

        await trades(100, 5);
        await until(
            "new trades",
            async () => (await stack.number("SELECT count() FROM trading.market_trades")) === 55,
            60_000,
        );
        // Once it is told, whatever a restarted worker finds in the past has been decided about.
        await storeAlerts(stack.clickhouse, [{ id: "b-0", entity: "b-0" }]);
        await until("the new one is told", async () => (await told("b-")) === 1, 60_000);
        assert.deepEqual(
            hook.received.slice(sent).map(({ body }) => body.data["id"]),
            ["b-0"],
        );
        assert.equal(await stack.number("SELECT count() FROM trading.gaps"), 0);
    });

    it("goes into a stack with a past of its own once only", () => {
        const folder = path.join(path.dirname(stack.project.dir), "kept");
        const again = cli("restore", folder);
        assert.equal(again.code, 1);
        assert.match(again.output, /which would be there twice: .*detection\.deliveries \(\d+ rows\)/);
        assert.doesNotMatch(again.output, /workers stopped/);
    });

    it("refuses what is no backup", () => {
        const empty = path.join(path.dirname(stack.project.dir), "empty");
        mkdirSync(empty);
        assert.match(cli("restore", empty).output, /holds no backup: there is no manifest\.json in it/);
    });
});
