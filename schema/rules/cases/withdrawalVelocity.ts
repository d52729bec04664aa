// Golden cases of withdrawal_velocity.
import { type Built, type Case, daysBefore, each, series, user, withdrawal } from "./build";

const many = (count: number, step = 3, amount = "500"): Built[] =>
    each(series(count, 1, step), (minute) => withdrawal(minute, { amount }));
const six = many(6);
const found = [{ entity: "u", at: 16, proof: six }];

/** Peers of a tier that made so many withdrawals each yesterday. */
const peers = (count: number, tier: string): Built[] =>
    each(["p1", "p2", "p3"], (user_id) => [
        user(daysBefore(60), { user_id, kyc_tier: tier }),
        ...each(series(count, daysBefore(1), 30), (minute) =>
            withdrawal(minute, { user_id, account_id: `a-${user_id}`, amount: "1" }),
        ),
    ]).flat();
const me = user(daysBefore(60));

export const cases: readonly Case[] = [
    {
        name: "six within the hour, peers make one a day",
        kind: "positive",
        events: [me, ...peers(1, "tier3"), ...six],
        asOf: 30,
        expected: found,
    },
    {
        name: "beside a withdrawal of an asset without a price",
        kind: "positive",
        events: [me, ...peers(1, "tier3"), withdrawal(-120, { asset: "UNPRICED", amount: "7" }), ...six],
        asOf: 30,
        expected: found,
    },
    { name: "nobody to compare with", kind: "positive", events: six, asOf: 30, expected: found },
    {
        name: "peers of another tier make more",
        kind: "positive",
        events: [me, ...peers(5, "tier1"), ...six],
        asOf: 30,
        expected: found,
    },
    { name: "five", kind: "negative", events: [me, ...peers(1, "tier3"), ...many(5)], asOf: 30, expected: [] },
    {
        name: "2,000 exactly is not more than the floor",
        kind: "boundary",
        events: [me, ...many(8, 3, "250")],
        asOf: 30,
        expected: [],
    },
    {
        name: "the sixth an hour after the first",
        kind: "boundary",
        events: [me, ...many(5), withdrawal(61, { amount: "500" })],
        asOf: 90,
        expected: [{ entity: "u", at: 61, proof: many(5) }],
    },
    {
        name: "the sixth a moment later",
        kind: "boundary",
        events: [me, ...many(5), withdrawal(61.01, { amount: "500" })],
        asOf: 90,
        expected: [],
    },
    {
        name: "the second comes late",
        kind: "late",
        events: [me, ...six.filter((_, n) => n !== 1)],
        late: six.slice(1, 2),
        asOf: 30,
        expected: found,
    },
    { name: "four, twice", kind: "duplicate", events: [me, ...many(4)], again: many(4), asOf: 30, expected: [] },
    {
        name: "as many as peers make on a day: twice three",
        kind: "decoy",
        events: [me, ...peers(3, "tier3"), ...six],
        asOf: 30,
        expected: [],
    },
    { name: "six small ones", kind: "decoy", events: [me, ...many(6, 3, "20")], asOf: 30, expected: [] },
];
