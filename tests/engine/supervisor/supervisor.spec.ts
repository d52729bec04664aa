/**
 * Proves, with real processes, that the supervisor keeps one stack's processes as they were declared: start, health, crash and
 * restart, change, removal, refusal of bad requests. Does not prove what happens when the supervisor itself dies: survival.spec.ts.
 */
import { strict as assert } from "node:assert";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type SupervisorClient, SupervisorError } from "../../../infra/embedded/supervisor/client";
import { processIdentity } from "../../../infra/embedded/supervisor/identity";
import { tailLog } from "../../../infra/embedded/supervisor/logs";
import { supervisorPaths } from "../../../infra/embedded/supervisor/paths";
import { type ProcessSpec, specHash } from "../../../infra/embedded/supervisor/protocol";
import { readDesired } from "../../../infra/embedded/supervisor/state";
import { kill9, until } from "../../support/processes";
import { type TestStack, testStack } from "./stack";

describe("supervisor: keeps processes as declared", function () {
    this.timeout(40_000);
    let stack: TestStack;
    let client: SupervisorClient;

    before(async () => {
        stack = testStack();
        client = await stack.supervisor();
    });
    after(() => stack.close());

    it("starts a process with the declared environment and no other, and reports it healthy", async () => {
        process.env["LEAKED_SECRET"] = "of the starter";
        const spec = await stack.worker({ GREETING: "hello" });
        await client.put("plain", spec);
        const status = await client.waitHealthy("plain");
        const names = (await (await fetch(`${spec.health.url}env`)).json()) as string[];
        assert.deepEqual(names.sort(), ["GREETING", "HOME", "LANG", "PATH", "TZ"]);
        assert.equal(status.state, "running");
        assert.equal(status.specHash, specHash(spec));
        assert.deepEqual((await client.get("plain"))?.spec, spec);
        assert.ok(tailLog(status.logFile, 5).some((line) => line.startsWith("listening on")));
    });

    it("restarts a crashed process and tells how it ended", async () => {
        const spec = await stack.worker();
        const first = await client.put("crashing", spec);
        await client.waitHealthy("crashing");
        await fetch(`${spec.health.url}crash`).catch(() => undefined);
        const again = await until("a second life", async () => {
            const status = await client.get("crashing");
            return status?.restarts === 1 && status.healthy && status;
        });
        assert.notEqual(again.pid, first.pid);
        assert.equal(again.lastExit?.code, 7);
        kill9(again.pid ?? 0);
        const third = await until("a third life", async () => {
            const status = await client.get("crashing");
            return status?.restarts === 2 && status.healthy && status;
        });
        assert.equal(third.lastExit?.signal, "SIGKILL");
    });

    it("leaves a process alone when its spec is put again, and replaces it when the spec changed", async () => {
        const spec = await stack.worker();
        const first = await client.put("changing", spec);
        await client.waitHealthy("changing");
        const reordered = JSON.parse(
            JSON.stringify({ health: spec.health, env: {}, command: spec.command }),
        ) as ProcessSpec;
        assert.equal((await client.put("changing", reordered)).pid, first.pid);
        const replaced = await client.put("changing", { ...spec, fingerprint: "2" });
        assert.notEqual(replaced.pid, first.pid);
        assert.equal(processIdentity(first.pid ?? 0), undefined, "the old one is gone before the new one starts");
        const status = await client.waitHealthy("changing");
        assert.deepEqual([status.restarts, status.fingerprint], [0, "2"]);
    });

    it("removes a process and waits for its end", async () => {
        const { pid } = await client.put("removed", await stack.worker());
        assert.equal(await client.remove("removed"), true);
        assert.equal(processIdentity(pid ?? 0), undefined);
        assert.equal(await client.get("removed"), undefined);
        assert.equal(await client.remove("removed"), false);
    });

    it("forgets all that are removed at the same time: none comes back with a later supervisor", async () => {
        const names = ["first", "second", "third"];
        for (const name of names) await client.put(name, await stack.worker());
        await Promise.all(names.map((name) => client.remove(name)));
        const desired = readDesired(supervisorPaths(stack.dir).processes).map(({ name }) => name);
        assert.deepEqual(
            desired.filter((name) => names.includes(name)),
            [],
        );
    });

    it("kills a process that ignores SIGTERM, and what it started, after ten seconds", async () => {
        const { pid } = await client.put("stubborn", await stack.worker({ IGNORE_SIGTERM: "1", WITH_GRANDCHILD: "1" }));
        const { logFile } = await client.waitHealthy("stubborn");
        const grandchild = Number(/grandchild (\d+)/.exec(tailLog(logFile, 20).join("\n"))?.[1]);
        assert.ok(processIdentity(grandchild), "the grandchild is alive");
        const began = Date.now();
        await client.remove("stubborn");
        assert.ok(Date.now() - began >= 9_900, "it had its ten seconds");
        assert.ok(tailLog(logFile, 20).includes("SIGTERM ignored"));
        assert.equal(processIdentity(pid ?? 0), undefined);
        await until("the grandchild's end", () => processIdentity(grandchild) === undefined);
    });

    it("kills what a crashed process left behind before it starts anew", async () => {
        const spec = await stack.worker({ WITH_GRANDCHILD: "1" });
        await client.put("parent", spec);
        const { logFile, pid } = await client.waitHealthy("parent");
        const grandchild = Number(/grandchild (\d+)/.exec(tailLog(logFile, 20).join("\n"))?.[1]);
        kill9(pid ?? 0);
        await until("the grandchild's end", () => processIdentity(grandchild) === undefined);
        await client.waitHealthy("parent");
        await client.remove("parent");
    });

    it("reports a process that is alive but not healthy, and its recovery, without restarting it", async () => {
        const sick = path.join(stack.dir, "sick");
        const { pid } = await client.put("sick", await stack.worker({ SICK_FILE: sick }));
        await client.waitHealthy("sick");
        writeFileSync(sick, "");
        await until("unhealthy", async () => (await client.get("sick"))?.healthy === false, 30_000);
        assert.equal((await client.get("sick"))?.state, "running");
        rmSync(sick);
        const status = await client.waitHealthy("sick");
        assert.equal(status.pid, pid);
    });

    it("names the reason and the log's last lines when a process does not become healthy", async () => {
        const spec = await stack.worker();
        await client.put("doomed", { ...spec, command: ["sh", "-c", "echo cannot open the books; exit 4"] });
        await assert.rejects(
            client.waitHealthy("doomed"),
            /^Error: doomed: it keeps crashing, found it \w+, last end: exit code 4; see .*doomed\.log, which ends with\n[^]*cannot open the books/,
        );
        await client.put("doomed", { ...spec, command: ["no-such-program"] });
        await assert.rejects(
            client.waitHealthy("doomed", { timeoutSeconds: 1 }),
            /no-such-program cannot be started: spawn no-such-program ENOENT/,
        );
        await client.put("doomed", { ...spec, cwd: "/no/such/folder" });
        await assert.rejects(
            client.waitHealthy("doomed", { timeoutSeconds: 1 }),
            /its folder \/no\/such\/folder does not exist/,
        );
        await client.remove("doomed");
    });

    it("retries a process that waits out a backoff at once when it is put again", async () => {
        const spec = await stack.worker();
        const flag = path.join(stack.dir, "may-start");
        const command = ["sh", "-c", `test -e ${flag} && exec "$0" "$@"`, ...spec.command];
        await client.put("waiting", { ...spec, command });
        await until("a long backoff", async () => ((await client.get("waiting"))?.restarts ?? 0) >= 4);
        writeFileSync(flag, "");
        await client.put("waiting", { ...spec, command });
        assert.notEqual((await client.get("waiting"))?.state, "backoff");
        await client.waitHealthy("waiting");
    });

    it("refuses what it does not understand, without quoting values of the environment", async () => {
        const bad = {
            command: [],
            env: { TOKEN: "secret-1" },
            health: { tcp: "nowhere" },
            retries: 3,
        } as unknown as ProcessSpec;
        await assert.rejects(client.put("bad", bad), (error: Error) => {
            assert.ok(error instanceof SupervisorError);
            assert.equal(error.status, 400);
            assert.match(error.message, /command: .*; health.tcp: .*; spec: .*retries/);
            assert.doesNotMatch(error.message, /secret-1/);
            return true;
        });
        await assert.rejects(client.put("../bad", await stack.worker()), /a process name is of/);
        assert.equal(await client.get("bad"), undefined);
    });

    it("never writes a value of an environment to a log", async () => {
        await client.put("secretive", await stack.worker({ TOKEN: "secret-2" }));
        const { logFile } = await client.waitHealthy("secretive");
        const lines = [...tailLog(logFile, 1000), ...tailLog(path.join(stack.dir, "logs", "supervisor.log"), 1000)];
        assert.ok(lines.length > 2);
        assert.ok(lines.every((line) => !line.includes("secret-2")));
    });
});
