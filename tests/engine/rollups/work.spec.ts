// Proves, on the real engine: a first fill is done in bounded steps and goes on where a killed process left it; a refresh looks at what came in and
// computes what that touched, however much is stored; a changed declaration is computed anew; tables are as declared.
// Does not prove: speed (npm run bench).
import assert from "node:assert/strict";
import { userOrders } from "../../../schema/facts/userOrders";
import { rollups, rollupTable } from "../../../schema/rollups";
import { computation, Refresher, refreshSettings } from "../../../functions/evaluator/rollups/refresh";
import { useClickHouseHost } from "../../support/clickhouse";
import { fullEvent } from "../../support/events";
import { declared, type Stored, Warehouse } from "./support";

const start = Date.UTC(2026, 10, 20, 12);
const hourMs = 3_600_000;
const granule = 8_192;

/** New orders, one after the other through an hour. */
const orders = (count: number, name = "o"): Stored[] =>
    Array.from({ length: count }, (_, index) => {
        const event_time = new Date(start + Math.floor((index * hourMs) / count)).toISOString();
        const own = {
            event_time,
            order_id: `${name}${String(index)}`,
            user_id: `u${String(index % 50)}`,
            state: "new",
            run_id: null,
        };
        return { declaration: userOrders, event: fullEvent(userOrders, "x", own) };
    });

describe("work of rollups", function () {
    this.timeout(200_000);
    const host = useClickHouseHost();
    let warehouse: Warehouse;
    const rollup = declared("token_minutes");
    const ordersCounted = async (): Promise<number> =>
        (await warehouse.rows("token_minutes")).reduce((sum, row) => sum + Number(row["orders"]), 0);

    before(async () => {
        warehouse = new Warehouse(host.client);
        await warehouse.create();
    });
    beforeEach(() => warehouse.empty());

    it("fills itself in bounded steps, each by a process that ends after it", async () => {
        await warehouse.store(orders(600), Date.now() - hourMs);
        const limits = { minutesPerStatement: 5, statements: 3 };
        const left: number[] = [];
        for (let pending = 1; pending > 0; left.push(pending)) {
            const done = await new Refresher(host.client, rollup, limits).refresh();
            assert.ok(done.computed <= 15, `${String(done.computed)} minutes at once`);
            pending = done.pending;
        }
        assert.deepEqual(left, [45, 30, 15, 0]);
        assert.equal(await ordersCounted(), 600);
    });

    it("reads what came in and what it touched, not what is stored", async () => {
        const stored = 20 * granule;
        await warehouse.store(orders(stored), Date.now() - hourMs);
        const refresher = new Refresher(host.client, rollup, { minutesPerStatement: 60, statements: 2 });
        const first = await refresher.refresh();
        assert.deepEqual([first.computed, first.looked >= stored], [60, true]);
        await warehouse.store(orders(1, "late"));
        const second = await refresher.refresh();
        assert.deepEqual([second.computed, second.pending], [1, 0]);
        assert.ok(second.looked <= granule, `${String(second.looked)} rows looked at`);
        assert.equal(await ordersCounted(), stored + 1);
        const { query, parameters } = computation(rollup, [start / 1_000], Date.now() * 1_000);
        const result = await host.client.query({
            query: `SELECT count() AS rows FROM (${query})`,
            query_params: parameters,
            clickhouse_settings: { ...refreshSettings, use_query_condition_cache: 0 },
            format: "JSON",
        });
        const read = (await result.json()).statistics?.rows_read ?? Infinity;
        assert.ok(read <= 4 * granule, `${String(read)} rows read for a minute of ${String(stored / 60)}`);
    });

    it("is done again for a rollup that is declared otherwise", async () => {
        await warehouse.store(orders(60), Date.now() - hourMs);
        await new Refresher(host.client, rollup).refresh();
        assert.equal((await new Refresher(host.client, rollup).refresh()).computed, 0);
        const other = { ...rollup, select: `SELECT * REPLACE (orders * 2 AS orders) FROM (${rollup.select})` };
        assert.equal((await new Refresher(host.client, other).refresh()).computed, 60);
        assert.equal(await ordersCounted(), 120);
    });

    it("says which rollup the server would not compute", async () => {
        await warehouse.store(orders(1));
        const broken = { ...rollup, select: "SELECT nothing" };
        await assert.rejects(
            new Refresher(host.client, broken).refresh(),
            /^Error: rollup token_minutes was not refreshed: .*nothing/s,
        );
    });

    it("stands on tables whose types and codecs are spelled as the server prints them, as the preview of a change will show them", async () => {
        for (const table of rollups.map(rollupTable)) {
            const result = await host.client.query({
                query: "SELECT name, type, compression_codec AS codec FROM system.columns WHERE database = 'rollups' AND table = {table:String} ORDER BY position",
                query_params: { table: table.name },
                format: "JSONEachRow",
            });
            const declaredAs = Object.entries(table.columns).map(([name, { type, codec }]) => ({
                name,
                type,
                codec: codec === undefined ? "" : `CODEC(${codec})`,
            }));
            assert.deepEqual(await result.json(), declaredAs, table.name);
        }
    });
});
