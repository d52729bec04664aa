// Proves: rollups that something came for are brought up to date when they are asked for, with what they read and nothing else; the others at a pace, part by
// part; days are not waited for; what fails, or has a past to compute, is behind and goes on with the others.
// Does not prove: what a refresh computes (tests/engine/rollups).
import assert from "node:assert/strict";
import { mock } from "node:test";
import { Refreshing } from "../../../functions/evaluator/refreshing";
import { rollups } from "../../../schema/rollups";

/** Longer than the pace of refreshes, milliseconds. */
const paceMs = 5_001;
const all = rollups.map(({ name }) => name);

/** Refreshing under a clock that the test moves, with refreshers that do what the test says and tell when they were called. */
class Bench {
    now = 1_000_000;
    readonly called: string[] = [];
    /** How long each refresh takes, milliseconds. */
    tookMs = 0;
    /** Periods a rollup leaves at each of its next refreshes; none where there is nothing said. */
    readonly left = new Map<string, number[]>();
    readonly failing = new Set<string>();
    readonly refreshing: Refreshing;

    constructor() {
        mock.method(performance, "now", () => this.now);
        mock.method(Date, "now", () => this.now);
        this.refreshing = new Refreshing(rollups.map(({ name }) => ({ refresh: () => this.refreshOne(name) })));
    }

    /** Rows of these facts come. */
    come(...facts: string[]): void {
        this.refreshing.note({ arrived: new Map(facts.map((fact) => [fact, []])) });
    }

    /** Whether rollups hold what came once they are brought; what was called for it is in `called`. */
    bring(...names: string[]): Promise<boolean> {
        this.called.length = 0;
        return this.refreshing.bring(names);
    }

    tend(): Promise<boolean> {
        this.called.length = 0;
        return this.refreshing.tend();
    }

    private refreshOne(rollup: string): Promise<{ rollup: string; computed: number; pending: number; looked: number }> {
        this.called.push(rollup);
        this.now += this.tookMs;
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
        assert.equal(await bench.tend(), false);
        assert.deepEqual(bench.called, all);
        assert.equal(await bench.bring(...all), true);
        assert.deepEqual(bench.called, []);
    });

    it("brings what is asked for, with what it reads, each after that, and nothing else", async () => {
        assert.equal(await bench.bring("token_prices"), true);
        assert.deepEqual(bench.called, [
            "trade_amendments",
            "token_minutes",
            "market_minutes",
            "market_prices",
            "token_prices",
        ]);
        await bench.tend();
        bench.come("user_withdrawals");
        assert.equal(await bench.bring("first_seen"), true);
        assert.deepEqual(bench.called, ["first_seen"]);
        assert.equal(await bench.bring("first_seen"), true);
        assert.deepEqual(bench.called, [], "it holds all that came");
        assert.equal(await bench.bring("post_minutes"), true);
        assert.deepEqual(bench.called, [], "nothing came for it");
    });

    it("does not take a rollup for up to date that was refreshed before what it reads", async () => {
        await bench.tend();
        bench.tookMs = 1_000;
        bench.come("user_trades");
        bench.now += paceMs;
        // One part of the refresh of all, then the next: trades come in between.
        await bench.tend();
        assert.deepEqual(bench.called, ["trade_amendments"]);
        bench.come("user_trades");
        await bench.tend();
        assert.deepEqual(bench.called, ["token_minutes"]);
        assert.equal(await bench.bring("token_minutes"), true);
        assert.deepEqual(bench.called, ["trade_amendments", "token_minutes"]);
    });

    it("refreshes the others at a pace, part by part", async () => {
        await bench.tend();
        bench.come("user_withdrawals");
        bench.now += 100;
        await bench.tend();
        assert.deepEqual(bench.called, []);
        bench.now += paceMs;
        bench.tookMs = 200;
        await bench.tend();
        assert.equal(bench.called.length, 2, "no more than a round may be held up by");
        const first = [...bench.called];
        await bench.tend();
        assert.ok(
            bench.called.every((name) => !first.includes(name)),
            "it goes on where it was",
        );
    });

    it("days, with a pace of their own, are waited for at the start only", async () => {
        assert.equal(await bench.bring("user_days"), true);
        assert.ok(bench.called.includes("user_minutes") && bench.called.includes("user_days"));
        bench.come("user_withdrawals");
        assert.equal(await bench.bring("user_days"), true);
        assert.deepEqual(bench.called, []);
        bench.now += paceMs;
        await bench.tend();
        assert.ok(bench.called.some((name) => name === "user_days"));
    });

    it("scores of alerts are asked for also when no facts come: alerts are raised later than facts", async () => {
        for (let round = 0; round < 200; round++) {
            bench.now += paceMs;
            bench.come();
            await bench.tend();
        }
        assert.deepEqual(bench.called, ["user_risk"]);
    });

    it("work that is left goes on at once, and is behind until it is done", async () => {
        bench.left.set("user_minutes", [5, 2]);
        for (const pending of [true, true, false]) {
            assert.equal(await bench.tend(), pending);
            assert.ok(bench.called.includes("user_minutes"));
            assert.equal(await bench.bring("user_minutes"), !pending);
        }
        await bench.tend();
        assert.deepEqual(bench.called, [], "the pace holds again");
    });

    it("a rollup that fails is behind and said, does not hold up the others, and is tried again at the pace", async () => {
        bench.failing.add("user_minutes");
        assert.equal(await bench.tend(), false);
        assert.equal(bench.called.length, rollups.length);
        assert.equal(await bench.bring("user_minutes"), false);
        assert.deepEqual(bench.called, [], "not at each round");
        assert.equal(await bench.bring("first_seen"), true);
        assert.equal(bench.refreshing.problem(), "rollup user_minutes was not refreshed");
        bench.failing.clear();
        bench.now += paceMs;
        await bench.tend();
        assert.equal(await bench.bring("user_minutes"), true);
        assert.equal(bench.refreshing.problem(), undefined);
    });
});
