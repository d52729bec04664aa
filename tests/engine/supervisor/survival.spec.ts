/**
 * Proves that processes outlive a killed supervisor and are adopted by the next one, that everything comes back after kill -9 of
 * all, and that one folder has one supervisor. Does not prove what a restart of the machine does to data: that is the services' part.
 */
import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ensureSupervisor, supervisorIfAlive } from "../../../infra/embedded/supervisor/client";
import { processIdentity } from "../../../infra/embedded/supervisor/identity";
import { PROJECT_DIR, supervisorPaths } from "../../../infra/embedded/supervisor/paths";
import { EXIT_ALREADY_RUNNING } from "../../../infra/embedded/supervisor/protocol";
import { revive } from "../../../infra/embedded/supervisor/revive";
import { type Desired, writeDesired } from "../../../infra/embedded/supervisor/state";
import { kill9, until } from "../../support/processes";
import { type TestStack, testStack } from "./stack";

/** Those processes of the machine that are supervisors of this folder. */
function supervisorPids(dir: string): string[] {
    const { stdout } = spawnSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" });
    return stdout.split("\n").filter((line) => line.includes(`supervisor/main.ts --dir ${dir}`));
}

describe("supervisor: survives its own death", function () {
    this.timeout(60_000);
    let stack: TestStack;
    beforeEach(() => {
        stack = testStack();
    });
    afterEach(() => stack.close());

    async function start(...names: string[]): Promise<Map<string, number>> {
        const client = await stack.supervisor();
        for (const name of names) await client.put(name, await stack.worker());
        const statuses = await Promise.all(names.map((name) => client.waitHealthy(name)));
        return new Map(statuses.map((status) => [status.name, status.pid ?? 0]));
    }

    it("adopts living children after kill -9, restarts dead ones, and restarts an adopted one that crashes later", async () => {
        const pids = await start("alive", "dead");
        await stack.killSupervisor();
        kill9(pids.get("dead") ?? 0);
        const client = await stack.supervisor();
        const alive = await client.waitHealthy("alive");
        assert.deepEqual([alive.pid, alive.adopted, alive.restarts], [pids.get("alive"), true, 0]);
        const dead = await client.waitHealthy("dead");
        assert.notEqual(dead.pid, pids.get("dead"));
        assert.equal(dead.adopted, false);

        kill9(alive.pid ?? 0);
        const again = await until("a restart", async () => {
            const status = await client.get("alive");
            return status?.restarts === 1 && status.healthy && status;
        });
        assert.match(again.lastExit?.error ?? "", /unknown: adopted/);
        await client.remove("dead");
        assert.equal(processIdentity(dead.pid ?? 0), undefined);
    });

    it("stops an adopted child as it stops its own", async () => {
        const pids = await start("adopted");
        await stack.killSupervisor();
        const client = await stack.supervisor();
        assert.equal(await client.remove("adopted"), true);
        assert.equal(processIdentity(pids.get("adopted") ?? 0), undefined);
    });

    it("replaces a child whose spec changed, and stops one no longer wanted, when killed before it could", async () => {
        const pids = await start("changed", "unwanted");
        await stack.killSupervisor();
        const paths = supervisorPaths(stack.dir);
        const desired = JSON.parse(readFileSync(paths.processes, "utf8")) as Desired;
        const wanted = desired.filter(({ name }) => name === "changed");
        writeDesired(
            paths.processes,
            wanted.map(({ name, spec }) => ({ name, spec: { ...spec, fingerprint: "new" } })),
        );
        const client = await stack.supervisor();
        const status = await client.waitHealthy("changed");
        assert.equal(status.fingerprint, "new");
        for (const pid of pids.values()) assert.equal(processIdentity(pid), undefined);
        assert.deepEqual(
            (await client.list()).map(({ name }) => name),
            ["changed"],
        );
    });

    it("does not take a stranger for its child when the pid was given out again", async () => {
        const pids = await start("child");
        await stack.killSupervisor();
        const paths = supervisorPaths(stack.dir);
        const running = JSON.parse(readFileSync(paths.pids, "utf8")) as { pid: number; identity: string }[];
        kill9(pids.get("child") ?? 0);
        // This test's own process plays the stranger: it has the recorded pid and another start time.
        writeFileSync(paths.pids, JSON.stringify(running.map((entry) => ({ ...entry, pid: process.pid }))));
        const client = await stack.supervisor();
        const status = await client.waitHealthy("child");
        assert.notEqual(status.pid, process.pid);
        assert.equal(status.adopted, false);
    });

    it("brings all back after kill -9 of everything, and does nothing when nothing is to be done", async () => {
        const lines: string[] = [];
        assert.equal(await revive(stack.dir), false, "nothing was ever declared");
        const pids = await start("one", "two", "three");
        assert.equal(await revive(stack.dir), false, "all is well");
        await stack.killSupervisor();
        for (const pid of pids.values()) kill9(pid);
        assert.equal(await revive(stack.dir, { print: (line) => lines.push(line) }), true);
        const client = await stack.supervisor();
        const statuses = await client.list();
        assert.deepEqual(
            statuses.map(({ name, healthy }) => [name, healthy]),
            [
                ["one", true],
                ["two", true],
                ["three", true],
            ],
        );
        for (const name of pids.keys())
            assert.ok(
                lines.some((line) => new RegExp(`^${name}: healthy after`).test(line)),
                name,
            );
    });

    it("says which process cannot be revived, with the end of its log", async () => {
        await start("good");
        const client = await stack.supervisor();
        const spec = await stack.worker();
        await client.put("bad", { ...spec, command: ["sh", "-c", "echo the disk is full; exit 1"] });
        await stack.killSupervisor();
        await assert.rejects(
            revive(stack.dir, { timeoutSeconds: 3 }),
            /^Error: bad: not healthy after 3 s[^]*bad\.log[^]*the disk is full/,
        );
        assert.equal((await client.get("good"))?.healthy, true);
    });

    it("is one per folder, however many start it at once", async () => {
        const clients = await Promise.all(Array.from({ length: 4 }, () => ensureSupervisor(stack.dir)));
        const infos = await Promise.all(clients.map((client) => client.info()));
        assert.equal(new Set(infos.map(({ pid }) => pid)).size, 1);
        const [client] = clients;
        await client?.shutdown();
        await until("none but the one that was shut down", () => supervisorPids(stack.dir).length === 0);
    });

    it("leaves the field to a living one, and goes on being the one after its garbage was collected", async () => {
        const client = await stack.supervisor();
        for (let requests = 0; requests < 2_000; requests += 1) await client.info();
        const script = path.join(PROJECT_DIR, "infra/embedded/supervisor/main.ts");
        const again = spawnSync(process.execPath, ["--require", "tsx/cjs", script, "--dir", stack.dir], {
            cwd: PROJECT_DIR,
        });
        assert.equal(again.status, EXIT_ALREADY_RUNNING);
        assert.match(again.stdout.toString(), /another supervisor already owns/);
    });

    it("stops all in reverse order of their start when shut down, and keeps what shall run", async () => {
        const pids = await start("first", "second");
        const client = await stack.supervisor();
        await client.shutdown();
        assert.equal(await supervisorIfAlive(stack.dir), undefined);
        for (const pid of pids.values()) assert.equal(processIdentity(pid), undefined);
        const paths = supervisorPaths(stack.dir);
        const ends = readFileSync(paths.ownLog, "utf8").match(/\w+(?=: ended: SIGTERM)/g);
        assert.deepEqual(ends, ["second", "first"]);
        assert.equal((JSON.parse(readFileSync(paths.processes, "utf8")) as unknown[]).length, 2);
    });

    it("opens its socket anew when a cleaner of temporary files took it away", async () => {
        const client = await stack.supervisor();
        const { pid } = await client.info();
        rmSync(readFileSync(supervisorPaths(stack.dir).socketFile, "utf8").trim());
        const again = await until("an answer", () => client.info());
        assert.equal(again.pid, pid);
    });

    it("ends with its children when its folder is removed", async () => {
        const pids = await start("one", "two");
        const client = await stack.supervisor();
        const identity = (await client.info()).pid;
        renameSync(stack.dir, `${stack.dir}-gone`);
        rmSync(`${stack.dir}-gone`, { recursive: true });
        for (const [name, pid] of pids) await until(`the end of ${name}`, () => processIdentity(pid) === undefined);
        await until("the supervisor's end", () => processIdentity(identity) === undefined);
        assert.equal(existsSync(stack.dir), false, "nothing is written there any more");
    });

    it("goes on, and saves later, when its state cannot be written", async () => {
        const paths = supervisorPaths(stack.dir);
        const pids = await start("worker");
        mkdirSync(`${paths.pids}.new`);
        kill9(pids.get("worker") ?? 0);
        const client = await stack.supervisor();
        const status = await until("a restart", async () => {
            const found = await client.get("worker");
            return found?.restarts === 1 && found.healthy && found;
        });
        rmSync(`${paths.pids}.new`, { recursive: true });
        await until("its pid in the file", () => readFileSync(paths.pids, "utf8").includes(String(status.pid)));
    });

    it("says so when its state cannot be understood", async () => {
        const pids = await start("any");
        await stack.killSupervisor();
        writeFileSync(supervisorPaths(stack.dir).processes, "{ broken");
        await assert.rejects(stack.supervisor(), /processes\.json is not what a supervisor writes, found not JSON/);
        writeFileSync(supervisorPaths(stack.dir).processes, "[]");
        await stack.supervisor();
        assert.equal(processIdentity(pids.get("any") ?? 0), undefined, "what nobody wants any more was stopped");
    });
});
