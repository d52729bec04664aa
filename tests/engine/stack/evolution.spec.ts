// Proves, on the whole stack and through the real CLI: what a changed declaration shows in a preview, that it is applied without losing an
// event under load, and that what would destroy data is refused with the row count and the recipe. Each step builds on the one before.
// Does not prove: each kind of change one by one; tests/engine/provider does.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { kill9, until } from "../../support/processes";
import { repository } from "../../support/pulumi";
import { Load } from "../../support/load";
import { sharedStack, type TestStack } from "../../support/stack";

const declaration = "schema/facts/marketTrades.ts";
const anchor = "        taker_side:";
const newColumn = '        settlement: optional(label("Settlement cycle")),\n';

async function killAll(stack: TestStack): Promise<void> {
    const children = await stack.supervisor.list();
    const { pid } = await stack.supervisor.info();
    kill9(pid);
    for (const child of children) if (child.pid !== null) kill9(child.pid);
}

/** What `make start` does before it runs `pulumi up`. */
function revive(stack: TestStack): void {
    const dir = join(stack.project.dir, ".trading", stack.project.stack);
    execFileSync("node", [
        "--require",
        "tsx/cjs",
        join(repository, "infra/embedded/supervisor/revive.ts"),
        "--dir",
        dir,
    ]);
}

describe("evolution of a fact", function () {
    this.timeout(300_000);
    let stack: TestStack;
    let original: string;

    const edit = (change: (text: string) => string): void =>
        stack.project.write(declaration, change(readFileSync(join(stack.project.dir, declaration), "utf8")));
    const addColumn = (text: string): string =>
        text.replace(anchor, `${newColumn}${anchor}`).replace("oneOf, text", "oneOf, optional, text");

    before(async () => {
        stack = await sharedStack();
        original = readFileSync(join(stack.project.dir, declaration), "utf8");
        await stack.project.run(["config", "set", "collectMarketData", "false", "--stack", stack.project.stack]);
        await stack.project.up();
    });
    after(async () => {
        stack.project.write(declaration, original);
        await stack.project.run(["config", "rm", "collectMarketData", "--stack", stack.project.stack]);
        await stack.clickhouse.command({ query: "ALTER TABLE facts.market_trades DROP COLUMN IF EXISTS by_hand" });
        await stack.clickhouse.command({ query: "ALTER TABLE facts.market_trades DROP COLUMN IF EXISTS settlement" });
        await stack.project.refresh();
        await stack.project.up();
    });

    it("changes nothing when nothing changed", async () => {
        const { output } = await stack.project.up();
        assert.doesNotMatch(output, /\d+ (created|updated|deleted|replaced)/);
        assert.match(output, /\d+ unchanged/);
    });

    it("shows an added column in the preview, and nothing else", async () => {
        edit(addColumn);
        const { output } = await stack.project.preview();
        const changes = output.split("\n").filter((line) => /^\s*[-+~]/.test(line) && !/trading:|to update/.test(line));
        assert.ok(changes.length >= 2, output);
        for (const change of changes) assert.match(change, /columns|settlement|type|comment|codec/, output);
        assert.match(output, /~ 2 to update/);
        assert.doesNotMatch(output, /to (create|delete|replace)/);
    });

    it("adds the column while 5,000 events a second flow, and loses none", async () => {
        const load = new Load(stack, "evolution", 5_000);
        load.start();
        await until(
            "events flow",
            async () =>
                (await stack.number("SELECT count() FROM facts.market_trades WHERE venue = 'evolution'")) > 5_000,
        );
        await stack.project.up();
        const sent = load.acknowledged;
        await until("events flow on", () => load.acknowledged > sent + 5_000);
        const total = await load.stop();
        const read = "SELECT count() FROM trading.market_trades WHERE venue = 'evolution'";
        await until(`${String(total)} events`, async () => (await stack.number(read)) === total, 60_000);
        assert.equal(
            await stack.number(
                "SELECT count() FROM system.columns WHERE database = 'trading' AND table = 'market_trades' AND name = 'settlement'",
            ),
            1,
        );
    });

    it("shows a hand-made ALTER as drift after a refresh", async () => {
        await stack.clickhouse.command({ query: "ALTER TABLE facts.market_trades ADD COLUMN by_hand UInt8" });
        await stack.project.refresh();
        const { output } = await stack.project.preview();
        assert.match(output, /by_hand/);
        await stack.clickhouse.command({ query: "ALTER TABLE facts.market_trades DROP COLUMN by_hand" });
        await stack.project.refresh();
        assert.doesNotMatch((await stack.project.preview()).output, /by_hand/);
    });

    it("refuses to drop a column, with the row count and the recipe", async () => {
        stack.project.write(declaration, original);
        const { code, output } = await stack.project.preview({ mayFail: true });
        const rows = await stack.number("SELECT count() FROM facts.market_trades");
        assert.notEqual(code, 0, output);
        assert.match(output, /settlement/);
        assert.match(output.replaceAll(",", ""), new RegExp(String(rows)), output);
        assert.match(output, /allowDrop|README/);
        edit(addColumn);
    });

    it("refuses a changed ORDER BY, with the row count and the recipe", async () => {
        edit((text) => text.replace('entity: ["venue", "symbol"]', 'entity: ["symbol", "venue"]'));
        const { code, output } = await stack.project.preview({ mayFail: true });
        assert.notEqual(code, 0, output);
        assert.match(output, /orderBy/);
        assert.match(output, /README|_v2/);
        edit((text) => text.replace('entity: ["symbol", "venue"]', 'entity: ["venue", "symbol"]'));
    });

    it("brings everything back after kill -9 of every process, with no row missing", async () => {
        const before = await stack.number("SELECT count() FROM trading.market_trades");
        await killAll(stack);
        await stack.project.run(["preview", "--stack", stack.project.stack], { mayFail: true });
        revive(stack);
        await stack.project.up();
        assert.equal(await stack.number("SELECT count() FROM trading.market_trades"), before);
    });
});
