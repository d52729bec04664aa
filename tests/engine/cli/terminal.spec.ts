// Proves: programs beside a stack (make replay, demo, simulate) start, show what they do, are listed by make status, and end in good order by
// Ctrl-C and by make stop; make status and make simulate know a stack by its outputs, also on a backend that only the CLI can read.
// Does not prove: the simulator itself (a stand-in prints what it is given), nor that a venue's events arrive (tests/engine/stack/replay.spec.ts).
import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { homedir } from "node:os";
import path from "node:path";
import { until } from "../../support/processes";
import { type Made, MiniProject } from "./mini";

const nowhere = "127.0.0.1:1";
const trade = {
    ...{ e: "trade", E: 1700000000000, s: "BTCUSDT", t: 1, p: "1", q: "1", T: 1700000000000, m: true },
};

describe("programs beside a stack", function () {
    this.timeout(240_000);
    const project = new MiniProject();
    const recordings = path.join(project.dir, "recordings");
    const simulator = path.join(project.dir, "functions/simulator/main.ts");
    const make = (...args: string[]): Made => project.make(args);
    const notes = (): string[] => readdirSync(path.join(project.dir, ".trading/dev/beside"));

    before(() => {
        const outputs = ["clickhouseUrl", "kafkaBrokers"].map((key) => `export const ${key} = config.get("${key}");\n`);
        appendFileSync(
            path.join(project.dir, "index.ts"),
            `${outputs.join("")}export const allowSynthetic = config.getBoolean("allowSynthetic");\n`,
        );
        mkdirSync(recordings);
        writeFileSync(path.join(recordings, "trades.jsonl"), `${JSON.stringify(trade)}\n`);
        mkdirSync(path.dirname(simulator), { recursive: true });
        const told = "{ args: process.argv.slice(2), env: [KAFKA_BROKERS, CLICKHOUSE_URL, ALLOW_SYNTHETIC] }";
        writeFileSync(
            simulator,
            `const { KAFKA_BROKERS, CLICKHOUSE_URL, ALLOW_SYNTHETIC } = process.env;\nconsole.log(JSON.stringify(${told}));\n`,
        );
    });
    after(() => {
        make("stop");
        project.dispose();
    });

    it("say in one sentence that the stack is not up", () => {
        for (const [goal, told] of [
            ["status", /^stack dev is not up; start it with: make start$/m],
            ["simulate", /^error: stack dev is not up; start it with: make start$/m],
            ["demo", /^error: no Kafka to collect into: stack dev is not up; run make start, or name another/m],
        ] as const) {
            const { status, output } = make(goal);
            assert.notEqual(status, 0, output);
            assert.match(output, told);
        }
    });

    it("simulate is refused where synthetic events are not allowed, and given the services and its arguments where they are", () => {
        make("start");
        project.set("clickhouseUrl", `http://${nowhere}`);
        project.set("kafkaBrokers", nowhere);
        assert.equal(make("start").status, 0);
        const refused = make("simulate");
        assert.notEqual(refused.status, 0);
        assert.match(refused.output, /^error: .*make pulumi ARGS="config set allowSynthetic true --stack dev"/m);
        project.set("allowSynthetic", "true");
        make("start");
        const { status, output } = make("simulate", "ARGS=--seed 7 --rate 20000");
        assert.equal(status, 0, output);
        const told = JSON.parse(/^\{.*\}$/m.exec(output)?.[0] ?? "{}") as unknown;
        const env = [nowhere, `http://${nowhere}`, "true"];
        assert.deepEqual(told, { args: ["--seed", "7", "--rate", "20000"], env });
    });

    it("replay is listed by status, and ended by stop", async () => {
        const { child, output } = project.spawn(["replay", `ARGS=--recordings recordings --port 0`]);
        const ended = once(child, "exit");
        await until("it listens", () => output().includes('"listening"'), 60_000);
        assert.match(make("status").output, /^replay +in a terminal +\d+ /m);
        assert.match(readFileSync(path.join(project.dir, ".trading/dev/logs/replay.log"), "utf8"), /"listening"/);
        assert.match(make("stop").output, /stack dev: ended replay/);
        await ended;
        assert.doesNotMatch(make("status").output, /^replay/m);
    });

    it("replay names a port that is in use", async () => {
        const server = createServer().listen(0, "127.0.0.1");
        await until("it listens", () => server.listening);
        const { port } = server.address() as AddressInfo;
        const { status, output } = make("replay", `ARGS=--recordings recordings --port ${String(port)}`);
        server.close();
        assert.notEqual(status, 0);
        assert.match(output, /^replay: cannot listen on 127\.0\.0\.1:\d+, .*EADDRINUSE.*; choose another --port$/m);
        assert.doesNotMatch(output, /^\s+at /m);
    });

    it("replay ends by Ctrl-C, and is forgotten", async () => {
        const { child, output } = project.spawn(["replay", `ARGS=-- --recordings recordings --port 0`]);
        const ended = once(child, "exit");
        await until("it listens", () => output().includes('"listening"'), 60_000);
        assert.equal(notes().length, 1);
        process.kill(-(child.pid ?? 0), "SIGINT");
        await ended;
        assert.deepEqual(notes(), []);
    });

    it("demo says where it collects to, what came and what is wrong, and ends by Ctrl-C", async () => {
        const env = {
            KAFKA_BROKERS: nowhere,
            BINANCE_WS_URL: `ws://${nowhere}`,
            BINANCE_REST_URL: `http://${nowhere}`,
        };
        const { child, output } = project.spawn(["demo"], env);
        const ended = once(child, "exit");
        await until("a line of progress", () => /no event yet\n +venue: no connection since/.test(output()), 60_000);
        assert.match(output(), /collecting into Kafka 127\.0\.0\.1:1 \(KAFKA_BROKERS\); Ctrl-C ends it/);
        process.kill(-(child.pid ?? 0), "SIGINT");
        await ended;
        assert.match(output(), /^ +\d+s {2}stopped$/m);
    });

    it("know a stack whose backend only the CLI can read", () => {
        const home = path.join(path.dirname(project.dir), "home");
        mkdirSync(home);
        const cache = process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache");
        const env = { HOME: home, XDG_CACHE_HOME: cache, PULUMI_BACKEND_URL: "file://~" };
        assert.match(project.make(["status"], env).output, /^stack dev is not up/m);
        assert.equal(project.make(["start"], env).status, 0);
        const { output } = project.make(["status"], env);
        assert.match(output, /^stack dev {3}ClickHouse http:\/\/127\.0\.0\.1:1 {3}Kafka 127\.0\.0\.1:1$/m);
        assert.equal(project.make(["stop"], env).status, 0);
    });
});
