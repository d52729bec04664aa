// Golden cases of ping_pong.
import { type Built, type Case, each, series, trade } from "./build";

type Own = Parameters<typeof trade>[1];

/** Trades between a and b, by turns one buying and the other, from a minute on. */
const turns = (count: number, first: number, own: Own = {}): Built[] =>
    each(series(count, first, 2), (minute, index) =>
        trade(minute, { maker: "a", taker: "b", taker_side: index % 2 === 0 ? "buy" : "sell", ...own }),
    );
const market = each(series(30, 0.5, 1), (minute, index) =>
    trade(minute, { maker: "m", taker: `t${String(index % 7)}`, quantity: "5" }),
);
const six = turns(6, 1);
const pair = "a-a|a-b";
const found = [{ entity: pair, trigger: "TKNUSDT", at: 11, proof: six }];
const hourLong = [...turns(5, 5), trade(65, { maker: "b", taker: "a", taker_side: "buy" })];
const maker = (index: number): Own => ({ maker: "m", taker: "b", taker_side: index % 2 === 0 ? "buy" : "sell" });

export const cases: readonly Case[] = [
    { name: "six trades to and fro", kind: "positive", events: [...six, ...market], asOf: 30, expected: found },
    {
        name: "inexact lots, roles of maker and taker by turns, and somebody else in between",
        kind: "positive",
        events: [
            ...each([1, 5, 9], (minute) =>
                trade(minute, { maker: "a", taker: "b", taker_side: "buy", quantity: "2.06" }),
            ),
            ...each([3, 7, 11], (minute) =>
                trade(minute, { maker: "b", taker: "a", taker_side: "buy", quantity: "1.98" }),
            ),
            ...each([2, 6], (minute) => trade(minute, { maker: "m", taker: "a", quantity: "0.5" })),
            ...market,
        ],
        asOf: 30,
        expected: [{ entity: pair, at: 11, proof: [] }],
    },
    {
        name: "nobody else trades at all",
        kind: "positive",
        events: six,
        asOf: 30,
        expected: found,
    },
    { name: "five are not enough", kind: "negative", events: [...turns(5, 1), ...market], asOf: 30, expected: [] },
    {
        name: "a position that changes hands in six pieces",
        kind: "negative",
        events: [...turns(6, 1, { taker_side: "buy" }), ...market],
        asOf: 30,
        expected: [],
    },
    {
        name: "the sixth exactly an hour after the first",
        kind: "boundary",
        events: hourLong,
        asOf: 90,
        expected: [{ entity: pair, at: 65, proof: hourLong }],
    },
    {
        name: "the sixth a moment later",
        kind: "boundary",
        events: [...turns(5, 5), trade(65.01, { maker: "b", taker: "a", taker_side: "buy" })],
        asOf: 90,
        expected: [],
    },
    {
        name: "the third comes late",
        kind: "late",
        events: [...six.filter((_, n) => n !== 2), ...market],
        late: six.slice(2, 3),
        asOf: 30,
        expected: found,
    },
    {
        name: "four, two of them twice",
        kind: "duplicate",
        events: turns(4, 1),
        again: turns(2, 1),
        asOf: 30,
        expected: [],
    },
    {
        name: "somebody trades to and fro with a maker, as all do",
        kind: "decoy",
        events: [...each(series(6, 1, 2), (minute, index) => trade(minute, maker(index))), ...market],
        asOf: 30,
        expected: [],
    },
    {
        name: "two large traders meet as often as their shares of the market let them",
        kind: "decoy",
        events: [
            ...turns(6, 1, { quantity: "4" }),
            ...each(series(10, 0, 1), (minute, index) =>
                trade(minute, { maker: "a", taker: `t${String(index)}`, quantity: "2.2" }),
            ),
            ...each(series(10, 0, 1), (minute, index) =>
                trade(minute, { maker: "b", taker: `t${String(index)}`, quantity: "2.2" }),
            ),
        ],
        asOf: 30,
        expected: [],
    },
];
