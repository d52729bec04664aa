// Proves, on the whole stack configured as the README says: `make simulate SCENARIO=account-takeover` plays one attack on live time beside ordinary traffic, and the
// message about it reaches a webhook, signed by Standard Webhooks, about somebody the simulator's label names, without his name; a wrong scenario is answered with
// the known ones. Does not prove: how soon it comes (npm run bench -- --only webhook), nor what the other scenarios lead to (npm run detection-report).
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { FakeWebhook } from "../../support/fakes/webhook";
import { until } from "../../support/processes";
import { repository } from "../../support/pulumi";
import { sharedStack, type TestStack } from "../../support/stack";

const secret = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;

describe("make simulate SCENARIO=account-takeover", function () {
    this.timeout(400_000);
    const hook = new FakeWebhook(secret);
    let stack: TestStack;
    let simulator: ChildProcess | undefined;
    let output = "";

    /** As make.sh runs it, once the machine is prepared. */
    function simulate(...args: string[]): ChildProcess {
        const { dir } = stack.project;
        const env = { ...process.env, STACK: "test", PULUMI_BACKEND_URL: `file://${path.dirname(dir)}/state` };
        const options = { cwd: dir, env, stdio: ["ignore", "pipe", "pipe"] as ["ignore", "pipe", "pipe"] };
        const child = spawn(process.execPath, ["--require", "tsx/cjs", "infra/cli/simulate.ts", ...args], options);
        for (const stream of [child.stdout, child.stderr])
            stream.setEncoding("utf8").on("data", (text: string) => (output += text));
        return child;
    }

    before(async () => {
        stack = await sharedStack();
        await hook.start();
        const target = { name: "me", kind: "webhook", url: hook.url, secrets: [secret] };
        const plain = [
            "notifyOrigins[0]=live",
            "notifyOrigins[1]=synthetic",
            `httpPrivateOrigins[0]=${hook.server.origin}`,
        ];
        await stack.project.config({ allowSynthetic: "true" });
        const lists = plain.flatMap((each) => ["--plaintext", each]);
        await stack.project.run(["config", "set-all", "--path", ...lists, "--stack", "test"]);
        const targets = ["alertTargets", JSON.stringify([target])];
        await stack.project.run(["config", "set", "--secret", ...targets, "--stack", "test"]);
        await stack.project.up();
    });

    after(async () => {
        if (simulator?.exitCode === null) simulator.kill("SIGKILL");
        const keys = ["allowSynthetic", "notifyOrigins", "httpPrivateOrigins", "alertTargets"];
        await stack.project.run(["config", "rm-all", ...keys, "--stack", "test"]);
        await stack.project.up();
        await hook.server.stop();
    });

    it("hands the scenario on as the simulator's option", () => {
        // Under `make test` it is a make within a make, which says where it is.
        const quietly = ["--no-print-directory", "-n"];
        const made = spawnSync("make", [...quietly, "simulate", "SCENARIO=account-takeover", "ARGS=--seed 3"], {
            cwd: repository,
            encoding: "utf8",
        });
        assert.equal(made.stdout.trim(), "infra/cli/make.sh simulate --stage 'account-takeover' --seed 3");
    });

    it("names the scenarios there are, when it is asked for another", async () => {
        const child = simulate("--stage", "takeover");
        await once(child, "close");
        assert.notEqual(child.exitCode, 0);
        assert.match(output, /Known are: .*account-takeover, takeover-login, .*self-trade/);
        output = "";
    });

    it("reaches the webhook", async () => {
        simulator = simulate("--stage", "account-takeover");
        const alert = await until(
            "the message about it",
            async () => {
                const [row] = await stack.rows<{ user: string; run: string; origin: string; message: string }>(
                    `SELECT alerts.entity_id AS user, alerts.run AS run, alerts.origin AS origin, told.message_id AS message
                     FROM trading.alerts AS alerts INNER JOIN trading.notifications AS told ON told.alert_id = alerts.alert_id
                     WHERE alerts.rule = 'new_ip_withdrawal' AND told.message_id IN (SELECT arrayJoin({ids:Array(String)}))`,
                    { ids: [...hook.ids] },
                );
                return row;
            },
            240_000,
        );
        assert.equal(hook.refused, 0);
        const told = hook.received.find(({ id }) => id === alert.message);
        assert.equal(alert.origin, "synthetic");
        assert.ok(output.includes(JSON.stringify(alert.run)), output);
        assert.ok(!JSON.stringify(told).includes(alert.user));
        const labelled = await until(
            "the label",
            async () => {
                const rows = await stack.rows<{ user: string }>(
                    `SELECT entity_id AS user FROM trading.scenario_labels WHERE run_id = {run:String} AND scenario = 'takeover_login' AND entity_kind = 'user'`,
                    { run: alert.run },
                );
                return rows.length > 0 && rows;
            },
            120_000,
        );
        assert.deepEqual(labelled, [{ user: alert.user }]);
        if (simulator.exitCode === null) {
            simulator.kill("SIGTERM");
            await once(simulator, "close");
        }
        assert.match(output, /events acknowledged/);
    });
});
