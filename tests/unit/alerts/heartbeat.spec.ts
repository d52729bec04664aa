// Proves: the heartbeat beats while there is something to tell of and not otherwise, and a receiver that does not answer is said without its address.
// Does not prove: that somebody raises the alarm when it stops.
import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { Heartbeat } from "../../../functions/alerts/heartbeat";
import { createLog } from "../../../functions/shared/log";
import { FakeServer } from "../../support/fakes/server";
import { until } from "../../support/processes";

describe("the heartbeat", () => {
    it("beats while all is well, and only then", async () => {
        const server = (await new FakeServer().start()).on("/beat-secret", () => ({ body: "ok" }));
        let said = "";
        const sink = new Writable({
            write(chunk: Buffer, _encoding, done) {
                said += chunk.toString();
                done();
            },
        });
        let well = false;
        let asked = 0;
        const isWell = (): boolean => {
            asked += 1;
            return well;
        };
        const log = createLog("alerts", "info", sink);
        const heartbeat = new Heartbeat(`${server.origin}/beat-secret`, [server.origin], isWell, log, 5);
        const running = heartbeat.run();
        await until("it has been asked often", () => asked > 5);
        assert.equal(server.requests.length, 0);
        well = true;
        await until("it beats", () => server.asked("/beat-secret").length > 2);
        assert.equal(heartbeat.problem(), undefined);
        server.fail(...Array.from({ length: 1_000 }, () => ({ kind: "status" as const, status: 500 })));
        await until("it says so", () => heartbeat.problem() !== undefined);
        await heartbeat.stop();
        await running;
        await server.stop();
        assert.match(said, /receiver does not answer/);
        assert.doesNotMatch(said, /beat-secret/);
    });
});
