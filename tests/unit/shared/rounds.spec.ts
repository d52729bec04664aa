// Proves how a worker's loop goes on: at once while there is more, after a failure, and not after stop(). How long it rests is not looked at.
import assert from "node:assert/strict";
import { type Logger } from "../../../functions/shared/log";
import { Rounds } from "../../../functions/shared/rounds";

const pace = { intervalMs: 1, idleFactor: 2 };

/** A log that keeps what is said. */
function keeping(): { log: Logger; said: string[] } {
    const said: string[] = [];
    return { log: { warn: (_: unknown, text: string) => said.push(text) } as unknown as Logger, said };
}

describe("rounds of a worker", () => {
    it("say a failure once, go on, and say the next one after a good round", async () => {
        const { log, said } = keeping();
        const outcomes = ["fail", "fail", "good", "fail", "good"];
        const rounds: Rounds = new Rounds(
            pace,
            () => {
                const outcome = outcomes.shift();
                if (outcomes.length === 0) rounds.stop();
                if (outcome === "fail") return Promise.reject(new Error("away"));
                return Promise.resolve({ moved: true, more: false });
            },
            log,
        );
        await rounds.run();
        assert.equal(outcomes.length, 0);
        assert.equal(said.length, 2);
        assert.equal(rounds.problem(), undefined, "a minute is not over");
    });

    it("end with the round at hand, which is told", async () => {
        const { log } = keeping();
        let seen: boolean | undefined;
        const rounds: Rounds = new Rounds(
            { intervalMs: 3_600_000, idleFactor: 1 },
            (stopped) => {
                rounds.stop();
                seen = stopped.aborted;
                return Promise.resolve({ moved: false, more: false });
            },
            log,
        );
        await rounds.run();
        assert.equal(seen, true);
    });

    it("follow at once while there is more", async () => {
        const { log } = keeping();
        let count = 0;
        const rounds: Rounds = new Rounds(
            { intervalMs: 3_600_000, idleFactor: 1 },
            () => {
                count += 1;
                if (count === 3) rounds.stop();
                return Promise.resolve({ moved: true, more: true });
            },
            log,
        );
        await rounds.run();
        assert.equal(count, 3, "none waited for the hour");
    });
});
