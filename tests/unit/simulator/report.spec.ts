// Proves: what a person reads of a run says where it is, also before its opening and after its end, and how it is asked for.
// Does not prove: the figures of a real run (tests/engine/simulator).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { Progress } from "../../../functions/simulator/report";
import { repository } from "../../support/pulumi";

describe("simulator: what is said", () => {
    const start = Date.parse("2026-11-22T14:00:00Z");
    const options = { seed: 1, accounts: 100, start, minutes: 30, historyDays: 2, scenarios: {}, scores: false };

    for (const [at, where] of [
        ["2026-11-21T08:00:00Z", "recorded past, 2026-11-21"],
        ["2026-11-22T14:12:10Z", "minute 12 of 30"],
        ["2026-11-22T14:30:00Z", "minute 30 of 30"],
        ["2026-11-22T15:02:00Z", "closed, control totals"],
    ] as const)
        it(`at ${at}: ${where}`, () => {
            const lines: string[] = [];
            const progress = new Progress(options, (line) => lines.push(line), 0);
            progress.note(1_200, at);
            assert.match(lines.join("\n"), new RegExp(`^${where}: 1,200 events delivered, [\\d,]+/s$`));
        });

    it("names the default of scenarios as it would be written", () => {
        const { stdout } = spawnSync(
            process.execPath,
            ["--require", "tsx/cjs", "functions/simulator/main.ts", "--help"],
            { cwd: repository, encoding: "utf8" },
        );
        assert.match(stdout.replaceAll(/\s+/g, " "), /self_trade:5,ping_pong \(default: all:3\) --stage/);
    });
});
