// Proves: with the real Kafka and ClickHouse, kill -9 of the sentiment worker in the middle of reading a feed, asking the model or anything else loses
// no post, stores none twice, and leaves exactly one score for each post and model. `npm run soak` does the same 20 times.
import assert from "node:assert/strict";
import { soakSentiment } from "../../soak/sentiment";
import { sharedStack } from "../../support/stack";

describe("sentiment survival", function () {
    this.timeout(600_000);

    it("loses and doubles nothing over three kills", async () => {
        const report = await soakSentiment(await sharedStack(), { kills: 3, seed: 7, say: () => undefined });
        console.info(`      ${JSON.stringify(report)}`);
        const { lost, doubled, scoresLost, scoresDoubled } = report;
        assert.deepEqual(
            { lost, doubled, scoresLost, scoresDoubled },
            { lost: 0, doubled: 0, scoresLost: 0, scoresDoubled: 0 },
        );
        assert.ok(report.posts > 60);
    });
});
