// Golden cases of self_trade.
import { type Case, each, series, trade } from "./build";

const own = (minute: number): ReturnType<typeof trade> => trade(minute, { maker: "u", taker: "u" });
const three = each([5, 10, 15], own);
const hourApart = each([-45.5, -20, 14.5], own);
const justTooLong = each([-45.5, -20, 14.6], own);
const bystanders = each(series(8, 1, 2), (minute) => trade(minute));

export const cases: readonly Case[] = [
    {
        name: "three trades with himself within the hour",
        kind: "positive",
        events: [...three, ...bystanders],
        asOf: 30,
        expected: [{ entity: "u", trigger: "TKNUSDT", at: 15, proof: three }],
    },
    {
        name: "two users with three each, one over two accounts of his",
        kind: "positive",
        events: [
            ...three,
            ...each([6, 7, 8], (minute) =>
                trade(minute, { maker: "v", taker: "v", maker_account_id: "a-v1", taker_account_id: "a-v2" }),
            ),
        ],
        asOf: 30,
        expected: [
            { entity: "u", at: 15, proof: three },
            { entity: "v", at: 8, proof: [] },
        ],
    },
    {
        name: "two are not enough",
        kind: "negative",
        events: [...three.slice(1), ...bystanders],
        asOf: 30,
        expected: [],
    },
    {
        name: "exactly an hour from the first to the third",
        kind: "boundary",
        events: hourApart,
        asOf: 30,
        expected: [{ entity: "u", at: 14.5, proof: hourApart }],
    },
    { name: "six seconds more than an hour", kind: "boundary", events: justTooLong, asOf: 30, expected: [] },
    {
        name: "the second comes late",
        kind: "late",
        events: [...three.slice(0, 1), ...three.slice(2)],
        late: three.slice(1, 2),
        asOf: 30,
        expected: [{ entity: "u", at: 15, proof: three }],
    },
    {
        name: "two, one of them twice",
        kind: "duplicate",
        events: three.slice(1),
        again: three.slice(1),
        asOf: 30,
        expected: [],
    },
    {
        name: "a busy account that meets itself now and then: below 5% of what it trades",
        kind: "decoy",
        events: [...three, ...each(series(100, 0, 0.1), (minute) => trade(minute, { maker: "u", taker: "t" }))],
        asOf: 40,
        expected: [],
    },
    {
        name: "three trades in three instruments",
        kind: "decoy",
        events: each(["AUSDT", "BUSDT", "CUSDT"], (symbol, index) => trade(index, { maker: "u", taker: "u", symbol })),
        asOf: 30,
        expected: [],
    },
];
