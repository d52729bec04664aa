// Proves: every rollup's declaration holds together: names, keys, columns, expiry, order, parameters; and none depends on the clock or on labels.
// Does not prove: that its SQL is right, nor that ClickHouse takes it; tests/engine/rollups does.
import assert from "node:assert/strict";
import { catalogue } from "../../../schema";
import { createTable } from "../../../schema/ddl";
import { progressTable, rollups, rollupTable } from "../../../schema/rollups";
import { views } from "../../../schema/views";

const read = (sql: string): string[] => [...sql.matchAll(/`rollups`\.`(\w+)`/g)].map((match) => match[1] ?? "");
const parameters = (sql: string): string[] => [...sql.matchAll(/\{(\w+):/g)].map((match) => match[1] ?? "");
/** A database other than those a rollup may read. */
const foreign = (sql: string): string[] =>
    [...sql.matchAll(/`(\w+)`\.`\w+`/g)]
        .map((match) => match[1] ?? "")
        .filter((name) => !["facts", "rollups", "detection"].includes(name));

describe("declarations of rollups", () => {
    it("have names of their own, also beside facts and views", () => {
        const names = [...catalogue, ...views, ...rollups, progressTable].map(({ name }) => name);
        assert.deepEqual(
            names.filter((name, index) => names.indexOf(name) !== index),
            [],
        );
    });

    for (const [index, rollup] of rollups.entries())
        describe(rollup.name, () => {
            const own = Object.keys(rollup.columns);

            it("has its key, its expiry and its partitions among its columns, and its run in its key", () => {
                for (const column of [...rollup.key, rollup.expiresBy]) assert.ok(own.includes(column), column);
                assert.ok(rollup.key.includes("run"));
                const partitioned = /\((\w+)\)$/.exec(rollup.partitionBy ?? "")?.[1];
                // Rows that replace each other must be in one partition.
                if (partitioned !== undefined) assert.ok(rollup.key.includes(partitioned), partitioned);
            });

            it("reads rollups that are refreshed before it, and says which", () => {
                const before = rollups.slice(0, index).map(({ name }) => name);
                const used = new Set(read([rollup.select, ...rollup.touched].join("\n")));
                used.delete(rollup.name);
                for (const name of used) assert.ok(before.includes(name), `${name} is refreshed after it`);
                assert.deepEqual([...used].sort(), [...rollup.reads].sort());
                assert.deepEqual(foreign(rollup.select), []);
            });

            it("takes the parameters a refresh has, and nothing from the clock, from chance or from labels", () => {
                assert.ok(
                    parameters(rollup.select).every((name) =>
                        ["periods", "from", "until", "refreshed_at"].includes(name),
                    ),
                );
                for (const touched of rollup.touched) assert.deepEqual([...new Set(parameters(touched))], ["since"]);
                assert.doesNotMatch(rollup.select, /\b(now|now64|today|yesterday|rand\w*|generateUUID\w*)\(/);
                assert.doesNotMatch(rollup.select, /scenario_labels/);
            });

            it("is read as trading.<name>, each key once, without what only the refresh needs", () => {
                const table = rollupTable(rollup);
                assert.deepEqual([table.readingView?.database, table.readingView?.name], ["trading", rollup.name]);
                assert.match(table.readingView?.query ?? "", /EXCEPT \(refreshed_at.* FINAL$/);
                assert.match(createTable(table), /^CREATE TABLE IF NOT EXISTS `rollups`\./);
            });

            it("lives 400 days where it outlives the facts, and longer than facts in any case", () => {
                const long = rollup.grain === "day" || rollup.keeps === "merged";
                assert.ok(long ? rollup.retentionDays >= 400 : rollup.retentionDays > 30);
            });
        });

    it("mark ids of people, their addresses and devices as personal data", () => {
        const personal = /^(user_id|.*_user_id|.*account_id|ips|devices|value)$/;
        for (const { name, columns } of rollups)
            for (const [column, { personal: marked = false }] of Object.entries(columns))
                assert.equal(marked, personal.test(column), `${name}.${column}`);
    });
});
