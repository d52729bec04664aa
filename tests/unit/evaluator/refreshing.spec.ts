// Proves: rollups that something came for are behind until a refresh that begins after it; refreshes keep their pace, except where work is left; days
// are not waited for; what fails is behind and tried again. Does not prove: what a refresh computes (tests/engine/rollups).
import assert from "node:assert/strict";
import { mock } from "node:test";
import { type Refreshed, Refreshing } from "../../../functions/evaluator/refreshing";
import { rollups } from "../../../schema/rollups";

/** Longer than the pace of refreshes, milliseconds. */
const paceMs = 3_001;

/** Refreshing under a clock that the test moves, with refreshers that do what the test says and tell when they were called. */
class Bench {
    now = 1_000_000;
    readonly called: string[] = [];
    /** Periods a rollup leaves at each of its next refreshes; none where there is nothing said. */
    readonly left = new Map<string, number[]>();
    readonly failing = new Set<string>();
    readonly refreshing: Refreshing;

    constructor() {
        mock.method(performance, "now", () => this.now);
        mock.method(Date, "now", () => this.now);
        this.refreshing = new Refreshing(rollups.map(({ name }) => ({ refresh: () => this.refreshOne(name) })));
    }

    /** A round in which rows of these facts came. */
    round(...facts: string[]): Promise<Refreshed> {
        this.called.length = 0;
        return this.refreshing.refresh({ arrived: new Map(facts.map((fact) => [fact, []])) });
    }

    private refreshOne(rollup: string): Promise<{ rollup: string; computed: number; pending: number; looked: number }> {
        this.called.push(rollup);
        if (this.failing.has(rollup)) return Promise.reject(new Error(`rollup ${rollup} was not refreshed`));
        return Promise.resolve({ rollup, computed: 1, pending: this.left.get(rollup)?.shift() ?? 0, looked: 1 });
    }
}

describe("refreshing of rollups", () => {
    let bench: Bench;
    beforeEach(() => (bench = new Bench()));
    afterEach(() => {
        mock.restoreAll();
    });

    it("begins with all, in their order", async () => {
        const { behind, more } = await bench.round();
        assert.deepEqual(
            bench.called,
            rollups.map(({ name }) => name),
        );
        assert.deepEqual([...behind], []);
        assert.equal(more, false);
    });

    it("a row that comes within the pace leaves its rollups behind until the next refresh, without asking for more", async () => {
        await bench.round();
        bench.now += 100;
        const early = await bench.round("user_withdrawals");
        assert.equal(bench.called.length, 0);
        assert.ok(early.behind.has("user_minutes") && early.behind.has("first_seen"));
        assert.ok(!early.behind.has("post_minutes"), "nothing came for it");
        assert.equal(early.more, false);
        bench.now += 100;
        assert.ok((await bench.round()).behind.has("user_minutes"), "still behind though nothing more came");
        bench.now += paceMs;
        const later = await bench.round();
        assert.ok(bench.called.includes("user_minutes"));
        assert.deepEqual([...later.behind], []);
    });

    it("a row that comes with a refresh that is due is in it", async () => {
        await bench.round();
        bench.now += paceMs;
        const { behind } = await bench.round("user_withdrawals");
        assert.ok(bench.called.includes("user_minutes"));
        assert.deepEqual([...behind], []);
    });

    it("days, with a pace of their own, are refreshed but not waited for", async () => {
        await bench.round();
        bench.now += 100;
        const { behind } = await bench.round("user_withdrawals");
        assert.ok(behind.has("user_minutes") && !behind.has("user_days"));
        bench.now += paceMs;
        await bench.round();
        assert.ok(bench.called.includes("user_days"));
    });

    it("scores of alerts are asked for also when no facts come: alerts are raised later than facts", async () => {
        for (let round = 0; round < 200; round++) {
            bench.now += paceMs;
            await bench.round();
        }
        assert.deepEqual(bench.called, ["user_risk"]);
    });

    it("work that is left goes on at once, and is behind until it is done", async () => {
        bench.left.set("user_minutes", [5, 2]);
        for (const pending of [true, true, false]) {
            const { behind, more } = await bench.round();
            assert.ok(bench.called.includes("user_minutes"));
            assert.equal(more, pending);
            assert.equal(behind.has("user_minutes"), pending);
        }
        await bench.round();
        assert.deepEqual(bench.called, [], "the pace holds again");
    });

    it("a rollup that fails is behind and said, does not hold up the others, and is tried again at the pace", async () => {
        bench.failing.add("user_minutes");
        const { behind, more } = await bench.round();
        assert.equal(bench.called.length, rollups.length);
        assert.deepEqual([...behind], ["user_minutes"]);
        assert.equal(more, false);
        assert.equal(bench.refreshing.problem(), "rollup user_minutes was not refreshed");
        bench.failing.clear();
        bench.now += paceMs;
        assert.deepEqual([...(await bench.round()).behind], []);
        assert.equal(bench.refreshing.problem(), undefined);
    });
});
