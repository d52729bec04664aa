// Proves: foreign numbers and times keep every digit in any notation, and what is neither is told apart. Not: what a venue means by them.
import assert from "node:assert/strict";
import fc from "fast-check";
import { fromBytes, plain, sameValue, scaled, signOf, sum } from "../../../functions/matching-engine/mapping/numbers";
import { timeOf } from "../../../functions/matching-engine/mapping/times";

const digits = (max: number): fc.Arbitrary<bigint> =>
    fc.bigInt({ min: -(10n ** BigInt(max)), max: 10n ** BigInt(max) });

/** An integer as two's complement bytes, most significant first, as Avro and Debezium write it. */
function twosComplement(value: bigint): Buffer {
    const bytes: number[] = [];
    let rest = value;
    do {
        bytes.unshift(Number(rest & 0xffn));
        rest >>= 8n;
    } while (!(rest === 0n && ((bytes[0] ?? 0) & 0x80) === 0) && !(rest === -1n && ((bytes[0] ?? 0) & 0x80) !== 0));
    return Buffer.from(bytes);
}

describe("foreign numbers", () => {
    const notations: [given: string, plainly: string | undefined][] = [
        ["95000.10", "95000.10"],
        ["+1", "1"],
        ["-0.50", "-0.50"],
        ["-0", "0"],
        ["007", "7"],
        [".5", "0.5"],
        ["5.", "5"],
        ["1e-5", "0.00001"],
        ["1.25E3", "1250"],
        ["12E+0", "12"],
        ["0.1000000000000000000000", "0.100000000000000000"],
        ["0.1234567890123456789", "0.1234567890123456789"],
        ["1e101", undefined],
        ["", undefined],
        [".", undefined],
        ["0x10", undefined],
        ["1,000", undefined],
        ["NaN", undefined],
        [" 1", undefined],
    ];
    for (const [given, plainly] of notations)
        it(`reads ${JSON.stringify(given)} as ${plainly ?? "no number"}`, () => assert.equal(plain(given), plainly));

    it("moves the point without losing a digit, whatever the number", () => {
        fc.assert(
            fc.property(digits(40), fc.integer({ min: 0, max: 18 }), (units, places) => {
                const text = scaled(String(units), places) ?? "";
                assert.equal(scaled(text, -places)?.replace(/\.0*$/, ""), String(units));
                const [, fraction = ""] = text.split(".");
                assert.equal(fraction.length, places);
            }),
        );
    });

    it("adds and subtracts as integers of the finest scale do", () => {
        fc.assert(
            fc.property(digits(30), digits(30), (one, other) => {
                const [a, b] = [scaled(String(one), 8) ?? "", scaled(String(other), 4) ?? ""];
                const difference = sum([
                    { text: a, negative: false },
                    { text: b, negative: true },
                ]);
                assert.equal(difference, scaled(String(one - other * 10_000n), 8));
            }),
        );
    });

    it("reads two's complement bytes, of either sign", () => {
        fc.assert(fc.property(digits(30), (value) => assert.equal(fromBytes(twosComplement(value)), String(value))));
    });

    it("knows zero in any notation, and a sign", () => {
        assert.ok(sameValue("0", "0.00000000"));
        assert.ok(!sameValue("0", "0.00000001"));
        assert.ok(!sameValue("", "0"));
        assert.deepEqual(["-0.1", "0.0", "3", "x"].map(signOf), [-1, 0, 1, undefined]);
    });
});

describe("foreign times", () => {
    const forms: [given: string, form: Parameters<typeof timeOf>[1], utc: string | undefined][] = [
        ["1795357200", "seconds", "2026-11-22T14:20:00Z"],
        ["1795357200.25", "seconds", "2026-11-22T14:20:00.25Z"],
        ["1795357200001", "milliseconds", "2026-11-22T14:20:00.001Z"],
        ["1795357200000001", "microseconds", "2026-11-22T14:20:00.000001Z"],
        ["1795357200123456789", "nanoseconds", "2026-11-22T14:20:00.123456Z"],
        ["-1", "seconds", undefined],
        ["1e9", "seconds", undefined],
        ["999999999999999", "seconds", undefined],
        ["2026-11-22T14:20:00Z", "iso", "2026-11-22T14:20:00Z"],
        ["2026-11-22 15:20:00.1234567+01:00", "iso", "2026-11-22T14:20:00.123456Z"],
        ["2026-11-22T08:50:00,5-0530", "iso", "2026-11-22T14:20:00.5Z"],
        ["2026-11-22T14:20:00", "iso", undefined],
        ["2026-11-22 14:20:00.5", "utc", "2026-11-22T14:20:00.5Z"],
        ["2026-11-22T14:20:00Z", "utc", undefined],
        ["20261122-14:20:00.123", "fix", "2026-11-22T14:20:00.123Z"],
        ["20261122-14:20:60", "fix", "2026-11-22T14:20:59.999999Z"],
        ["20260230-14:20:00", "fix", undefined],
        ["20261122-25:00:00", "fix", undefined],
        ["2026-11-22T14:20:61Z", "iso", undefined],
        ["yesterday", "iso", undefined],
    ];
    for (const [given, form, utc] of forms)
        it(`reads ${given} in ${form} as ${utc ?? "no time"}`, () => assert.equal(timeOf(given, form), utc));
});
