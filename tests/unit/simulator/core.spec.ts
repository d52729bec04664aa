// Proves: exact decimals and fees from whole numbers, streams of chance that do not disturb each other, tasks in order of time, and that the
// simulator refuses an environment that does not allow synthetic events.
// Does not prove: how good the chance is; that is pure-rand's own claim.
import assert from "node:assert/strict";
import fc from "fast-check";
import { fixed, partsPerMillion } from "../../../functions/simulator/core/decimals";
import { Draw } from "../../../functions/simulator/core/random";
import { type Play, Schedule } from "../../../functions/simulator/core/schedule";
import { iso } from "../../../functions/simulator/core/time";
import { readSimulatorEnv } from "../../../functions/simulator/env";
import { EnvironmentError } from "../../../functions/shared/env";

describe("simulator: numbers", () => {
    it("writes whole numbers of a smallest unit as decimals, and nothing is lost", () => {
        assert.equal(fixed(12_345, 3), "12.345");
        assert.equal(fixed(5, 3), "0.005");
        assert.equal(fixed(-5, 2), "-0.05");
        assert.equal(fixed(7, 0), "7");
        fc.assert(
            fc.property(fc.maxSafeInteger(), fc.integer({ min: 0, max: 18 }), (units, decimals) => {
                const [whole = "", fraction = ""] = fixed(units, decimals).split(".");
                assert.equal(fraction.length, decimals);
                assert.equal(BigInt(whole + fraction), BigInt(units));
            }),
        );
    });

    it("takes parts in a million exactly, rounded down, also of amounts whose product is no safe integer", () => {
        fc.assert(
            fc.property(fc.maxSafeInteger(), fc.integer({ min: -1_000, max: 1_000 }), (amount, parts) => {
                const product = BigInt(amount) * BigInt(parts);
                const down = product / 1_000_000n - (product < 0n && product % 1_000_000n !== 0n ? 1n : 0n);
                assert.equal(BigInt(partsPerMillion(amount, parts)), down);
            }),
        );
    });

    it("writes times as the catalogue reads them", () => {
        const at = Date.parse("2026-11-22T14:40:00Z") * 1_000;
        assert.equal(iso(at + 123_456), "2026-11-22T14:40:00.123456Z");
        assert.equal(iso(at - 1), "2026-11-22T14:39:59.999999Z");
    });
});

describe("simulator: chance", () => {
    it("is the same for the same seed and name, and another for another", () => {
        const drawn = (seed: number, name: string): number[] => {
            const draw = new Draw(seed, name);
            return Array.from({ length: 20 }, () => draw.int([0, 1_000_000]));
        };
        assert.deepEqual(drawn(1, "a"), drawn(1, "a"));
        assert.notDeepEqual(drawn(1, "a"), drawn(1, "b"));
        assert.notDeepEqual(drawn(1, "a"), drawn(2, "a"));
    });

    it("forks without taking anything from the stream it forks from", () => {
        const [one, other] = [new Draw(3, "x"), new Draw(3, "x")];
        one.fork("child").int([0, 9]);
        assert.equal(one.int([0, 1e9]), other.int([0, 1e9]));
    });

    it("keeps to its ranges", () => {
        fc.assert(
            fc.property(
                fc.nat(),
                fc.integer({ min: 1, max: 1e6 }),
                fc.integer({ min: 0, max: 1e6 }),
                (seed, min, more) => {
                    const draw = new Draw(seed, "range");
                    const within = (value: number): void =>
                        assert.ok(value >= min * 0.999_999 && value <= (min + more) * 1.000_001);
                    within(draw.int([min, min + more]));
                    within(draw.between([min, min + more]));
                    within(draw.scale([min, min + more]));
                    assert.ok(draw.exponential(1) >= 0);
                },
            ),
        );
    });
});

describe("simulator: schedule", () => {
    it("does things in order of time, those of one moment in the order they were planned, and nothing from the end on", () => {
        const schedule = new Schedule(0);
        const done: string[] = [];
        function* play(name: string, sleep: number): Play {
            for (let n = 0; n < 3; n++) {
                done.push(`${name}@${String(schedule.now)}`);
                yield sleep;
            }
        }
        schedule.start(play("slow", 10));
        schedule.start(play("fast", 5));
        schedule.after(10, () => done.push("once@10"));
        while (schedule.step(20));
        assert.deepEqual(done, ["slow@0", "fast@0", "fast@5", "once@10", "slow@10", "fast@10"]);
    });
});

describe("simulator: environment", () => {
    it("refuses a stack that does not take synthetic events, and says so", () => {
        for (const value of [undefined, "", "false", "1", "TRUE"])
            assert.throws(
                () => readSimulatorEnv({ ALLOW_SYNTHETIC: value }),
                (error) => error instanceof EnvironmentError && /ALLOW_SYNTHETIC: must be true/.test(error.message),
            );
        assert.deepEqual(readSimulatorEnv({ ALLOW_SYNTHETIC: "true" }).KAFKA_BROKERS, ["127.0.0.1:9092"]);
    });
});
