// Proves: with the real Kafka and ClickHouse, the evaluator follows what the feeds have stored; kill -9 at random moments leaves exactly the alerts of a
// backtest, none missing, none twice, each with its evidence; it ends on SIGTERM. `npm run soak -- --only evaluator --kills 30` does it 30 times.
// Does not prove: what single rules find (tests/engine/rules).
import assert from "node:assert/strict";
import { soakEvaluator } from "../../soak/evaluator";
import { sharedStack } from "../../support/stack";

describe("evaluator survival", function () {
    this.timeout(600_000);

    it("misses and doubles nothing over three kills", async () => {
        const report = await soakEvaluator(await sharedStack(), { kills: 3, seed: 5, say: () => undefined });
        console.info(`      ${JSON.stringify(report)}`);
        const { missing, foreign, doubled, bare, alerts, patterns } = report;
        assert.deepEqual({ missing, foreign, doubled, bare }, { missing: 0, foreign: 0, doubled: 0, bare: 0 });
        assert.ok(patterns > 50);
        // A pattern that lies across two hours makes an alert in each.
        assert.ok(alerts >= patterns, `${String(alerts)} alerts of ${String(patterns)} patterns`);
    });
});
