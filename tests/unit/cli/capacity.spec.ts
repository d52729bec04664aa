// Proves: the arithmetic of `npm run capacity`: rates, sizes in steady state, and when a disk is full, with what expires. Does not prove: what ClickHouse says of itself
// (tests/engine/cli/capacity.spec.ts).
import assert from "node:assert/strict";
import fc from "fast-check";
import { daysUntilFull, type Growth, growth } from "../../../infra/cli/capacity/forecast";

const trades = { name: "market_trades", rows: 1_000, bytes: 9_000, recent: 500, hours: 12, days: 30 };
const grows = (bytesPerDay: number, days: number): Growth => ({
    ...{ name: "x", bytesPerRow: 1, rowsPerDay: bytesPerDay, bytesPerDay },
    steadyBytes: bytesPerDay * days,
});

describe("capacity", () => {
    it("is bytes a row by rows a day, for as long as rows are kept", () => {
        assert.deepEqual(growth(trades), {
            ...{ name: "market_trades", bytesPerRow: 9, rowsPerDay: 1_000, bytesPerDay: 9_000, steadyBytes: 270_000 },
        });
    });

    it("is nothing for a table without rows, and without an end where nothing expires", () => {
        assert.equal(growth({ ...trades, rows: 0, bytes: 0, recent: 0, hours: 0 }).steadyBytes, 0);
        assert.equal(growth({ ...trades, recent: 0, days: Infinity }).steadyBytes, 0);
        assert.equal(growth({ ...trades, days: Infinity }).steadyBytes, Infinity);
    });

    it("ends on the day the disk does", () => {
        assert.equal(daysUntilFull([[grows(10, Infinity), 0]], 100), 9);
        assert.equal(daysUntilFull([[grows(10, Infinity), 0]], 101), 10);
        assert.equal(daysUntilFull([[grows(10, Infinity), 500]], 0), 0);
    });

    it("has no end when as much expires as comes in before that", () => {
        assert.equal(daysUntilFull([[grows(10, 30), 0]], 301), undefined);
        assert.equal(daysUntilFull([[grows(10, 30), 0]], 300), 29);
        // Two thirds are there already.
        assert.equal(daysUntilFull([[grows(10, 30), 200]], 101), undefined);
        assert.equal(daysUntilFull([], 0), 0);
    });

    it("is never later for less space, nor for more that comes", () => {
        const tables = fc.array(fc.tuple(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 400 })));
        fc.assert(
            fc.property(tables, fc.nat(1_000_000), fc.nat(1_000), (list, free, less) => {
                const at = (factor: number, space: number): number =>
                    daysUntilFull(
                        list.map(([perDay, days]) => [grows(perDay * factor, days), 0]),
                        space,
                    ) ?? Infinity;
                assert.ok(at(1, Math.max(0, free - less)) <= at(1, free));
                assert.ok(at(2, free) <= at(1, free));
            }),
        );
    });
});
