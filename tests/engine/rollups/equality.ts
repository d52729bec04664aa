// For tests: whether every rollup is what the reference computes from all events at once.
import assert from "node:assert/strict";
import { factsOf } from "./reference/facts";
import { accountSymbolMinutes, marketMinutes, pairMinutes, postMinutes, tokenMinutes } from "./reference/markets";
import { tokenDays } from "./reference/tokenDays";
import { firstSeen, type Prices, userDays, userMinutes } from "./reference/users";
import { units } from "./reference/values";
import { declared, type Row, type Stored, type Warehouse } from "./support";

/** The prices that were frozen: what is valued by them must be right, whichever they are. */
async function frozenPrices(warehouse: Warehouse): Promise<Prices> {
    const rows = (await warehouse.rows("token_prices")) as Record<string, string | null>[];
    const prices = new Map(
        rows.map((row) => [JSON.stringify([row["run"], row["token"], row["minute"]]), row["price"]]),
    );
    return (run, token, minute) => {
        const key = JSON.stringify([run, token, minute]);
        assert.ok(prices.has(key), `nothing is known of the price of ${key}`);
        const price = prices.get(key);
        return price == null ? undefined : units(price);
    };
}

/** Statistics are summed in another order of rows here and there. */
const tolerance = 1e-9;
const isFloat = (rollup: string, column: string): boolean =>
    declared(rollup).columns[column]?.type.includes("Float64") === true;

/** Takes a statistic that is as good as the expected one for it. */
function withoutNoise(rollup: string, found: Row, expected: Row): Row {
    const close = (column: string, value: unknown): boolean => {
        const other = expected[column];
        if (typeof value !== "number" || typeof other !== "number") return false;
        return isFloat(rollup, column) && Math.abs(value - other) <= tolerance * Math.abs(other);
    };
    return Object.fromEntries(
        Object.entries(found).map(([column, value]) => [column, close(column, value) ? expected[column] : value]),
    );
}

function comparable(rollup: string, rows: readonly Row[]): Map<string, Row> {
    const { key, columns } = declared(rollup);
    return new Map(
        rows.map((row) => {
            const values = Object.entries(row).map(([name, value]) =>
                columns[name]?.type === "Array(UInt64)" && Array.isArray(value) ? [name, value.length] : [name, value],
            );
            return [key.map((name) => String(row[name])).join(" | "), Object.fromEntries(values) as Row];
        }),
    );
}

/** Fails with the rollup and the first key that differs. */
export function assertSame(rollup: string, found: readonly Row[], expected: readonly Row[]): void {
    const [left, right] = [comparable(rollup, found), comparable(rollup, expected)];
    assert.equal(left.size, found.length, `${rollup} has a key twice`);
    for (const [key, row] of right) {
        const own = left.get(key);
        assert.ok(own, `${rollup} has no row of ${key}`);
        const sorted = (each: Row): Row => Object.fromEntries(Object.entries(each).sort());
        assert.deepEqual(sorted(withoutNoise(rollup, own, row)), sorted(row), `${rollup} differs at ${key}`);
    }
    for (const key of left.keys()) assert.ok(right.has(key), `${rollup} has a row of ${key}, which no event is of`);
}

/** Compares all rollups with the reference; returns how many rows each has. */
export async function assertAllEqual(warehouse: Warehouse, events: readonly Stored[]): Promise<Record<string, number>> {
    const facts = factsOf(events);
    const users = userMinutes(facts, await frozenPrices(warehouse));
    const [tokens, markets, accounts] = [tokenMinutes(facts), marketMinutes(facts), accountSymbolMinutes(facts)];
    const expected: Record<string, Row[]> = {
        token_minutes: tokens,
        market_minutes: markets,
        user_minutes: users,
        user_days: userDays(users),
        account_symbol_minutes: accounts,
        pair_minutes: pairMinutes(facts),
        post_minutes: postMinutes(facts),
        first_seen: firstSeen(facts),
        token_days: tokenDays(tokens, markets, accounts),
    };
    for (const [rollup, rows] of Object.entries(expected)) assertSame(rollup, await warehouse.rows(rollup), rows);
    return Object.fromEntries(Object.entries(expected).map(([rollup, rows]) => [rollup, rows.length]));
}
