// Golden cases of pump_and_dump.
import { type Built, type Case, each, series, trade } from "./build";

/** An hour of a trade a minute at 100, before anything happens: 60 TKN. */
const quiet = each(series(60, -64.5, 1), (minute, index) =>
    trade(minute, { maker: "m", taker: `t${String(index % 7)}`, taker_side: index % 2 === 0 ? "sell" : "buy" }),
);
/** u buys 2 TKN each minute at 100. */
const stock = each(series(4, -4, 1), (minute) => trade(minute, { maker: "m", taker: "u", quantity: "2" }));
/** Six accounts buy 4 TKN each from two makers, from 101 to 106; all of an order within one moment. */
const rush = (
    first = 1,
    {
        fills = 2,
        takers = 6,
        symbol = "TKNUSDT",
        step = 1,
    }: { fills?: number; takers?: number; symbol?: string; step?: number } = {},
): Built[] =>
    each(series(6, first, 0.25), (minute, index) =>
        each(series(2, minute, fills === 1 ? 0.05 : 0), (time, fill) =>
            trade(time, {
                ...{
                    maker: `m${String(fill)}`,
                    taker: `c${String(index % takers)}`,
                    price: String(100 + step * (index + 1)),
                },
                ...{ symbol, quantity: "2", taker_order_id: `c ${String(index)}` },
            }),
        ),
    ).flat();
/** u sells at 105. */
const sale = (minute: number, quantity: string, price = "105"): Built =>
    trade(minute, { maker: "c0", taker: "u", taker_side: "sell", price, quantity });
const sales = [sale(3, "2"), sale(3.5, "2")];
const before = [...quiet, ...stock, ...rush()];
const found = [{ entity: "a-u", trigger: "TKNUSDT", at: 3.5, proof: [...stock, ...sales] }];

export const cases: readonly Case[] = [
    {
        name: "buys, a crowd sweeps the book, and he sells to it",
        kind: "positive",
        events: [...before, ...sales],
        asOf: 60,
        expected: found,
    },
    {
        name: "sells by a resting order that the crowd takes",
        kind: "positive",
        events: [...before, trade(3, { maker: "u", taker: "c1", price: "105", quantity: "4" })],
        asOf: 60,
        expected: [{ entity: "a-u", at: 3, proof: [] }],
    },
    { name: "keeps what he bought", kind: "negative", events: before, asOf: 60, expected: [] },
    {
        name: "sells at what he paid, when the price is back",
        kind: "negative",
        events: [...before, sale(6, "8", "100")],
        asOf: 60,
        expected: [],
    },
    {
        name: "four accounts are no crowd",
        kind: "negative",
        events: [...quiet, ...stock, ...rush(1, { takers: 4 }), ...sales],
        asOf: 60,
        expected: [],
    },
    {
        name: "half of it, thirty minutes after the rise",
        kind: "boundary",
        events: [...before, sale(32.25, "4")],
        asOf: 60,
        expected: [{ entity: "a-u", at: 32.25, proof: [] }],
    },
    { name: "a little less than half", kind: "boundary", events: [...before, sale(3, "3.99")], asOf: 60, expected: [] },
    { name: "a moment later", kind: "boundary", events: [...before, sale(32.26, "4")], asOf: 60, expected: [] },
    {
        name: "the last sale comes late",
        kind: "late",
        events: [...before, ...sales.slice(0, 1)],
        late: sales.slice(1),
        asOf: 60,
        expected: found,
    },
    {
        name: "one sale, twice",
        kind: "duplicate",
        events: [...before, ...sales.slice(0, 1)],
        again: sales.slice(0, 1),
        asOf: 60,
        expected: [],
    },
    {
        name: "listing-day hype: many buy, the price rises as far, but nobody in a rush",
        kind: "decoy",
        events: [...quiet, ...stock, ...rush(1, { fills: 1 }), ...sales],
        asOf: 60,
        expected: [],
    },
    {
        name: "a crash of the whole market: all sell in a rush",
        kind: "decoy",
        events: [
            ...quiet,
            ...stock,
            ...each(["TKNUSDT", "OTHERUSDT"], (symbol) =>
                each(rush(1, { symbol, step: -1 }), ({ declaration, event }) => ({
                    declaration,
                    event: { ...event, taker_side: "sell" },
                })),
            ).flat(),
            sale(3, "4", "94"),
        ],
        asOf: 60,
        expected: [],
    },
    {
        name: "one of the crowd sells again at once what it bought in the rush",
        kind: "decoy",
        events: [...before, trade(3, { maker: "c1", taker: "c5", taker_side: "sell", price: "107", quantity: "2" })],
        asOf: 60,
        expected: [],
    },
    {
        name: "a busy market, in which as much is traded every minute",
        kind: "decoy",
        events: [
            ...before,
            ...each(series(60, -64.4, 1), (minute) => trade(minute, { maker: "m", taker: "t9", quantity: "2" })),
            ...sales,
        ],
        asOf: 60,
        expected: [],
    },
];
