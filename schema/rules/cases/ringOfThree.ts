// Golden cases of ring_of_three.
import { type Built, type Case, each, series, trade } from "./build";

type Own = Parameters<typeof trade>[1];

const members = ["a", "b", "c"];
/** a sells to b, b to c, c to a, and so on, every two minutes from a minute on. */
const round = (count: number, first: number, own: Own = {}): Built[] =>
    each(series(count, first, 2), (minute, index) =>
        trade(minute, { maker: members[index % 3] ?? "", taker: members[(index + 1) % 3] ?? "", ...own }),
    );
const market = each(series(30, 0.5, 1), (minute, index) =>
    trade(minute, { maker: "m", taker: `t${String(index % 7)}`, quantity: "5" }),
);
const nine = round(9, 1);
const ring = "a-a|a-b|a-c";
const found = [{ entity: ring, trigger: "TKNUSDT", at: 17, proof: nine }];
const last = (minute: number): Built => trade(minute, { maker: "c", taker: "a" });
const hourLong = [...round(8, 5), last(65)];

export const cases: readonly Case[] = [
    { name: "three rounds", kind: "positive", events: [...nine, ...market], asOf: 30, expected: found },
    {
        name: "inexact lots, the taker sells, and somebody else in between",
        kind: "positive",
        events: [
            ...each(nine, (_, index) =>
                trade(1 + 2 * index, {
                    maker: members[(index + 1) % 3] ?? "",
                    taker: members[index % 3] ?? "",
                    taker_side: "sell",
                    quantity: ["2", "1.95", "1.9"][index % 3] ?? "",
                }),
            ),
            ...each([2, 6], (minute) => trade(minute, { maker: "m", taker: "a", quantity: "0.5" })),
            ...market,
        ],
        asOf: 30,
        expected: [{ entity: ring, at: 17, proof: [] }],
    },
    {
        name: "the other way round is another circle",
        kind: "positive",
        events: [
            ...each(nine, (_, index) =>
                trade(1 + 2 * index, { maker: members[(9 - index) % 3] ?? "", taker: members[(8 - index) % 3] ?? "" }),
            ),
            ...market,
        ],
        asOf: 30,
        expected: [{ entity: "a-a|a-c|a-b", at: 17, proof: [] }],
    },
    { name: "nobody else trades at all", kind: "positive", events: nine, asOf: 30, expected: found },
    { name: "the third round is open", kind: "negative", events: [...round(8, 1), ...market], asOf: 30, expected: [] },
    {
        name: "a chain that hands a position on and does not return it",
        kind: "negative",
        events: [...nine.filter((_, index) => index % 3 !== 2), ...market],
        asOf: 30,
        expected: [],
    },
    {
        name: "one keeps most of what comes to him",
        kind: "negative",
        events: [
            ...each(nine, (_, index) =>
                trade(1 + 2 * index, {
                    maker: members[index % 3] ?? "",
                    taker: members[(index + 1) % 3] ?? "",
                    quantity: index % 3 === 2 ? "0.4" : "1",
                }),
            ),
            ...market,
        ],
        asOf: 30,
        expected: [],
    },
    {
        name: "the ninth exactly an hour after the first",
        kind: "boundary",
        events: hourLong,
        asOf: 90,
        expected: [{ entity: ring, at: 65, proof: hourLong }],
    },
    {
        name: "the ninth a moment later",
        kind: "boundary",
        events: [...round(8, 5), last(65.01)],
        asOf: 90,
        expected: [],
    },
    {
        name: "the third comes late",
        kind: "late",
        events: [...nine.filter((_, n) => n !== 2), ...market],
        late: nine.slice(2, 3),
        asOf: 30,
        expected: found,
    },
    {
        name: "two rounds, one of them twice",
        kind: "duplicate",
        events: round(6, 1),
        again: round(3, 1),
        asOf: 30,
        expected: [],
    },
    {
        name: "a maker and an arbitrage desk meet on either side of somebody who trades with both",
        kind: "decoy",
        events: [
            ...each(nine, (_, index) =>
                trade(1 + 2 * index, {
                    maker: ["m", "desk", "u"][index % 3] ?? "",
                    taker: ["desk", "u", "m"][index % 3] ?? "",
                }),
            ),
            ...market,
        ],
        asOf: 30,
        expected: [],
    },
    {
        name: "three who are the market meet each other in every direction",
        kind: "decoy",
        events: [
            ...nine,
            ...each(nine, (_, index) =>
                trade(2 + 2 * index, { maker: members[(index + 1) % 3] ?? "", taker: members[index % 3] ?? "" }),
            ),
        ],
        asOf: 30,
        expected: [],
    },
];
