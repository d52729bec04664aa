// Proves, through the real CLI and the real engine: how a table follows its declaration, step by step (a folder of tests/engine/stories a
// step, each building on the one before): what a preview shows, what is changed in place, what is refused and with which words, what drift
// looks like, and that nothing is lost unasked. Does not prove: feeds and topics (pipeline.spec.ts), changes under load (tests/engine/stack).
import assert from "node:assert/strict";
import path from "node:path";
import { startClickHouseHost, type TestClickHouse } from "../../support/clickhouse";
import { removeFolder, temporaryFolder } from "../../support/processes";
import { PulumiProject, repository } from "../../support/pulumi";
import { urlVariable } from "../stories/base";
import { changedLines, writeProject } from "./project";

const rows = 1234;

describe("stories of a table", function () {
    this.timeout(240_000);
    let host: TestClickHouse;
    let project: PulumiProject;
    const folder = temporaryFolder("stories");

    /** What the engine answers, as tab-separated text. */
    async function query(statement: string): Promise<string> {
        const response = await fetch(host.url, { method: "POST", body: statement });
        const text = await response.text();
        assert.ok(response.ok, text);
        return text.trim();
    }
    const statement = (table = "fills"): Promise<string> => query(`SHOW CREATE TABLE story.${table} FORMAT TSVRaw`);
    const count = async (table: string): Promise<number> => Number(await query(`SELECT count() FROM story.${table}`));
    const columns = (): Promise<string> =>
        query(
            "SELECT arrayStringConcat(groupArray(name), ' ') FROM system.columns WHERE database = 'story' AND table = 'fills'",
        );

    const declare = (step: string): void =>
        project.write("index.ts", `import ${JSON.stringify(path.join(repository, "tests/engine/stories", step))};\n`);
    async function apply(step: string): Promise<string> {
        declare(step);
        return (await project.up()).output;
    }
    async function preview(step: string): Promise<string> {
        declare(step);
        return (await project.preview({ mayFail: true })).output;
    }
    /** What is there is what is declared: neither a refresh nor a preview finds anything. */
    async function settled(): Promise<void> {
        const { output } = await project.run(["preview", "--refresh", "--diff", "--stack", project.stack]);
        assert.deepEqual(changedLines(output), [], output);
        assert.match(output, /Resources:\n +\d unchanged\n/);
    }

    before(async () => {
        host = await startClickHouseHost();
        writeProject(folder, "stories");
        project = await PulumiProject.create(folder, { env: { [urlVariable]: host.url } });
    });

    after(async () => {
        project.dispose();
        removeFolder(folder);
        await host.stop();
        // One that was started again on its folder leaves it.
        removeFolder(host.path);
    });

    it("creates the table and its reading view, columns in the order of their declaration", async () => {
        await apply("01-created");
        assert.equal(await columns(), "event_time event_id symbol side price version");
        await query(
            `INSERT INTO story.fills SELECT now64(6), toString(number), 'BTC', 'buy', 1.5, number FROM numbers(${String(rows)})`,
        );
        assert.equal(await count("fills_read"), rows);
        await settled();
    });

    it("shows an added column and nothing else; adds it in its place, and to the reading view", async () => {
        const shown = await preview("02-column-added");
        assert.deepEqual(changedLines(shown), [
            "~ columns: {",
            "+ fee: {",
            '+ comment: "Paid"',
            '+ default: "0"',
            '+ type   : "Decimal(18, 8)"',
        ]);
        assert.match(shown, /~ 1 to update/);
        assert.match(shown, /story.fills_read, the view it is read through, is made again and gains fee\n/);
        await apply("02-column-added");
        assert.equal(await columns(), "event_time event_id symbol side price fee version");
        assert.equal(await query("SELECT sum(fee) FROM story.fills_read"), "0");
        await settled();
    });

    it("refuses to drop it again, with the row count and the recipe; dropped by hand, it is gone without a trace", async () => {
        const shown = await preview("01-created");
        assert.ok(changedLines(shown).includes("- fee: {"), shown);
        const refusal = /column fee would be dropped with its values, and it holds 1,234 rows; .*allowDrop: \["fee"\]/;
        assert.match(shown, refusal);
        const { code, output } = await project.up({ mayFail: true });
        assert.notEqual(code, 0);
        assert.match(output, refusal);
        assert.equal(await columns(), "event_time event_id symbol side price fee version");
        await query("ALTER TABLE story.fills DROP COLUMN fee");
        await project.refresh();
        await apply("01-created");
        await settled();
    });

    it("changes codec, comment and type in place where every value stays what it is", async () => {
        await apply("03-columns-changed");
        const now = await statement();
        assert.match(now, /`side` Enum8\('buy' = 1, 'sell' = 2, 'short' = 3\)/);
        assert.match(now, /`price` Decimal\(38, 18\) COMMENT 'What was paid, fees apart' CODEC\(GCD, ZSTD\(1\)\)/);
        assert.equal(await query("SELECT DISTINCT price FROM story.fills_read"), "1.5");
        await settled();
    });

    it("changes TTL, settings and indexes in place, without rewriting rows for the TTL", async () => {
        await apply("04-retention-changed");
        const now = await statement();
        assert.match(now, /TTL toDateTime\(event_time\) \+ toIntervalDay\(60\)/);
        assert.match(now, /merge_with_ttl_timeout = 3600/);
        assert.doesNotMatch(now, /INDEX/);
        assert.equal(await query("SELECT count() FROM system.mutations WHERE command LIKE '%TTL%'"), "0");
        await settled();
    });

    it("refuses types that cannot hold every value", async () => {
        assert.match(
            await preview("08-type-narrowed"),
            /column event_id would change from String to UInt64, which cannot hold every value, and it holds 1,234 rows/,
        );
        const back = await preview("01-created");
        assert.match(
            back,
            /column price would change from Decimal\(38, 18\) to Decimal\(18, 8\), which cannot hold every value/,
        );
        assert.match(back, /column side would change from Enum8\('buy' = 1, 'sell' = 2, 'short' = 3\) to/);
    });

    it("refuses another sort key, with the row count and the recipe", async () => {
        const shown = await preview("07-order-changed");
        assert.match(shown, /~ orderBy: \[/);
        assert.match(shown, /orderBy would change from .* and it holds 1,234 rows; declare fills_v2 .*README/);
        assert.match(shown, /error: preview failed/i);
    });

    it("shows hand-made changes as drift, by name; puts them right, but leaves a column of somebody's own alone", async () => {
        declare("04-retention-changed");
        await query("ALTER TABLE story.fills ADD COLUMN by_hand String AFTER symbol");
        await query(
            "ALTER TABLE story.fills MODIFY TTL toDateTime(event_time) + toIntervalDay(7) SETTINGS materialize_ttl_after_modify = 0",
        );
        await query("ALTER TABLE story.fills MODIFY COLUMN event_id CODEC(ZSTD(9))");
        await query("ALTER TABLE story.fills COMMENT COLUMN symbol 'mine'");
        await query("DROP VIEW story.fills_read");
        assert.deepEqual(changedLines((await project.preview()).output), []);
        await project.refresh();
        const { output } = await project.preview();
        const lines = [
            "- by_hand : {",
            '~ codec: "ZSTD(9)" => "ZSTD(1)"',
            "~ days: 7 => 60",
            '- comment: "mine"',
            "+ readingView: {",
        ];
        for (const line of lines)
            assert.ok(
                changedLines(output).some((shown) => shown.replace(/ +/g, " ") === line),
                `${line}\n${output}`,
            );
        assert.match(output, /by_hand was added by hand and is left in place; declare it/);
        await project.up();
        assert.equal(await columns(), "event_time event_id symbol by_hand side price version");
        assert.match(await statement(), /toIntervalDay\(60\)/);
        await query("ALTER TABLE story.fills DROP COLUMN by_hand");
        assert.equal(await count("fills_read"), rows);
        await settled();
    });

    it("refuses to drop a declared column unasked, and drops it once the declaration says so", async () => {
        assert.match(
            await preview("05-drop-undeclared"),
            /column price would be dropped with its values, and it holds 1,234 rows/,
        );
        const shown = await preview("06-drop-declared");
        assert.ok(changedLines(shown).includes("- side: {"), shown);
        await apply("06-drop-declared");
        assert.equal(await columns(), "event_time event_id symbol price version");
        assert.equal(await count("fills_read"), rows);
        await settled();
        await apply("04-retention-changed");
        assert.equal(await columns(), "event_time event_id symbol side price version");
    });

    it("replaces the table by the recipe: successor, backfill, then the former one goes, as declared", async () => {
        await apply("09-successor-declared");
        assert.equal(await count("fills_read"), 0);
        await query("INSERT INTO story.fills_v2 SELECT * FROM story.fills");
        assert.equal(await count("fills_read"), rows);
        await apply("10-successor-alone");
        assert.equal(await query("EXISTS TABLE story.fills"), "0");
        assert.equal(await count("fills_read"), rows);
        await settled();
    });

    it("takes a table made by hand under management", async () => {
        await query(
            (await statement("fills_v2"))
                .replace("fills_v2", "by_hand")
                .replace("ORDER BY (symbol, event_id)", "ORDER BY (toStartOfMinute(event_time), symbol, event_id)"),
        );
        const shown = await preview("11-imported");
        assert.match(shown, /= 1 to import/);
        assert.doesNotMatch(shown, /to (create|update|replace)/);
        await apply("11-imported");
        await settled();
        await query("DROP TABLE story.by_hand");
        assert.match((await project.refresh()).output, /- 1 deleted/);
        await apply("10-successor-alone");
    });

    it("says once that the server cannot be reached, still shows what is declared otherwise, and keeps the state", async () => {
        declare("12-server-moved");
        const nowhere = { [urlVariable]: "http://127.0.0.1:9" };
        const { output } = await project.preview({ env: nowhere });
        assert.match(output, /comment: "Executions" => "Executions, by symbol"/);
        assert.equal(output.match(/ClickHouse at http:\/\/127.0.0.1:9 cannot be reached/g)?.length, 1, output);
        declare("10-successor-alone");
        await host.kill9();
        const refreshed = await project.refresh();
        assert.match(refreshed.output, /cannot be reached.*the state is left as it was/);
        assert.match(refreshed.output, /4 unchanged/);
        host = await startClickHouseHost({ path: host.path, port: Number(new URL(host.url).port) });
        await settled();
    });

    it("refuses to destroy rows, naming how many", async () => {
        const { code, output } = await project.destroy({ mayFail: true });
        assert.notEqual(code, 0);
        assert.match(output, /table story.fills_v2: deleting it is refused, it holds 1,234 rows; .*onDelete: "drop"/);
        assert.equal(await count("fills_v2"), rows);
        await query("TRUNCATE TABLE story.fills_v2");
        await project.destroy();
        assert.equal(await query("EXISTS TABLE story.fills_v2"), "0");
    });
});
