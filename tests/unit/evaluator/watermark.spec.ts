// Proves: facts count as complete to a moment once the feed has committed what the broker held then, by rows where a feed lags, and never less than
// before; runs other than live are judged to their last event, and for good when they are quiet. Does not prove: what Kafka answers (tests/engine).
import assert from "node:assert/strict";
import { marketTrades } from "../../../schema";
import { horizon, Runs } from "../../../functions/evaluator/runs";
import { Completeness } from "../../../functions/evaluator/watermark/completeness";
import { Snapshots } from "../../../functions/evaluator/watermark/snapshots";

const at = (
    committed: bigint,
    high: bigint,
    partition = 0,
): { partition: number; low: bigint; committed: bigint; high: bigint } => ({
    ...{ partition, low: 0n, committed, high },
});

describe("completeness of a fact", () => {
    it("is the last moment whose end the feed has reached in every partition", () => {
        const snapshots = new Snapshots();
        assert.equal(snapshots.note(1_000, [at(5n, 10n), at(3n, 3n, 1)]), undefined);
        assert.equal(snapshots.note(2_000, [at(9n, 20n), at(3n, 3n, 1)]), undefined);
        assert.equal(snapshots.note(3_000, [at(15n, 30n), at(3n, 4n, 1)]), 999);
        assert.equal(snapshots.note(4_000, [at(30n, 40n), at(3n, 4n, 1)]), 1_999);
        assert.equal(snapshots.note(5_000, [at(40n, 40n), at(4n, 4n, 1)]), 4_999);
    });

    it("remembers few moments of a long backlog, the last ones among them", () => {
        const snapshots = new Snapshots();
        for (let n = 1n; n <= 1_000n; n += 1n) snapshots.note(Number(n), [at(0n, n)]);
        const reached = snapshots.note(2_000, [at(1_000n, 2_000n)]);
        assert.equal(reached, 999);
    });

    it("is told by rows while a feed lags, and is never taken back", async () => {
        let committed = 5n;
        let stored = 7_000;
        const feeds = { positions: () => Promise.resolve(new Map([["market_trades", [at(committed, 10n)]]])) };
        let now = 9_000;
        const completeness = new Completeness(
            feeds,
            () => Promise.resolve(new Map([[0, stored]])),
            () => now,
        );
        const look = async (): Promise<unknown> => (await completeness.look([marketTrades])).get("market_trades");
        assert.deepEqual(await look(), { completeTo: 6_999, moved: true });
        stored = 0;
        assert.deepEqual(await look(), { completeTo: 6_999, moved: false });
        [committed, now] = [10n, 12_000];
        assert.deepEqual(await look(), { completeTo: 11_999, moved: true });
    });
});

describe("horizon of a run", () => {
    const arrival = { run: "sim", origin: "synthetic", first: 1, last: 5_000_000, received: 100_000, after: 0 };
    const rule = { lateness: 1_000, facts: ["user_trades"] };

    it("of live is what is complete, less the lateness for good", () => {
        const known = new Map(Object.entries({ user_trades: 10, users: 12 }));
        assert.deepEqual(horizon({ ...rule, run: "" }, known, new Runs()), { watermark: 10_000, final: 9_000 });
    });

    it("of another run is its last event, for good once nothing has come for ten seconds", () => {
        const runs = new Runs();
        runs.note({ arrived: new Map([["user_trades", [arrival]]]) });
        const busy = horizon({ ...rule, run: "sim" }, new Map([["user_trades", 109_999]]), runs);
        assert.deepEqual(busy, { watermark: 5_000_000, final: 0 });
        const quiet = horizon({ ...rule, run: "sim" }, new Map([["user_trades", 110_000]]), runs);
        assert.deepEqual(quiet, { watermark: 5_000_000, final: 5_000_000 });
    });
});
