// Proves, on the whole stack: the feed killed three times while it reads a foreign topic and follows a rotated file loses no record and doubles
// none; halves of trades that waited when it was killed find their other half.
// Does not prove: twenty kills; `npm run soak -- --only matching-engine` does.
import assert from "node:assert/strict";
import { soakFeed } from "../../soak/matching-engine";
import { sharedStack } from "../../support/stack";

describe("the matching engine feed, killed at random", function () {
    this.timeout(300_000);

    it("loses nothing and doubles nothing", async () => {
        const said: string[] = [];
        const report = await soakFeed(await sharedStack(), {
            kills: 3,
            seed: 20261122,
            say: (line) => said.push(line),
        });
        assert.deepEqual([report.lost, report.doubled], [0, 0], `${said.join("\n")}\n${JSON.stringify(report)}`);
        assert.equal(said.length, 3);
        assert.ok(report.rotations > 2 && report.trades > 100, JSON.stringify(report));
    });
});
