// Proves: lag from the offsets Kafka tells. Does not prove: that Kafka tells them so; tests/engine/cli/status.spec.ts does.
import assert from "node:assert/strict";
import { lag, positions } from "../../../schema/positions";

const ends = [
    { partition: 0, low: "10", high: "40" },
    { partition: 1, low: "5", high: "5" },
    { partition: 2, low: "7", high: "9007199254740993" },
];
const groups = (...offsets: string[]): { partitions: { partition: number; offset: string }[] }[] => [
    { partitions: offsets.map((offset, partition) => ({ partition, offset })) },
];

describe("lag of a feed", () => {
    it("is what is in the topic and not committed, exact beyond a JS number", () => {
        const found = positions(ends, groups("30", "5", "7"));
        assert.deepEqual(found[0], { partition: 0, low: 10n, committed: 30n, high: 40n });
        assert.equal(lag(found), 10n + 0n + 9007199254740986n);
    });

    it("is the whole topic where nothing is committed: -1, no such partition, no such group", () => {
        for (const offsets of [groups("-1"), groups(), []]) {
            assert.equal(lag(positions(ends.slice(0, 2), offsets)), 30n);
        }
    });

    it("leaves out what expired before it was read", () => {
        assert.equal(lag(positions(ends.slice(0, 1), groups("3"))), 30n);
    });
});
