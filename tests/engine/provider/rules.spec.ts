// Proves, through the real CLI and the real engine: a preview names what of a rule is changed, and says what that would have meant over the last days,
// counted against known withdrawals; no entity is named unless the stack's configuration says so; rules that are not changed cost no backtest; one
// that cannot be made, for the server is away, refuses or is slow, is said and no more; a stack whose rules were plain views goes over without
// anything being deleted. Does not prove: what the rules themselves find (tests/engine/rules).
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { Database, type Answer, type Asking } from "../../../functions/shared/clickhouse";
import { compare } from "../../../functions/evaluator/backtest/comparison";
import { type DeployedRule } from "../../../schema/rules";
import { accountClasses } from "../../../schema/references/accountClasses";
import { useClickHouseHost } from "../../support/clickhouse";
import { createDetection, storeRows, storeWithdrawals } from "../../support/detection";
import { fullEvent } from "../../support/events";
import { removeFolder, temporaryFolder, until } from "../../support/processes";
import { PulumiProject, repository } from "../../support/pulumi";
import { held, variables, type Word } from "../stories/rules";
import { changedLines, writeProject } from "./project";

const run = promisify(execFile);
const minute = 60_000;
const day = 1_440 * minute;
const people = /alice|bob|carol|dave|erin|frank|grace/;

describe("changed rules", function () {
    this.timeout(120_000);
    const host = useClickHouseHost();
    const now = Date.now();

    /** Withdrawals that a floor of 100 within ten minutes, or one of 60 within five, see differently. */
    async function store(): Promise<void> {
        const of = (user: string, amount: string, ago: number, runId?: string) => ({
            ...{ id: `${user}-${String(ago)}`, user, amount, at: now - ago, received: now - ago + 10 },
            ...(runId === undefined ? {} : { run: runId }),
        });
        await storeWithdrawals(host.client, [
            // Twice, the second time while alerts about her are suppressed.
            of("alice", "120", 2 * 60 * minute),
            of("alice", "150", 2 * 60 * minute - 20 * minute),
            of("bob", "70", 3 * day),
            of("grace", "65", 4 * day),
            // An account of the house.
            of("carol", "110", day),
            of("dave", "800", 90 * minute, "a simulation"),
            of("erin", "500", 9 * day),
            of("frank", "55", 5 * day),
            of("frank", "55", 5 * day - 8 * minute),
        ]);
        const own = { account_id: "carol", class: "house", reason: "treasury", approved_by: "cro", expires_at: null };
        const times = { event_time: new Date(now - 20 * day).toISOString(), original_time: null };
        const event = fullEvent(accountClasses, "x", { ...own, ...times, run_id: null, origin: "live" });
        await storeRows(host.client, "account_classes", [{ event, received: now - 20 * day }]);
    }

    before(async () => {
        await createDetection(host.client, []);
        await store();
    });

    describe("in a preview", () => {
        const folder = temporaryFolder("rules");
        let project: PulumiProject;
        const step = (...words: Word[]): { env: Record<string, string> } => ({
            env: { [variables.words]: words.join(" ") },
        });

        before(async () => {
            writeProject(folder, "rules");
            project = await PulumiProject.create(folder, { env: { [variables.clickhouse]: host.url } });
            const program = path.join(repository, "tests/engine/stories/rules");
            project.write("index.ts", `import { rules } from ${JSON.stringify(program)};\nrules();\n`);
        });
        after(() => {
            project.dispose();
            removeFolder(folder);
        });

        it("go over from plain views in place; that once there is nothing to compare with", async () => {
            await project.up(step("views"));
            const { output } = await project.run(["up", "--yes", "--stack", project.stack], step());
            assert.match(output, /Resources:\n +~ 4 to update\n +2 unchanged\n/);
            assert.match(
                output,
                /Diagnostics:\n +pulumi:pulumi:Stack .*\n +warning: rules are not backtested this time.*\n\nRes/,
            );
            assert.match(output, /Resources:\n +~ 4 updated\n +2 unchanged\n/);
            const state = await project.run(["stack", "export", "--stack", project.stack]);
            assert.doesNotMatch(state.output, /"type": "trading:clickhouse:View"/);
        });

        it("say nothing while nothing is changed", async () => {
            const { output } = await project.preview(step());
            assert.match(output, /Resources:\n +6 unchanged\n/);
            assert.doesNotMatch(output, /backtest|last 7 days/);
        });

        it("are named with their values, and counted over the last days, without any entity's name", async () => {
            const { output } = await project.preview(step("changed"));
            const named = changedLines(output).filter((line) => line.includes(" => "));
            assert.deepEqual(named.map((line) => line.replace(/ +/g, " ")).sort(), [
                '~ floor : "100" => "60"',
                '~ mode: "active" => "shadow"',
                '~ reason: "{amount} USDT withdrawn" => "Withdrawn"',
                "~ version : 1 => 2",
                '~ window_minutes: "10" => "5"',
            ]);
            const lines = output.split("\n").filter((line) => line.includes("of live events"));
            assert.deepEqual(lines.map((line) => line.replace(/^.*?(rule )/, "$1").trim()).sort(), [
                "rule added v1 (new), last 7 days of live events: 4 alerts; 2 notifications (high)",
                "rule lowered v1 -> v2, last 7 days of live events: 4 alerts before, 5 after: 2 added, 1 removed; notifications 2 -> 3 (high)",
                "rule muted v1, last 7 days of live events: 4 alerts before, 4 after: 0 added, 0 removed; notifications 2 (high) -> 0 (shadow)",
            ]);
            assert.doesNotMatch(output, people);
        });

        it("name entities where the configuration says so", async () => {
            const { output } = await project.preview(step("changed", "names"));
            assert.match(
                output,
                /2 added, 1 removed; notifications 2 -> 3 \(high\)\n *added: bob, grace\n *removed: frank\n/,
            );
            assert.match(output, /rule added v1 \(new\).*\n *added: alice, carol, frank\n/);
            assert.doesNotMatch(output, /dave|erin/);
        });

        it("are shown without a backtest while the server is away, which is said once", async () => {
            const nowhere = { [variables.clickhouse]: "http://127.0.0.1:9" };
            const { output } = await project.preview({ env: { ...step("changed").env, ...nowhere } });
            assert.match(output, /floor +: "100" => "60"/);
            assert.equal(output.match(/changed rules are not backtested/g)?.length, 1, output);
        });
    });

    describe("as the program that is run for it answers", () => {
        /** What the program says of a rule that is new, or was otherwise. */
        async function told(after: DeployedRule, asked: { names?: boolean; seconds?: number } = {}): Promise<string> {
            const running = run(
                process.execPath,
                ["--require", "tsx/cjs", path.join(repository, "functions/evaluator/preview.ts")],
                { cwd: repository },
            );
            const { names = false, seconds = 30 } = asked;
            const request = { clickhouse: { url: host.url }, after, until: Date.now() + seconds * 1_000, names };
            running.child.stdin?.end(JSON.stringify(request));
            return (JSON.parse((await running).stdout) as { text: string }).text;
        }
        const rewritten = (from: string, to: string): DeployedRule => {
            const rule = held("rewritten");
            assert.ok(rule.query.includes(from));
            return { ...rule, query: rule.query.replace(from, to) };
        };

        it("is over when its time is, and leaves no query behind", async () => {
            const slow = rewritten("total >= ", "(SELECT sum(sleep(1)) FROM numbers(1000000000)) >= 0 AND total >= ");
            const text = await told(slow, { seconds: 2 });
            assert.equal(text, "rule rewritten v1 (new): not backtested: the time was up before anything was judged");
            await until("the query's end", async () => {
                const query = "SELECT query FROM system.processes WHERE query LIKE '%sleep(1)%'";
                const result = await host.client.query({ query, format: "JSONEachRow" });
                const running = await result.json<{ query: string }>();
                return running.every((row) => row.query.includes("system.processes"));
            });
        });

        it("tells of a refusal without the values that the server quotes, unless names may be shown", async () => {
            const unfit = rewritten("90. AS score", "toFloat64(toUInt32(user_id)) AS score");
            const refused = await told(unfit);
            assert.match(
                refused,
                /^rule rewritten: not backtested: ClickHouse refused a query: CANNOT_PARSE_TEXT \(code 6\)$/,
            );
            assert.match(await told(unfit, { names: true }), /CANNOT_PARSE_TEXT \(code 6\): .*(alice|carol|frank)/);
            assert.match(
                await told(rewritten("90. AS score", "colour AS score")),
                /UNKNOWN_IDENTIFIER \(code 47\); what it reads may come with this very change$/,
            );
        });

        it("asks read-only", async () => {
            const telling = rewritten(
                "user_id AS entity_id",
                "concat(user_id, ' ', toString(getSetting('readonly'))) AS entity_id",
            );
            assert.match(await told(telling, { names: true }), /added: alice 2, carol 2, frank 2$/);
        });

        it("knows a fact of which there are no events", async () => {
            const silent: DeployedRule = { ...held("silent"), triggers: ["user_deposits"] };
            assert.equal(
                await told(silent),
                "rule silent v1 (new): not backtested: there are no live events of user_deposits; " +
                    "over a replay or a simulation: npm run backtest -- --rule silent --run <run> --from <time> --to <time>",
            );
        });
    });

    it("are judged from now backwards: what the time did not suffice for is left out, on both sides alike", async () => {
        const time = new AbortController();
        let judged = 0;
        /** The time is up when it is asked a third time by each of the two. */
        class Clock extends Database {
            override ask<T>(query: string, asking?: Asking): Promise<Answer<T>> {
                if (query.includes("sipHash128")) judged += 1;
                if (judged > 4) time.abort();
                return super.ask<T>(query, asking);
            }
        }
        const database = new Clock(host.url, 30, { signal: time.signal });
        const range = { since: (now - 7 * day) * 1_000, until: now * 1_000 };
        const [before, after] = [
            held("partial"),
            held("partial", { parameters: { floor: "60", window_minutes: "5" } }),
        ];
        const { since, ...found } = await compare(database, { before, after, range, signal: time.signal });
        await database.close();
        assert.ok(since > range.since && since < (now - 100 * minute) * 1_000, String(since));
        const whole = new Database(host.url);
        const all = await compare(whole, { before, after, range, signal: new AbortController().signal });
        await whole.close();
        const later = (findings: readonly { eventTime: number; entityId: string }[] = []): string[] =>
            findings.filter(({ eventTime }) => eventTime > since).map(({ entityId }) => entityId);
        assert.deepEqual(
            found.before?.map(({ entityId }) => entityId),
            later(all.before),
        );
        assert.deepEqual(
            found.after.map(({ entityId }) => entityId),
            later(all.after),
        );
        assert.ok(found.after.length > 0 && found.after.length < all.after.length);
    });
});
