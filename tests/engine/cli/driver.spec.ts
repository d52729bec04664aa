// Proves: `make start|stop|clean` of a project of its own, with the real CLI: a second start changes nothing and rewrites nothing, a
// killed Pulumi is recovered from, a running one and a foreign process on a port are named, errors come without a stack trace.
// Does not prove: npm ci and the CLI's build (node_modules and CLI are those at hand), nor this repository's own stack.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, existsSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import { LocalBackend } from "../../../infra/cli/backend";
import { removeFolder, temporaryFolder, until } from "../../support/processes";
import { repository } from "../../support/pulumi";

const salt = "v1:ihaoxyLGJqI=:v1:U3X06EDDayUsMXHz:JQzCGmZKWQM0i0/qUFBC/aLMLcXDYQ==";

/** Runs make in the project; the test's own Pulumi settings do not reach it. */
function make(dir: string, ...args: string[]): { status: number | null; output: string } {
    const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"] };
    const done = spawnSync("make", ["--no-print-directory", ...args], {
        cwd: dir,
        env,
        encoding: "utf8",
        timeout: 120_000,
    });
    return { status: done.status, output: done.stdout + done.stderr };
}

describe("make start, stop and clean", function () {
    this.timeout(240_000);
    const dir = path.join(temporaryFolder("driver"), "a project");
    const config = path.join(dir, "Pulumi.dev.yaml");
    const backend = new LocalBackend(`file://${dir}/.trading/pulumi`, "mini");

    before(() => {
        mkdirSync(dir);
        cpSync(path.join(__dirname, "project"), dir, { recursive: true });
        for (const part of ["infra/cli", "infra/embedded/supervisor", "Makefile", "package-lock.json"]) {
            cpSync(path.join(repository, part), path.join(dir, part), { recursive: true });
        }
        symlinkSync(path.join(repository, "node_modules"), path.join(dir, "node_modules"));
        appendFileSync(config, `# kept as it is\nencryptionsalt: ${salt}\nconfig:\n  # and this\n  mini:word: hi\n`);
    });
    after(() => removeFolder(path.dirname(dir)));

    function interruptAnUp(): ReturnType<typeof spawnSync>["pid"] {
        const script = `infra/cli/pulumi.sh up --yes --skip-preview --stack dev >/dev/null 2>&1 & echo $!`;
        return Number(spawnSync("bash", ["-c", script], { cwd: dir, encoding: "utf8", env: driverEnv }).stdout);
    }
    const driverEnv = { PATH: process.env["PATH"], HOME: process.env["HOME"] };

    it("starts, and says where things are", () => {
        const { status, output } = make(dir, "start");
        assert.equal(status, 0, output);
        assert.match(output, /created Thing thing/);
        assert.match(output, /pulumi up: 2 created/);
        assert.match(output, /word +hi/);
    });

    it("changes nothing the second time, and rewrites no file of the project", () => {
        const before = readFileSync(config, "utf8");
        const { status, output } = make(dir, "start");
        assert.equal(status, 0, output);
        assert.match(output, /pulumi up: 2 unchanged/);
        assert.equal(readFileSync(config, "utf8"), before);
    });

    it("names a Pulumi that is at work, and recovers from one that was killed", async () => {
        assert.equal(make(dir, "stop").status, 0);
        make(dir, "pulumi", "ARGS=config set seconds 100 --stack dev");
        const pid = interruptAnUp();
        await until("the creation has begun", () => backend.interrupted("dev").length > 0, 60_000);
        const refused = make(dir, "start");
        assert.notEqual(refused.status, 0);
        assert.match(refused.output, new RegExp(`error: stack dev: process ${String(pid)} .* wait for its end`));

        process.kill(pid, "SIGKILL");
        make(dir, "pulumi", "ARGS=config set seconds 0 --stack dev");
        const { status, output } = make(dir, "start");
        assert.equal(status, 0, output);
        assert.match(output, new RegExp(`process ${String(pid)}\\) was killed; its lock is cleared`));
        assert.match(output, /an earlier run was cut short at 1 resource/);
        assert.doesNotMatch(output, /pending operations/);
        assert.deepEqual(backend.interrupted("dev"), []);
    });

    it("names the process that holds a port", async () => {
        const server = createServer().listen(0, "127.0.0.1");
        await until("it listens", () => server.listening);
        const { port } = server.address() as AddressInfo;
        make(dir, "pulumi", `ARGS=config set clickhousePort ${String(port)} --stack dev`);
        const { status, output } = make(dir, "start");
        server.close();
        make(dir, "pulumi", "ARGS=config rm clickhousePort --stack dev");
        assert.notEqual(status, 0);
        assert.match(
            output,
            new RegExp(`port ${String(port)} \\(clickhousePort\\): in use by process ${String(process.pid)}, '.*mocha`),
        );
    });

    it("shows a program's error without a stack trace", () => {
        make(dir, "pulumi", "ARGS=config set failure exception --stack dev");
        const { status, output } = make(dir, "start");
        make(dir, "pulumi", "ARGS=config rm failure --stack dev");
        assert.notEqual(status, 0);
        assert.match(output, /TypeError: thrown on purpose/);
        assert.doesNotMatch(output, /:\d+:\d+\)?$/m);
    });

    it("stops, and stops again", () => {
        assert.match(make(dir, "stop").output, /pulumi destroy: 2 deleted/);
        assert.match(make(dir, "stop").output, /nothing of it runs/);
    });

    it("cleans what is there, and finds nothing to clean after", () => {
        assert.equal(make(dir, "clean").status, 0);
        assert.equal(existsSync(path.join(dir, ".trading")), false);
        assert.match(make(dir, "clean").output, /nothing to clean/);
    });
});
