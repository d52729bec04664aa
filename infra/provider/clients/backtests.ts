// The provider's way to the evaluator's own judging of past events: a program of functions/, which is run, never imported.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type DeployedRule } from "../../../schema/rules/deployed";
import { projectRoot, source } from "../../names";
import { type ClickHouseConnection } from "./clickhouse";
import { Rejected, said } from "./reach";

/** Seconds that a preview waits for the backtest of one rule; those of several rules run at the same time. */
const boxSeconds = 10;
/** The program ends by itself when the time is up; one that does not is killed so much later, ms. */
const graceMs = 2_000;

/** What the kinds ask of backtests. */
export interface Backtests {
    /** What a rule would have raised over the last days, in words; `before`: as it was, undefined where it is new. Read-only and time-boxed. */
    compare(before: DeployedRule | undefined, after: DeployedRule): Promise<string>;
}

const run = promisify(execFile);

/** Judges past events in a ClickHouse; `names`: whether entities are named. */
export function backtestsOf(clickhouse: ClickHouseConnection, names: boolean): Backtests {
    return {
        async compare(before, after) {
            const boxMs = boxSeconds * 1_000;
            const program = ["--require", "tsx/cjs", source("functions", "evaluator", "preview.ts")];
            const { PATH, HOME } = process.env;
            const running = run(process.execPath, program, {
                cwd: projectRoot,
                // Not the secrets that the engine's environment holds.
                env: { PATH, HOME },
                timeout: boxMs + graceMs,
                killSignal: "SIGKILL",
            });
            // Who ends early says why on standard error.
            running.child.stdin?.on("error", () => undefined);
            running.child.stdin?.end(JSON.stringify({ clickhouse, before, after, until: Date.now() + boxMs, names }));
            try {
                return (JSON.parse((await running).stdout) as { text: string }).text;
            } catch (cause) {
                throw new Rejected(reasonOf(cause), { cause });
            }
        },
    };
}

function reasonOf(cause: unknown): string {
    const { killed = false, stderr = "" } = cause as { killed?: boolean; stderr?: string };
    if (killed) return `it did not end within ${String(boxSeconds)} s`;
    return stderr.trim().split("\n").at(-1) || said(cause);
}
