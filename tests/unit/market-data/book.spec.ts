// Proves: an order book kept by the venue's rules equals the true one, or says that it needs a snapshot. Not: that the venue keeps its rules.
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Level } from "../../../schema";
import {
    BookSync,
    compareDecimals,
    type DepthSnapshot,
    type DepthUpdate,
    OrderBook,
} from "../../../functions/market-data/book";

const update = (first: number, final: number, price = "1", quantity = "1"): DepthUpdate => ({
    first,
    final,
    bids: [[price, quantity]],
    asks: [],
});
const snapshot = (lastUpdateId: number): DepthSnapshot => ({ lastUpdateId, bids: [["9", "9"]], asks: [] });

type Step = DepthUpdate | DepthSnapshot;
interface Case {
    what: string;
    steps: Step[];
    outcomes: string[];
    last: number | undefined;
}

const cases: Case[] = [
    { what: "updates before a snapshot wait", steps: [update(5, 6)], outcomes: ["buffered"], last: undefined },
    { what: "a snapshot alone starts the book", steps: [snapshot(10)], outcomes: ["synced"], last: 10 },
    {
        what: "a snapshot older than the first buffered update is of no use",
        steps: [update(12, 13), snapshot(10)],
        outcomes: ["buffered", "stale"],
        last: undefined,
    },
    {
        what: "the next snapshot then is",
        steps: [update(12, 13), snapshot(10), snapshot(12)],
        outcomes: ["buffered", "stale", "synced"],
        last: 13,
    },
    {
        what: "a snapshot that ends right before the first buffered update fits",
        steps: [update(11, 13), snapshot(10)],
        outcomes: ["buffered", "synced"],
        last: 13,
    },
    {
        what: "updates in the snapshot are dropped, the one around it and those after it applied",
        steps: [update(5, 7), update(8, 12), update(13, 13), snapshot(10)],
        outcomes: ["buffered", "buffered", "buffered", "synced"],
        last: 13,
    },
    {
        what: "a hole among the buffered updates is a gap, and the rest waits for another snapshot",
        steps: [update(8, 12), update(15, 16), snapshot(10), snapshot(14)],
        outcomes: ["buffered", "buffered", "gap 13-14", "synced"],
        last: 16,
    },
    {
        what: "consecutive updates are applied, repeated and older ones ignored",
        steps: [snapshot(10), update(11, 12), update(11, 12), update(9, 10), update(13, 13)],
        outcomes: ["synced", "applied", "ignored", "ignored", "applied"],
        last: 13,
    },
    {
        what: "an update that overlaps the book is applied: quantities are absolute",
        steps: [snapshot(10), update(9, 12)],
        outcomes: ["synced", "applied"],
        last: 12,
    },
    {
        what: "a missing update is a gap, and the book void until a snapshot",
        steps: [snapshot(10), update(12, 13), update(14, 15), snapshot(13)],
        outcomes: ["synced", "gap 11-11", "buffered", "synced"],
        last: 15,
    },
    {
        what: "a snapshot behind a book in step changes nothing, one ahead replaces it",
        steps: [snapshot(10), update(11, 20), snapshot(15), snapshot(25), update(21, 25), update(26, 26)],
        outcomes: ["synced", "applied", "ignored", "synced", "ignored", "applied"],
        last: 26,
    },
];

function run(sync: BookSync, step: Step): string {
    const outcome = "lastUpdateId" in step ? sync.onSnapshot(step) : sync.onUpdate(step);
    return outcome.is === "gap" ? `gap ${outcome.from}-${outcome.to}` : outcome.is;
}

describe("order-book sequencing", () => {
    for (const { what, steps, outcomes, last } of cases) {
        it(what, () => {
            const sync = new BookSync();
            assert.deepEqual(
                steps.map((step) => run(sync, step)),
                outcomes,
            );
            assert.equal(sync.lastUpdateId, last);
        });
    }

    it("keeps a bounded number of updates for a snapshot that does not come", () => {
        const sync = new BookSync();
        for (let id = 1; id <= 10_500; id += 1) sync.onUpdate(update(id, id));
        assert.equal(run(sync, snapshot(400)), "stale");
        assert.equal(run(sync, snapshot(500)), "synced");
        assert.equal(sync.lastUpdateId, 10_500);
    });
});

type Change = readonly [side: "bids" | "asks", level: Level];

/** The truth: the book after each id, kept in the simplest way. */
function truth(changes: readonly Change[]): { bids: Map<string, string>; asks: Map<string, string> }[] {
    const states = [{ bids: new Map<string, string>(), asks: new Map<string, string>() }];
    for (const [side, [price, quantity]] of changes) {
        const before = states.at(-1);
        const next = { bids: new Map(before?.bids), asks: new Map(before?.asks) };
        if (quantity === "0") next[side].delete(price);
        else next[side].set(price, quantity);
        states.push(next);
    }
    return states;
}

const draw = <T>(stream: fc.Stream<T>): T => stream.next().value as T;
const prices = fc.integer({ min: 1, max: 8 }).map(String);
const changes = fc.array(
    fc.tuple(
        fc.constantFrom("bids" as const, "asks" as const),
        fc.tuple(prices, fc.integer({ min: 0, max: 3 }).map(String)),
    ),
    { minLength: 1, maxLength: 40 },
);

describe("order-book sequencing, random streams", () => {
    it("is always the true book at its update id, however updates are cut, dropped, repeated or swapped", () => {
        const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 4 }));
        const fates = fc.infiniteStream(
            fc.constantFrom("keep", "keep", "keep", "keep", "drop", "repeat", "swap", "snapshot"),
        );
        const lag = fc.infiniteStream(fc.integer({ min: 0, max: 6 }));
        fc.assert(
            fc.property(changes, cuts, fates, lag, (list, cut, fate, lags) => {
                const states = truth(list);
                const updates: DepthUpdate[] = [];
                for (let first = 1; first <= list.length;) {
                    const final = Math.min(list.length, first + draw(cut) - 1);
                    const part = list.slice(first - 1, final);
                    const of = (side: string): Level[] =>
                        part.flatMap(([name, level]) => (name === side ? [level] : []));
                    updates.push({ first, final, bids: of("bids"), asks: of("asks") });
                    first = final + 1;
                }
                const book = new OrderBook();
                const sync = new BookSync(book);
                const check = (): void => {
                    if (sync.lastUpdateId === undefined) return;
                    const expected = states[sync.lastUpdateId];
                    const { bids, asks } = book.top();
                    assert.deepEqual(new Map(bids), expected?.bids);
                    assert.deepEqual(new Map(asks), expected?.asks);
                };
                const feed = (item: DepthUpdate): void => {
                    const before = sync.lastUpdateId;
                    const outcome = sync.onUpdate(item);
                    if (before !== undefined && item.first > before + 1)
                        assert.equal(outcome.is, "gap", "a gap is never passed over");
                    check();
                };
                const fetch = (id: number): void => {
                    const state = states[Math.max(0, id)];
                    sync.onSnapshot({
                        lastUpdateId: Math.max(0, id),
                        bids: [...(state?.bids ?? [])],
                        asks: [...(state?.asks ?? [])],
                    });
                    check();
                };
                for (let index = 0; index < updates.length; index += 1) {
                    const item = updates[index] as DepthUpdate;
                    const next = updates[index + 1];
                    const what = draw(fate);
                    if (what === "swap" && next !== undefined) {
                        feed(next);
                        feed(item);
                        index += 1;
                    } else if (what !== "drop") feed(item);
                    if (what === "repeat") feed(item);
                    if (what === "snapshot") fetch(item.final - draw(lags));
                }
                // Whatever happened, a snapshot of the end makes it whole.
                fetch(list.length);
                assert.equal(sync.lastUpdateId, list.length);
            }),
            { numRuns: 500 },
        );
    });
});

describe("order book", () => {
    it("knows a price by its value, not by its digits", () => {
        const book = new OrderBook();
        book.reset({ bids: [["1.9500", "2.0"]], asks: [["100", "1"]] });
        book.apply({ bids: [["1.95", "3.10"]], asks: [["100.00", "0.000"]] });
        assert.deepEqual(book.top(), { bids: [["1.95", "3.10"]], asks: [] }, "one level, with the digits it came with");
        assert.equal(book.depth, 1);
    });

    it("orders levels by value, exactly", () => {
        const book = new OrderBook();
        book.reset({
            bids: ["9", "10", "0.5", "0.45"].map((price) => [price, "1"] as const),
            asks: ["20000000000000000001", "20000000000000000002", "3.000000000000000001", "3"].map(
                (price) => [price, "1"] as const,
            ),
        });
        const { bids, asks } = book.top();
        assert.deepEqual(
            bids.map(([price]) => price),
            ["10", "9", "0.5", "0.45"],
        );
        assert.deepEqual(
            asks.map(([price]) => price),
            ["3", "3.000000000000000001", "20000000000000000001", "20000000000000000002"],
        );
        assert.deepEqual(
            book.top(1).bids.map(([price]) => price),
            ["10"],
        );
    });

    it("compares decimals as exact numbers do", () => {
        const digits = fc.tuple(fc.nat(10_000), fc.nat(999)).map(([whole, part]) => ({
            text: part === 0 ? String(whole) : `${whole}.${String(part).padStart(3, "0").replace(/0+$/, "")}`,
            value: whole * 1000 + part,
        }));
        fc.assert(
            fc.property(digits, digits, (a, b) => {
                assert.equal(Math.sign(compareDecimals(a.text, b.text)), Math.sign(a.value - b.value));
            }),
        );
    });
});
