// Proves: on the real broker, feeds and tables, what the simulator says it sent is what is stored, to the row; the same run sent twice is
// stored once; a difference is named; and nothing is sent without leave.
// Does not prove: speed, nor the facts' single values, which the unit tests of the simulation and the replay of recordings look at.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { sharedStack, type TestStack } from "../../support/stack";
import { Ledger } from "../../../functions/simulator/ledger";
import { everything } from "../../../functions/simulator/scenarios/director";
import { runId, simulate, type SimulatedEvent, type SimulationOptions } from "../../../functions/simulator/simulate";
import { differences } from "../../../functions/simulator/verify";

const program = resolve(__dirname, "../../../functions/simulator/main.ts");

async function run(
    args: readonly string[],
    env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
    const child = spawn(process.execPath, ["--require", "tsx/cjs", program, ...args], {
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    await once(child, "close");
    return { code: child.exitCode, output };
}

describe("simulator, on a stack", function () {
    this.timeout(300_000);
    let stack: TestStack;
    let env: Record<string, string>;
    const start = Math.floor(Date.now() / 60_000) * 60_000 - 60 * 60_000;
    const options: SimulationOptions = {
        seed: 5,
        accounts: 500,
        start,
        minutes: 50,
        historyDays: 2,
        scenarios: { ...everything(0), pass_through: 2, dormant_reactivation: 1, layering: 1 },
        scores: true,
    };
    const args = [
        ...["--seed", "5", "--accounts", "500", "--minutes", "50", "--history-days", "2", "--scores", "--verify"],
        ...["--start", new Date(start).toISOString()],
        ...["--scenarios", "pass_through:2,dormant_reactivation:1,layering:1"],
    ];

    before(async () => {
        stack = await sharedStack();
        env = { ALLOW_SYNTHETIC: "true", KAFKA_BROKERS: stack.brokers, CLICKHOUSE_URL: stack.clickhouseUrl };
    });

    it("sends nothing to a stack that does not take synthetic events", async () => {
        const { code, output } = await run(args, { ...env, ALLOW_SYNTHETIC: "" });
        assert.equal(code, 2);
        assert.match(output, /ALLOW_SYNTHETIC: must be true/);
        const own = `SELECT count() FROM trading.user_orders WHERE run_id = '${runId(options)}'`;
        assert.equal(await stack.number(own), 0);
    });

    it("finds every event it sent among the facts, once, also when the run is sent again", async () => {
        for (const round of ["first", "again"]) {
            const { code, output } = await run(args, env);
            assert.equal(code, 0, output);
            assert.match(output, /facts equal the ledger/, round);
        }
        const ledger = new Ledger();
        for (const event of [...simulate(options)].flat()) ledger.add(event);
        assert.deepEqual(await differences(stack.clickhouse, ledger, runId(options)), []);
        const stored = await stack.number(
            `SELECT count() FROM trading.user_orders WHERE run_id = '${runId(options)}' AND origin = 'synthetic'`,
        );
        const sent = ledger.totals.filter(({ declaration }) => declaration.name === "user_orders");
        assert.equal(
            stored,
            sent.reduce((sum, { events }) => sum + events, 0),
        );
        assert.ok(stored > 10_000, String(stored));
    });

    it("names what differs: an event that never came, and one that nobody sent", async () => {
        const events = [...simulate(options)].flat();
        const trades = events.filter(({ declaration }) => declaration.name === "user_trades");
        // Of an hour with others of its symbol: the last one of an hour would be missed as "sent none".
        const hourOf = ({ event }: SimulatedEvent): string =>
            `${String(event["symbol"])} ${event.event_time.slice(0, 13)}`;
        const first = trades.find((trade) => trades.filter((other) => hourOf(other) === hourOf(trade)).length > 1);
        assert.ok(first);
        const ledger = new Ledger();
        for (const event of events.filter((event) => event !== first)) ledger.add(event);
        const never = { ...first, event: { ...first.event, event_id: "never" } };
        const [place] = await differences(stack.clickhouse, ledger, runId(options));
        assert.match(place ?? "", /^user_trades [A-Z]+USDT .*: sent \d+ events, found \d+$/);
        ledger.add(never);
        const [other] = await differences(stack.clickhouse, ledger, runId(options));
        assert.match(other ?? "", /^user_trades [A-Z]+USDT .*: as many events as sent, but others$/);
    });

    it("labels what it played, and posts control totals that hold", async () => {
        const labels = await stack.rows<{ scenario: string }>(
            `SELECT DISTINCT scenario FROM trading.scenario_labels WHERE run_id = {run:String} ORDER BY scenario`,
            { run: runId(options) },
        );
        assert.deepEqual(
            labels.map(({ scenario }) => scenario),
            ["dormant_reactivation", "layering", "pass_through"],
        );
        const wrong = await stack.rows(
            `SELECT totals.symbol AS symbol, totals.hour AS hour, totals.events AS events, facts.events AS found
             FROM (SELECT symbol, hour, events, quantity FROM trading.control_totals WHERE run_id = {run:String} AND fact = 'user_orders') AS totals
             LEFT JOIN (SELECT symbol, toStartOfHour(event_time) AS hour, count() AS events, sum(quantity) AS quantity
                 FROM trading.user_orders WHERE run_id = {run:String} GROUP BY symbol, hour) AS facts
             ON totals.symbol = facts.symbol AND totals.hour = facts.hour
             WHERE totals.events != facts.events OR totals.quantity != facts.quantity`,
            { run: runId(options) },
        );
        assert.deepEqual(wrong, []);
    });
});
