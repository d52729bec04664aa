// Proves: `make start|preview|stop|clean` of a project of its own, with the real CLI: a second start changes nothing and rewrites nothing, a
// killed Pulumi is recovered from, a running one and a foreign process on a port are named, errors come without a stack trace but with the
// line to mend, a failed stop ends with its cause, and what is kept and what is removed is said.
// Does not prove: npm ci and the CLI's build (node_modules and CLI are those at hand), nor this repository's own stack.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import { until } from "../../support/processes";
import { type Made, MiniProject } from "./mini";

describe("make start, preview, stop and clean", function () {
    this.timeout(240_000);
    const project = new MiniProject();
    const { dir, backend } = project;
    const make = (...args: string[]): Made => project.make(args);

    after(() => project.dispose());

    function interruptAnUp(): number {
        const script = `infra/cli/pulumi.sh up --yes --skip-preview --stack dev >/dev/null 2>&1 & echo $!`;
        return Number(spawnSync("bash", ["-c", script], { cwd: dir, encoding: "utf8", env: project.env }).stdout);
    }

    it("starts, and says where things are", () => {
        const { status, output } = make("start");
        assert.equal(status, 0, output);
        assert.match(output, /created Thing thing/);
        assert.match(output, /pulumi up: 2 created/);
        assert.match(output, /word +hi/);
    });

    it("changes nothing the second time, and rewrites no file of the project", () => {
        const before = readFileSync(project.config, "utf8");
        const { status, output } = make("start");
        assert.equal(status, 0, output);
        assert.match(output, /pulumi up: 2 unchanged/);
        assert.equal(readFileSync(project.config, "utf8"), before);
    });

    it("names a Pulumi that is at work, and recovers from one that was killed", async () => {
        assert.equal(make("stop").status, 0);
        project.set("seconds", "100");
        const pid = interruptAnUp();
        await until("the creation has begun", () => backend.interrupted("dev").length > 0, 60_000);
        const refused = make("start");
        assert.notEqual(refused.status, 0);
        assert.match(refused.output, new RegExp(`error: stack dev: process ${String(pid)} .* wait for its end`));

        process.kill(pid, "SIGKILL");
        project.set("seconds", "0");
        const { status, output } = make("start");
        assert.equal(status, 0, output);
        assert.match(output, new RegExp(`process ${String(pid)}\\) was killed; its lock is cleared`));
        assert.match(output, /an earlier run was cut short at 1 resource/);
        assert.doesNotMatch(output, /pending operations/);
        assert.deepEqual(backend.interrupted("dev"), []);
    });

    it("ended by Ctrl-C, says that what was done is kept, and goes on with the next start", async () => {
        assert.equal(make("stop").status, 0);
        project.set("seconds", "15");
        const { child, output } = project.spawn(["start"]);
        const ended = once(child, "exit");
        await until("the creation has begun", () => backend.interrupted("dev").length > 0, 60_000);
        assert.ok(child.pid);
        process.kill(-child.pid, "SIGINT");
        await ended;
        assert.match(output(), /^error: interrupted: what was done is kept; run the same command again to go on$/m);
        assert.doesNotMatch(output(), /failed \(exit code/);
        project.set("seconds", "0");
        const again = make("start");
        assert.equal(again.status, 0, again.output);
    });

    it("names the process that holds a port", async () => {
        const server = createServer().listen(0, "127.0.0.1");
        await until("it listens", () => server.listening);
        const { port } = server.address() as AddressInfo;
        project.set("clickhousePort", String(port));
        const { status, output } = make("start");
        server.close();
        make("pulumi", "ARGS=config rm clickhousePort --stack dev");
        assert.notEqual(status, 0);
        assert.match(
            output,
            new RegExp(`port ${String(port)} \\(clickhousePort\\): in use by process ${String(process.pid)}, '.*mocha`),
        );
    });

    for (const goal of ["start", "preview"]) {
        it(`shows a program's error by ${goal}: with the line to mend, without a stack trace`, () => {
            project.set("failure", "exception");
            const { status, output } = make(goal);
            make("pulumi", "ARGS=config rm failure --stack dev");
            const lines = readFileSync(path.join(dir, "index.ts"), "utf8").split("\n");
            const line = 1 + lines.findIndex((text) => text.includes("thrown on purpose"));
            assert.notEqual(status, 0);
            assert.match(output, new RegExp(`TypeError: thrown on purpose\n +at index\\.ts:${String(line)}\n`));
            assert.doesNotMatch(output, /:\d+:\d+\)?$/m);
        });
    }

    it("ends a stop that fails with its cause", () => {
        project.set("onDelete", "refuse");
        make("start");
        const { status, output } = make("stop");
        project.set("onDelete", "keep");
        assert.notEqual(status, 0);
        const last = output.split("\n").filter((line) => line !== "" && !line.startsWith("make: ***"));
        assert.match(last.at(-1) ?? "", /^error: pulumi destroy failed .*: Thing thing: .*it holds 7 rows/);
        make("start");
    });

    it("stops, and stops again", () => {
        const { output } = make("stop");
        assert.match(output, /pulumi destroy: 2 deleted/);
        assert.match(output, /data kept in \.trading\/dev: make start takes it up again/);
        assert.match(make("stop").output, /nothing of it runs/);
        const misspelt = make("stop", "STACK=deb");
        assert.notEqual(misspelt.status, 0);
        assert.match(misspelt.output, /error: there is no stack 'deb', only: dev /);
    });

    it("cleans what is there, and finds nothing to clean after", () => {
        const { status, output } = make("clean");
        assert.equal(status, 0, output);
        assert.match(output, /removed \.trading: .*Pulumi's state/);
        assert.equal(existsSync(path.join(dir, ".trading")), false);
        assert.match(make("clean").output, /nothing to clean/);
    });
});
