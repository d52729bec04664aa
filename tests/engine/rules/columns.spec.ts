// Proves, on the real engine: every rule's view and evidence are accepted with the columns the evaluator takes, by name and type, and a rule that
// names a column or function that is not there is refused with its file and the line. Does not prove: what the rules find (golden.spec.ts here).
import assert from "node:assert/strict";
import { rules } from "../../../schema/rules";
import { unknownName } from "../../../schema/rules/lint";
import { rule } from "../../../schema/rules/spec";
import { startClickHouseHost, type TestClickHouse } from "../../support/clickhouse";
import { RuleBench } from "./harness";

const result = {
    entity_id: "String",
    trigger_key: "String",
    event_time: "DateTime64(6, 'UTC')",
    window_from: "DateTime64(6, 'UTC')",
    score: "Float64",
    details: "Map(String, String)",
    accounts: "Array(String)",
};

describe("columns of the rules", function () {
    this.timeout(120_000);
    let host: TestClickHouse;
    let bench: RuleBench;
    before(async () => {
        host = await startClickHouseHost();
        bench = new RuleBench(host.url);
        await bench.create();
    });
    after(async () => {
        await bench.close();
        await host.stop();
    });

    for (const one of rules)
        it(`${one.id} returns what the evaluator takes`, async () => {
            assert.deepEqual(await bench.columnsOf(one), result);
            const found = { entity_id: "e", trigger_key: "t", event_time: "2026-11-18 12:00:00.000000" };
            const nothing = { ...found, window_from: found.event_time, score: 0, details: {}, accounts: [] };
            assert.deepEqual(await bench.evidence(one, "none", nothing), []);
        });

    it("a column that is not there is named with file and line", async () => {
        const sound = rules.find(({ suspects }) => suspects === undefined);
        assert.ok(sound);
        const query = `SELECT user_id AS entity_id,
    colour, map('x', '1') AS details
FROM trading.user_withdrawals
WHERE ifNull(run_id, '') = {run} AND event_time > {since} AND event_time <= {as_of}`;
        const reads = { facts: ["user_withdrawals"], rollups: [], references: [] };
        const evidence = `SELECT event_id FROM trading.user_withdrawals
WHERE run_id = {run} AND user_id = {entity_id} AND event_time >= {event_time} AND event_time <= {event_time}`;
        const bad = rule("bad_rule", { ...sound, parameters: {}, overrides: [], reads, query, evidence, reason: "" });
        await assert.rejects(
            bench.declare(bad).then(() => bench.columnsOf(bad)),
            (error: Error) => {
                const said = unknownName(bad.id, bad.view.query, error.message);
                assert.equal(said, "schema/rules/badRule.ts: line 2 of the query: there is no colour");
                return true;
            },
        );
    });
});
