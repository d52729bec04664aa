// Proves: `npm run capacity` on the whole stack tells of every fact what ClickHouse has of it, how long it is kept, and what storage costs; and says what it does not
// understand. Does not prove: that a rate of today is that of tomorrow.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { facts, marketTrades } from "../../../schema";
import { until } from "../../support/processes";
import { type TestStack, sharedStack } from "../../support/stack";

describe("npm run capacity", function () {
    this.timeout(300_000);
    let stack: TestStack;

    function capacity(...args: string[]): { code: number | null; output: string } {
        const { dir } = stack.project;
        const done = spawnSync(process.execPath, ["--require", "tsx/cjs", "infra/cli/capacity.ts", ...args], {
            cwd: dir,
            env: { ...process.env, STACK: "test", PULUMI_BACKEND_URL: `file://${path.dirname(dir)}/state` },
            encoding: "utf8",
            timeout: 60_000,
        });
        return { code: done.status, output: done.stdout + done.stderr };
    }

    before(async () => {
        stack = await sharedStack();
        const at = new Date().toISOString();
        const messages = Array.from({ length: 20 }, (_, n) => {
            const event = {
                ...{
                    event_id: `capacity|${at}|${String(n)}`,
                    event_time: at,
                    source_id: "capacity",
                    source_seq: String(n),
                },
                ...{ origin: "synthetic", venue: "capacity", symbol: "BTCUSDT", trade_id: `${at}${String(n)}` },
                ...{ price: "1", quantity: "1", taker_side: "buy" },
            };
            return { key: "capacity", value: JSON.stringify(event) };
        });
        const producer = await stack.producer();
        await producer.send({ topic: marketTrades.topic.name, messages });
        await producer.disconnect();
        const count = `SELECT count() FROM trading.market_trades WHERE venue = 'capacity'`;
        await until("trades", async () => (await stack.number(count)) >= 20, 60_000);
    });

    it("tells of every fact, and what it costs", () => {
        const { code, output } = capacity("--price-per-gb", "0.08");
        assert.equal(code, 0, output);
        for (const { name } of facts) assert.match(output, new RegExp(`^${name} `, "m"));
        const [, rows = "", bytes = "", perDay = ""] =
            /^market_trades +([\d,]+) +([\d.]+) +([\d,]+) +[\d.]+ +30 +[\d.]+$/m.exec(output) ?? assert.fail(output);
        assert.ok(Number(rows.replaceAll(",", "")) >= 20 && Number(bytes) > 1, output);
        assert.ok(Number(perDay.replaceAll(",", "")) >= 20, output);
        assert.match(output, /are free\.\nAt this rate .*\nThe facts cost \d+\.\d\d a month then, at 0\.08 a GB\.\n$/);
    });

    it("says what it does not understand", () => {
        assert.match(capacity("--hours", "0").output, /--hours: a number of hours above 0, found 0/);
        assert.match(capacity("--price-per-gb", "cheap").output, /a price is a number/);
    });
});
