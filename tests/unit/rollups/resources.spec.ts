// Proves: each rollup is one table resource with its reading view inside, after the database and the facts it reads.
// Does not prove: that the provider makes them (tests/engine/provider), nor their SQL (tests/engine/rollups).
import assert from "node:assert/strict";
import { type CustomResource, runtime } from "@pulumi/pulumi";
import { type Settings } from "../../../infra/config";
import { Rollups } from "../../../infra/pipeline/rollups";
import { type Target } from "../../../infra/targets";
import { rollups } from "../../../schema/rollups";

describe("resources of rollups", () => {
    it("are a database, a table each, and one for progress", async () => {
        const made: { type: string; name: string; inputs: Record<string, unknown> }[] = [];
        await runtime.setMocks({
            newResource: ({ type, name, inputs }) => {
                made.push({ type, name, inputs: inputs as Record<string, unknown> });
                return { id: name, state: inputs as Record<string, unknown> };
            },
            call: () => ({}),
        });
        const own = new Rollups(
            { onDelete: "keep" } as Settings,
            { ready: [] as CustomResource[] } as unknown as Target,
            new Map(),
        );
        await runtime.disconnect();
        const tables = made.filter(({ type }) => type === "trading:clickhouse:Table");
        assert.deepEqual(
            tables.map(({ inputs }) => `${String(inputs["database"])}.${String(inputs["name"])}`).sort(),
            [...rollups.map(({ name }) => `rollups.${name}`), "rollups.progress"].sort(),
        );
        assert.equal(made.filter(({ type }) => type === "trading:clickhouse:Database").length, 1);
        assert.equal(own.ready.length, tables.length + 1);
        for (const { name, inputs } of tables) {
            assert.equal(inputs["onDelete"], "keep", name);
            assert.equal("readingView" in inputs, name !== "rollup-progress", name);
        }
    });
});
