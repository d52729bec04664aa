// Proves: `make status` on the whole stack, as it runs and with its parts killed or stopped: what is counted, what is down, what to do, an
// exit code to script with, an end however dead the stack is, and no stack trace of a client on the way.
// Does not prove: other targets than embedded, nor that its time limits fit slower machines.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { revive } from "../../../infra/embedded/supervisor/revive";
import { marketTrades } from "../../../schema";
import { kill9, until } from "../../support/processes";
import { type TestStack, sharedStack } from "../../support/stack";

const resent = 5;

describe("make status", function () {
    this.timeout(300_000);
    let stack: TestStack;
    const pids = new Map<string, number>();
    const pid = (name: string): number => pids.get(name) ?? assert.fail(`${name} does not run`);

    function status(): { code: number | null; output: string } {
        const { dir } = stack.project;
        // Far above its own limits: what does not end by itself is a failure.
        const done = spawnSync(path.join(dir, "infra/cli/make.sh"), ["status"], {
            cwd: dir,
            env: { ...process.env, STACK: "test", PULUMI_BACKEND_URL: `file://${path.dirname(dir)}/state` },
            encoding: "utf8",
            timeout: 60_000,
        });
        assert.equal(done.signal, null, "it did not end by itself");
        assert.doesNotMatch(done.stdout + done.stderr, /^\s+at .*:\d+:\d+/m);
        assert.equal(done.stderr, "");
        return { code: done.status, output: done.stdout };
    }

    async function bringBack(): Promise<void> {
        await revive(stack.supervisor.dir);
        for (const { name } of await stack.supervisor.list()) await stack.supervisor.waitHealthy(name);
    }

    before(async () => {
        stack = await sharedStack();
    });
    beforeEach(async () => {
        pids.set("supervisor", (await stack.supervisor.info()).pid);
        for (const each of await stack.supervisor.list()) pids.set(each.name, each.pid ?? 0);
    });
    afterEach(() => bringBack());

    it("counts rows once, however often they came, and says what a worker lacks", async () => {
        const before = await stack.number("SELECT count() FROM trading.market_trades");
        const producer = await stack.producer();
        const at = new Date().toISOString();
        const value = JSON.stringify({
            event_id: `status|${at}`,
            ...{ event_time: at, source_id: "status", source_seq: "1", origin: "synthetic", venue: "status" },
            ...{ symbol: "BTCUSDT", trade_id: at, price: "1", quantity: "1", taker_side: "buy" },
        });
        for (let time = 0; time < resent; time++)
            await producer.send({ topic: marketTrades.topic.name, messages: [{ key: "status", value }] });
        await producer.disconnect();
        await until("it is read", async () => (await stack.lag("market_trades")) === 0, 60_000);
        const { code, output } = status();
        assert.equal(code, 0, output);
        assert.match(
            output,
            new RegExp(`^market_trades +${(before + 1).toLocaleString("en")} +\\S+ \\S+ +0 +\\d+$`, "m"),
        );
        assert.match(output, /^clickhouse +running +\d+ .* \d{5}$/m);
        assert.match(output, /^market-data +failing +\d+ .* \d{5}$/m);
        assert.match(output, /^ {2}market-data: venue: no connection since .*ECONNREFUSED/m);
        assert.doesNotMatch(output, /DOWN/);
    });

    it("names what hangs", () => {
        process.kill(pid("clickhouse"), "SIGSTOP");
        const { code, output } = status();
        process.kill(pid("clickhouse"), "SIGCONT");
        assert.equal(code, 1, output);
        assert.match(output, /^ClickHouse at http:\/\/127\.0\.0\.1:\d+ gave no answer within \d+ s$/m);
        assert.match(output, /^market_trades +\? +- +\d+ +\?$/m);
        assert.match(output, /^DOWN: clickhouse/m);
    });

    it("names a supervisor that hangs", () => {
        process.kill(pid("supervisor"), "SIGSTOP");
        const { code, output } = status();
        process.kill(pid("supervisor"), "SIGCONT");
        assert.equal(code, 1, output);
        assert.match(output, /^processes not known: the supervisor gave no answer within \d+ s$/m);
        assert.match(output, /^DOWN: the supervisor$/m);
    });

    it("names what is dead with the supervisor that would have started it again, and what lives on unwatched", () => {
        for (const name of ["supervisor", "kafka", "clickhouse"]) kill9(pid(name));
        const { code, output } = status();
        assert.equal(code, 1, output);
        assert.match(output, /^kafka +dead +- /m);
        assert.match(output, new RegExp(`^auditor +unwatched +${String(pid("auditor"))} `, "m"));
        assert.match(output, /^Kafka at 127\.0\.0\.1:\d+ cannot be reached: .*ECONNREFUSED/m);
        assert.match(output, /^market_trades +\? +- +\? +\?$/m);
        const down = /^DOWN: the supervisor, which restarts the others, (.*)$/m.exec(output)?.[1] ?? "";
        assert.deepEqual(down.split(", ").sort(), ["clickhouse (dead)", "kafka (dead)"], output);
        assert.match(output, /^To bring it back: make start STACK=test/m);
    });
});
