// Golden cases of momentum_ignition.
import { type Built, type Case, each, series, trade } from "./build";

type Own = Parameters<typeof trade>[1];

/** Half an hour of a trade a minute at 100, before anything happens. */
const quiet = each(series(30, -29.5, 1), (minute, index) =>
    trade(minute, { maker: "m", taker: `t${String(index % 7)}`, taker_side: "sell" }),
);
/** u buys 5 at 100.5, 101, 101.5 and 102, by an order each. */
const burst = (own: Own = {}): Built[] =>
    each([1, 1.5, 2, 2.5], (minute, index) =>
        trade(minute, {
            ...{ maker: "m", taker: "u", quantity: "5", price: String(100.5 + index / 2) },
            ...{ taker_order_id: `u ${String(index)}`, ...own },
        }),
    );
const follow = each([1.2, 1.7, 2.2], (minute, index) =>
    trade(minute, { maker: "m", taker: `f${String(index)}`, price: String(100.5 + index / 2) }),
);
const sale = (minute: number, quantity: string): Built =>
    trade(minute, { maker: "f0", taker: "u", taker_side: "sell", price: "101.5", quantity });
const sales = [sale(4, "4"), sale(4.5, "4"), sale(5, "4")];
const before = [...quiet, ...burst(), ...follow];
const found = [{ entity: "a-u", trigger: "TKNUSDT buy", at: 5, proof: [...burst(), ...sales] }];

export const cases: readonly Case[] = [
    {
        name: "buys up, is followed, and sells",
        kind: "positive",
        events: [...before, ...sales],
        asOf: 30,
        expected: found,
    },
    {
        name: "down, and covered by resting orders",
        kind: "positive",
        events: [
            ...each(quiet, (_, index) => trade(index - 29.5, { maker: "m", taker: `t${String(index % 7)}` })),
            ...each([1, 1.5, 2, 2.5], (minute, index) =>
                trade(minute, {
                    ...{ maker: "m", taker: "u", taker_side: "sell", quantity: "5" },
                    ...{ price: String(99.5 - index / 2), taker_order_id: `u ${String(index)}` },
                }),
            ),
            ...each([1.2, 1.7, 2.2], (minute, index) =>
                trade(minute, { maker: "m", taker: `f${String(index)}`, taker_side: "sell", price: "99" }),
            ),
            trade(5, { maker: "u", taker: "f0", taker_side: "sell", price: "98.5", quantity: "12" }),
        ],
        asOf: 30,
        expected: [{ entity: "a-u", trigger: "TKNUSDT sell", at: 5, proof: [] }],
    },
    { name: "keeps what he bought", kind: "negative", events: before, asOf: 30, expected: [] },
    {
        name: "nobody follows",
        kind: "negative",
        events: [...quiet, ...burst(), ...follow.slice(1), ...sales],
        asOf: 30,
        expected: [],
    },
    {
        name: "half is traded back, fifteen minutes later",
        kind: "boundary",
        events: [...before, sale(17.5, "10")],
        asOf: 30,
        expected: [{ entity: "a-u", at: 17.5, proof: [] }],
    },
    { name: "a little less than half", kind: "boundary", events: [...before, sale(4, "9.99")], asOf: 30, expected: [] },
    { name: "a moment later", kind: "boundary", events: [...before, sale(17.51, "10")], asOf: 30, expected: [] },
    {
        name: "the last sale comes late",
        kind: "late",
        events: [...before, ...sales.slice(0, 2)],
        late: sales.slice(2),
        asOf: 30,
        expected: found,
    },
    {
        name: "two sales, twice",
        kind: "duplicate",
        events: [...before, ...sales.slice(0, 2)],
        again: sales.slice(0, 2),
        asOf: 30,
        expected: [],
    },
    {
        name: "one large market order that goes through the book, and is sold again",
        kind: "decoy",
        events: [...quiet, ...burst({ taker_order_id: "one" }), ...follow, ...sales],
        asOf: 30,
        expected: [],
    },
    {
        name: "all buy, he among them: less than a fifth is his",
        kind: "decoy",
        events: [
            ...before,
            ...each(series(9, 0.6, 0.2), (minute, index) =>
                trade(minute, { maker: "m", taker: `n${String(index)}`, price: "100.5", quantity: "10" }),
            ),
            ...sales,
        ],
        asOf: 30,
        expected: [],
    },
    {
        name: "a wild market, in which the price goes as far every minute",
        kind: "decoy",
        events: [
            ...before,
            ...each(series(30, -29.4, 1), (minute) =>
                trade(minute, { maker: "m", taker: "t9", taker_side: "sell", price: "101" }),
            ),
            ...sales,
        ],
        asOf: 30,
        expected: [],
    },
];
