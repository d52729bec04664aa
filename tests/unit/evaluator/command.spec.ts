// Proves: `npm run backtest` that was not understood, or has nobody to ask, says so in one line and ends with 2.
// Does not prove: what it reports (tests/engine/evaluator/backtest.spec.ts).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { repository } from "../../support/pulumi";
import { rules } from "../../../schema/rules";

describe("the command backtest", () => {
    const period = ["--from", "2026-11-22T14:00:00Z", "--to", "2026-11-22T15:00:00Z"];
    const [rule] = rules;

    for (const [what, args, words] of [
        ["no rule", period, /^error: required option .--rule <id>. not specified/],
        [
            "a rule there is not",
            ["--rule", "nothing", ...period],
            /^error: option '--rule <id>' .* no such rule; there are /,
        ],
        [
            "a server that is away",
            ["--rule", rule?.id ?? "", ...period, "--clickhouse", "http://127.0.0.1:1"],
            /^backtest: .*127\.0\.0\.1:1.*\n$/,
        ],
    ] as const)
        it(`ends with 2 for ${what}`, () => {
            const { status, stdout, stderr } = spawnSync(
                process.execPath,
                ["--require", "tsx/cjs", "functions/evaluator/backtest.ts", ...args],
                { cwd: repository, encoding: "utf8" },
            );
            assert.match(stderr, words);
            assert.deepEqual([status, stdout], [2, ""]);
        });
});
