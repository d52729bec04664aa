// Proves, on the whole stack: kill -9 of ClickHouse, Kafka and the collector under load loses nothing and, once deduplicated, doubles nothing.
// Does not prove: a power loss (see the README on durability), nor more than three kills; npm run soak does twenty.
import assert from "node:assert/strict";
import { sharedStack } from "../../support/stack";
import { soakPipeline } from "../../soak/pipeline";

describe("survival under kill -9", function () {
    this.timeout(600_000);

    it("loses no event and doubles none over three kills", async () => {
        const stack = await sharedStack();
        const report = await soakPipeline(stack, { events: 50_000, kills: 3, seed: 11, say: () => undefined });
        assert.deepEqual(
            { lost: report.lost, duplicated: report.duplicated, unaccounted: report.offsetsUnaccounted },
            { lost: 0, duplicated: 0, unaccounted: 0 },
            JSON.stringify(report),
        );
    });
});
