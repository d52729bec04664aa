// The provider's way to the evaluator's own judging of past events: a program of functions/, which is run, never imported.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type DeployedRule } from "../../../schema/rules/deployed";
import { projectRoot, source } from "../../names";
import { inTurn } from "../turns";
import { type ClickHouseConnection } from "./clickhouse";
import { reached } from "./forward";
import { Rejected, said } from "./reach";

/** Seconds that a preview waits for the backtest of one rule, and for those of all rules together. */
const boxSeconds = 10;
const allSeconds = 30;
/** The program ends by itself when the time is up; one that does not is killed so much later, ms. */
const graceMs = 2_000;
/** So many at the same time: each takes a core for its start, and the server another for its queries. */
const lanes = 2;

/** What the kinds ask of backtests. */
export interface Backtests {
    /** What a rule would have raised over the last days, in words; `before`: as it was, undefined where it is new. Read-only and time-boxed. */
    compare(before: DeployedRule | undefined, after: DeployedRule): Promise<string>;
}

const run = promisify(execFile);

/** What the program takes. */
interface Request {
    readonly clickhouse: Omit<ClickHouseConnection, "forward">;
    readonly before: DeployedRule | undefined;
    readonly after: DeployedRule;
    /** When its time is up, ms since 1970. */
    readonly until: number;
    readonly names: boolean;
}

/** Runs the program. Throws Rejected with the reason it gave. */
async function ask(request: Request): Promise<string> {
    const program = ["--require", "tsx/cjs", source("functions", "evaluator", "preview.ts")];
    const { PATH, HOME } = process.env;
    const running = run(process.execPath, program, {
        cwd: projectRoot,
        // Not the secrets that the engine's environment holds.
        env: { PATH, HOME },
        timeout: request.until - Date.now() + graceMs,
        killSignal: "SIGKILL",
    });
    // Who ends early says why on standard error.
    running.child.stdin?.on("error", () => undefined);
    running.child.stdin?.end(JSON.stringify(request));
    try {
        return (JSON.parse((await running).stdout) as { text: string }).text;
    } catch (cause) {
        throw new Rejected(reasonOf(cause), { cause });
    }
}

function reasonOf(cause: unknown): string {
    const { killed = false, stderr = "" } = cause as { killed?: boolean; stderr?: string };
    if (killed) return "it did not end in its time";
    return stderr.trim().split("\n").at(-1) || said(cause);
}

/** Judges past events in a ClickHouse; `names`: whether entities are named. */
export function backtestsOf(clickhouse: ClickHouseConnection, names: boolean): Backtests {
    let asked = 0;
    let end: number | undefined;
    return {
        compare(before, after) {
            const last = (end ??= Date.now() + allSeconds * 1_000);
            return inTurn(`backtest ${String(asked++ % lanes)}`, async () => {
                const now = Date.now();
                if (now >= last)
                    throw new Rejected(`the ${String(allSeconds)} s are over that all changed rules have together`);
                const until = Math.min(now + boxSeconds * 1_000, last);
                return ask({ clickhouse: await reached(clickhouse), before, after, until, names });
            });
        },
    };
}
