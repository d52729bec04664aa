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
        const asked: (string | number)[][] = [];
        const completeness = new Completeness(
            feeds,
            (facts, seconds) => {
                asked.push([...facts, seconds]);
                return Promise.resolve(new Map([["market_trades", new Map([[0, stored]])]]));
            },
            () => now,
        );
        const look = async (): Promise<unknown> => (await completeness.look([marketTrades])).get("market_trades");
        assert.deepEqual(await look(), { completeTo: 6_999, moved: true });
        stored = 0;
        assert.deepEqual(await look(), { completeTo: 6_999, moved: false });
        const [first, later] = [
            ["market_trades", 600],
            ["market_trades", 15],
        ];
        assert.deepEqual(asked, [first, later], "what was stored before has been seen");
        [committed, now] = [10n, 12_000];
        assert.deepEqual(await look(), { completeTo: 11_999, moved: true });
        assert.deepEqual(asked, [first, later], "who is caught up is not asked about");
    });
});

describe("horizon of a run", () => {
    const arrival = { run: "sim", origin: "synthetic", first: 1, last: 5_000_000, received: 100_000, after: 0 };
    const rule = { lateness: 1_000, facts: ["user_trades"] };
    const none = { completeTo: (): undefined => undefined };

    const minutes = (count: number): number => count * 60_000;

    it("of live is what is complete, and for good the last whole minute of that, less the lateness", () => {
        const known = new Map(Object.entries({ user_trades: minutes(10) + 5, users: minutes(12) }));
        const at = horizon({ ...rule, run: "" }, known, new Runs(), none);
        assert.deepEqual(at, { watermark: (minutes(10) + 5) * 1_000, final: minutes(10) * 1_000 });
        const sooner = new Map(Object.entries({ user_trades: minutes(10), users: minutes(12) }));
        assert.equal(horizon({ ...rule, run: "" }, sooner, new Runs(), none).final, minutes(9) * 1_000);
    });

    it("of live waits for the slowest source that says how far it is, and for no source of what it does not read", () => {
        const known = new Map(Object.entries({ user_trades: minutes(10), users: minutes(12) }));
        const said = new Map(Object.entries({ users: minutes(7) * 1_000 + 500, user_orders: 3 }));
        const heartbeats = { completeTo: (fact: string) => said.get(fact) };
        const at = horizon({ ...rule, run: "" }, known, new Runs(), heartbeats);
        assert.deepEqual(at, { watermark: minutes(7) * 1_000 + 500, final: minutes(6) * 1_000 });
    });

    it("of another run is its last event, for good once nothing has come for ten seconds", () => {
        const runs = new Runs();
        runs.note({ arrived: new Map([["user_trades", [arrival]]]) });
        const busy = horizon({ ...rule, run: "sim" }, new Map([["user_trades", 109_999]]), runs, none);
        assert.deepEqual(busy, { watermark: 5_000_000, final: 0 });
        const quiet = horizon({ ...rule, run: "sim" }, new Map([["user_trades", 110_000]]), runs, none);
        assert.deepEqual(quiet, { watermark: 5_000_000, final: 5_000_000 });
    });
});
