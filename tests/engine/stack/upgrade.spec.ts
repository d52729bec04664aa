// Proves, on a stack of its own brought up by the real CLI from the commit before this one: `pulumi up` with the present files while 5,000 events a second
// flow loses none of them and stores none twice, keeps the states of alerts, sends no message again, and leaves nothing for a second `up` to do.
// `UPGRADE_FROM=<commit>` takes another commit. Does not prove: an upgrade of dependencies (both commits run with those installed here), nor one of Kafka or
// ClickHouse themselves. Where there is no history (a clone of depth 1) it is skipped, and says so.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import path from "node:path";
import { storeAlerts } from "../../support/alerts";
import { bringToPresent, checkOut, previousCommit } from "../../support/commits";
import { FakeWebhook } from "../../support/fakes/webhook";
import { Load } from "../../support/load";
import { until } from "../../support/processes";
import { TestStack } from "../../support/stack";

const secret = `whsec_${Buffer.alloc(32, 6).toString("base64")}`;
const old = ["old-0", "old-1", "old-2"];

describe("upgrade from the commit before", function () {
    this.timeout(900_000);
    const hook = new FakeWebhook(secret);
    let stack: TestStack | undefined;

    const running = (): TestStack => {
        assert.ok(stack !== undefined);
        return stack;
    };
    const states = (): Promise<unknown[]> =>
        running().rows(
            "SELECT alert_id, state, actor, note FROM trading.alert_states WHERE startsWith(alert_id, 'old-') ORDER BY alert_id",
        );
    const heard = (id: string): number => hook.received.filter(({ body }) => body.data["id"] === id).length;

    before(async function () {
        const commit = previousCommit();
        if (commit === undefined) {
            process.stderr.write("upgrade: skipped, this clone has no commit before the present one\n");
            this.skip();
        }
        await hook.start();
        const tree = checkOut(commit);
        try {
            stack = await TestStack.start({ collectMarketData: "false" }, tree);
        } finally {
            rmSync(path.dirname(tree), { recursive: true });
        }
        const { project } = stack;
        const target = { name: "me", kind: "webhook", url: hook.url, secrets: [secret] };
        const origins = ["--plaintext", `httpPrivateOrigins[0]=${hook.server.origin}`];
        await project.run(["config", "set-all", "--path", ...origins, "--stack", "test"]);
        await project.run(["config", "set", "--secret", "alertTargets", JSON.stringify([target]), "--stack", "test"]);
        await project.up();
    });
    after(async () => {
        await stack?.stop();
        await hook.server.stop();
    });

    it("loses no event, forgets no alert and repeats no message", async () => {
        const { clickhouse, project } = running();
        await storeAlerts(
            clickhouse,
            old.map((id) => ({ id, entity: id })),
        );
        await until("all are told", () => old.every((id) => heard(id) === 1), 60_000);
        const at = new Date().toISOString().replace(/[TZ]/g, " ").trim();
        const row = { event_id: "e1", alert_id: "old-0", action: "acknowledged", actor: "me", version: 1 };
        await clickhouse.insert({
            table: "detection.alert_events",
            values: [{ ...row, at }],
            format: "JSONEachRow",
        });
        const before = await states();
        assert.equal(before.length, old.length);

        const load = new Load(running(), "upgrade", 5_000);
        load.start();
        const stored = "SELECT count() FROM trading.market_trades WHERE venue = 'upgrade'";
        await until("events flow", async () => (await running().number(stored)) > 5_000, 60_000);
        bringToPresent(project.dir);
        await project.up({ timeoutSeconds: 300 });
        const sent = load.acknowledged;
        await until("events flow on", () => load.acknowledged > sent + 5_000, 60_000);
        const total = await load.stop();
        await until(`${String(total)} events`, async () => (await running().number(stored)) === total, 120_000);
        assert.equal(
            await running().number("SELECT uniqExact(event_id) FROM trading.market_trades WHERE venue = 'upgrade'"),
            total,
        );
        assert.equal(await running().number("SELECT count() FROM trading.gaps"), 0);
        assert.equal(await running().number("SELECT count() FROM trading.dead_letters"), 0);

        // Once this one is told, whatever a new worker finds in the past has been decided about.
        await storeAlerts(clickhouse, [{ id: "new-0", entity: "new-0" }]);
        await until("the new one is told", () => heard("new-0") === 1, 60_000);
        assert.deepEqual(await states(), before);
        for (const id of old) assert.equal(heard(id), 1, id);
    });

    it("is whole: a second up changes nothing", async () => {
        const { output } = await running().project.up();
        assert.doesNotMatch(output, /\d+ (created|updated|deleted|replaced)/);
        assert.match(output, /\d+ unchanged/);
    });
});
