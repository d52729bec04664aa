// Proves, on the real engine: `npm run backtest` prints what a rule would have raised, by day and in samples, compared with the simulator's labels; other
// parameters give other alerts; known-at leaves out what came after the allowed lateness; what cannot be asked is said. Does not prove: equality
// with live alerts (live.spec.ts here).
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { scenarioLabels } from "../../../schema/facts/scenarioLabels";
import { userTrades } from "../../../schema/facts/userTrades";
import { rules } from "../../../schema/rules";
import { useClickHouseHost } from "../../support/clickhouse";
import { createDetection, storeRows } from "../../support/detection";
import { fullEvent } from "../../support/events";
import { repository } from "../../support/pulumi";

const run = promisify(execFile);
const start = Date.parse("2026-11-20T14:00:00Z");
const envelope = { original_time: null, source_seq: null, run_id: "sim", origin: "synthetic" };

describe("backtest command", function () {
    this.timeout(120_000);
    const host = useClickHouseHost();

    /** A trade of a user with himself; `late`: how much later the broker received it, ms. */
    function own(user: string, n: number, late = 0): { event: Record<string, unknown>; received: number } {
        const at = start + n * 1_000;
        const sides = { maker_user_id: user, taker_user_id: user, maker_account_id: user, taker_account_id: user };
        const event = fullEvent(userTrades, "x", {
            ...{ ...envelope, event_time: new Date(at).toISOString(), trade_id: `${user}${String(n)}`, symbol: "BTC" },
            ...{ trade_version: "1", status: "executed", price: "2", quantity: "1", ...sides },
        });
        return { event, received: at + 10 + late };
    }

    function label(
        id: string,
        kind: "scenario" | "decoy",
        user: string,
    ): { event: Record<string, unknown>; received: number } {
        const [from, to] = [start, start + 60_000].map((at) => new Date(at).toISOString());
        const own = { scenario_id: id, scenario: "self_trade", class: kind, entity_kind: "user", entity_id: user };
        const times = { event_time: from, started_at: from, ended_at: to };
        return { event: fullEvent(scenarioLabels, "x", { ...envelope, ...own, ...times }), received: start };
    }

    before(async () => {
        await createDetection(host.client, rules);
        const prompt = [1, 2, 3].map((n) => own("alice", n));
        const tardy = [11, 12].map((n) => own("bob", n)).concat(own("bob", 13, 3_600_000));
        await storeRows(host.client, "user_trades", [...prompt, ...tardy, own("carol", 21), own("carol", 22)]);
        const labels = [
            label("s1", "scenario", "alice"),
            label("s2", "scenario", "carol"),
            label("d1", "decoy", "bob"),
        ];
        await storeRows(host.client, "scenario_labels", labels);
    });

    const command = async (...args: string[]): Promise<string> => {
        const period = ["--from", "2026-11-20T13:00:00Z", "--to", "2026-11-20T16:00:00Z", "--run", "sim"];
        const all = [
            "--require",
            "tsx/cjs",
            "functions/evaluator/backtest.ts",
            "--clickhouse",
            host.url,
            ...period,
            ...args,
        ];
        return (await run(process.execPath, all, { cwd: repository })).stdout;
    };

    it("prints alerts per day, samples, and how they compare with labels", async () => {
        const text = await command("--rule", "self_trade");
        assert.match(
            text,
            /^self_trade v\d+, 2026-11-20T13:00:00.000000Z to 2026-11-20T16:00:00.000000Z, run sim, event-time\n/,
        );
        assert.match(text, /\n2 alerts \(0 of them exempt\) of 2 entities; /);
        assert.match(text, /\n {2}2026-11-20 +2\n/);
        assert.match(text, /alice: 3 trades in BTC with himself/);
        assert.match(
            text,
            /recall +50.0%: 1 of 2 labelled scenarios\nprecision +50.0%: 1 of 2 alerts .*\ndecoys +1 of 1 fired\n/,
        );
    });

    it("takes other parameters, and known-at", async () => {
        assert.match(await command("--rule", "self_trade", "--param", "least_trades=2"), /\n3 alerts /);
        const known = await command("--rule", "self_trade", "--mode", "known-at");
        assert.match(known, /known-at, modelled\n[^]*\n1 alerts /);
    });

    it("says what it cannot do", async () => {
        const failing = (...args: string[]): Promise<{ stderr: string }> =>
            command(...args).then(
                () => assert.fail("it ended well"),
                (error: unknown) => error as { stderr: string },
            );
        assert.match((await failing("--rule", "no_rule")).stderr, /no such rule; there are .*self_trade/);
        assert.match(
            (await failing("--rule", "self_trade", "--param", "x=1")).stderr,
            /self_trade has no parameter x; it has /,
        );
    });
});
