// Golden cases of layering.
import { type Built, bookOf, type Case, each, order, series } from "./build";

type Own = NonNullable<Parameters<typeof order>[1]>;
const second = 1 / 60;

/** An order that is put up and, some seconds later, taken out: two events. */
const layer = (id: string, seconds: number, out: number, own: Own = {}, end: Own = {}): Built[] => [
    order(seconds * second, { id: `${id} 1`, order_id: id, ...own }),
    order(out * second, {
        id: `${id} 2`,
        order_id: id,
        revision: "2",
        state: "cancelled",
        reason: "user",
        ...own,
        ...end,
    }),
];
const three = (own: Own = {}, end: Own = {}): Built[] =>
    each(["l1", "l2", "l3"], (id, index) =>
        layer(id, index, 20 + index, { price: String(99.9 - index / 10), quantity: "50", ...own }, end),
    ).flat();
/** A sale of so much that is filled at a second. */
const sale = (seconds: number, quantity = "10", own: Own = {}): Built[] => [
    order(seconds * second - 0.001, {
        id: "s 1",
        order_id: "s",
        side: "sell",
        type: "market",
        time_in_force: "ioc",
        price: null,
        quantity,
        ...own,
    }),
    order(seconds * second, {
        id: "s 2",
        order_id: "s",
        side: "sell",
        type: "market",
        time_in_force: "ioc",
        price: null,
        revision: "2",
        state: "filled",
        quantity,
        filled_quantity: quantity,
        ...own,
    }),
];
/** 10,000 USDT stand on each side within one percent. */
const book = each(series(3, -3, 1), (minute) => bookOf(minute, ["99", "101"], "100"));
const end = 22 * second;
const found = [{ entity: "u", trigger: "TKNUSDT", at: end, proof: [...three(), ...sale(10)] }];
/** Of the 10,000 on a side, three layers of 50 at about 100 are more than a quarter: the first alone is half. */
const first = [{ entity: "u", at: 20 * second, proof: [] }];

export const cases: readonly Case[] = [
    {
        name: "three layers, a sale, layers out; the book is not known",
        kind: "positive",
        events: [...three(), ...sale(10)],
        asOf: 3,
        expected: found,
    },
    {
        name: "the first of them is already a large part of the book",
        kind: "positive",
        events: [...book, ...three(), ...sale(10)],
        asOf: 3,
        expected: first,
    },
    {
        name: "one large order",
        kind: "positive",
        events: [...book, ...layer("l", 0, 20, { quantity: "50" }), ...sale(10)],
        asOf: 3,
        expected: first,
    },
    {
        name: "amended far away instead of cancelled",
        kind: "positive",
        events: [...three({}, { state: "amended", reason: null, price: "97" }), ...sale(10)],
        asOf: 3,
        expected: found.map((one) => ({ ...one, proof: sale(10) })),
    },
    {
        name: "fifteen of ordinary size, some of the first filled",
        kind: "positive",
        events: [
            ...book,
            ...each(series(15, 0, 1), (start) =>
                layer(
                    `l${String(start)}`,
                    start,
                    30 + start,
                    { quantity: "5" },
                    start === 0 ? { filled_quantity: "0.5" } : {},
                ),
            ).flat(),
            ...sale(20, "3"),
        ],
        asOf: 3,
        expected: [{ entity: "u", at: 35 * second, proof: [] }],
    },
    {
        name: "his own sale takes them out: prevention pulls what is in its way (CFTC v. Oystacher)",
        kind: "positive",
        events: [
            ...each(["l1", "l2", "l3"], (id, index) =>
                layer(id, index, 22, { quantity: "50" }, { reason: "self_trade_prevention" }),
            ).flat(),
            ...sale(22),
        ],
        asOf: 3,
        expected: [{ entity: "u", trigger: "TKNUSDT", at: end, proof: sale(22) }],
    },
    {
        name: "tens of thousands of a cheap token, some of the first filled",
        kind: "positive",
        events: [
            ...each(["l1", "l2", "l3"], (id, index) =>
                layer(id, index, 20 + index, { quantity: "40777" }, id === "l1" ? { filled_quantity: "5301" } : {}),
            ).flat(),
            ...sale(10, "8155"),
        ],
        asOf: 3,
        expected: [{ entity: "u", at: end, proof: sale(10, "8155") }],
    },
    {
        name: "nothing traded on the other side",
        kind: "negative",
        events: [...book, ...three()],
        asOf: 3,
        expected: [],
    },
    {
        name: "two layers, the book is not known",
        kind: "negative",
        events: [...three().slice(0, 4), ...sale(10)],
        asOf: 3,
        expected: [],
    },
    {
        name: "a part of the book as large as people's orders are",
        kind: "negative",
        events: [...book, ...three({ quantity: "5" }), ...sale(10, "2")],
        asOf: 3,
        expected: [],
    },
    {
        name: "three times what was traded",
        kind: "boundary",
        events: [...three(), ...sale(10, "50")],
        asOf: 3,
        expected: found.map((one) => ({ ...one, proof: three() })),
    },
    {
        name: "a little less than three times",
        kind: "boundary",
        events: [...three(), ...sale(10, "50.1")],
        asOf: 3,
        expected: [],
    },
    { name: "the sale comes late", kind: "late", events: three(), late: sale(10), asOf: 3, expected: found },
    {
        name: "two layers, each event twice",
        kind: "duplicate",
        events: [...three().slice(0, 4), ...sale(10)],
        again: three().slice(0, 4),
        asOf: 3,
        expected: [],
    },
    {
        name: "somebody quotes both sides, sells, and moves his quotes",
        kind: "decoy",
        events: [
            ...book,
            ...three({ quantity: "20" }),
            ...each(["o1", "o2", "o3"], (id, index) =>
                layer(id, index, 15 + index, { side: "sell", price: String(100.1 + index / 10), quantity: "20" }),
            ).flat(),
            ...sale(10, "5"),
        ],
        asOf: 3,
        expected: [],
    },
    {
        name: "prevention takes them out",
        kind: "decoy",
        events: [...three({}, { reason: "self_trade_prevention" }), ...sale(10)],
        asOf: 3,
        expected: [],
    },
    {
        name: "a ladder far below the market",
        kind: "decoy",
        events: [...three({ price: "95" }), ...sale(10)],
        asOf: 3,
        expected: [],
    },
    {
        name: "it would have stood for an hour",
        kind: "decoy",
        events: [...book, ...layer("l", 0, 150, { quantity: "50" }), ...sale(10)],
        asOf: 4,
        expected: [],
    },
];
