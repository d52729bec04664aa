// Proves: the auditor's arithmetic on offsets, and that bytes are encoded as ClickHouse's RowBinary has them.
// Does not prove: that ClickHouse reads them so; tests/engine/stack does.
import assert from "node:assert/strict";
import fc from "fast-check";
import { toRanges } from "../../../functions/auditor/ranges";
import { encode } from "../../../functions/auditor/rowBinary";

describe("auditor: ranges of offsets", () => {
    it("joins neighbours and keeps gaps apart", () => {
        assert.deepEqual(toRanges([1n, 2n, 3n, 7n, 9n, 10n]), [
            { first: 1n, last: 3n },
            { first: 7n, last: 7n },
            { first: 9n, last: 10n },
        ]);
        assert.deepEqual(toRanges([]), []);
    });

    it("covers exactly the offsets it was given", () => {
        fc.assert(
            fc.property(fc.uniqueArray(fc.bigInt(0n, 500n)), (offsets) => {
                const sorted = [...offsets].sort((a, b) => (a < b ? -1 : 1));
                const covered = toRanges(sorted).flatMap(({ first, last }) =>
                    Array.from({ length: Number(last - first) + 1 }, (_, n) => first + BigInt(n)),
                );
                assert.deepEqual(covered, sorted);
            }),
        );
    });
});

describe("auditor: RowBinary", () => {
    const row = {
        error: "e",
        raw: Buffer.alloc(300, 0xff),
        key: Buffer.from("k"),
        topic: "t",
        partition: 2,
        offset: 3n,
        timestampMs: 5n,
    };

    it("writes the length of a string in 7-bit groups and its bytes untouched", () => {
        const bytes = encode(row);
        assert.deepEqual([...bytes.subarray(0, 4)], [1, 0x65, 0xac, 0x02]);
        assert.ok(bytes.subarray(4, 304).every((byte) => byte === 0xff));
    });

    it("ends with partition, offset and a present time, little-endian", () => {
        const tail = encode(row).subarray(-25);
        assert.equal(tail.readBigUInt64LE(0), 2n);
        assert.equal(tail.readBigUInt64LE(8), 3n);
        assert.equal(tail[16], 0);
        assert.equal(tail.readBigUInt64LE(17), 5n);
    });
});
