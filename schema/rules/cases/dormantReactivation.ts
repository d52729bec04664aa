// Golden cases of dormant_reactivation.
import { type Built, type Case, daysBefore, deposit, each, login, withdrawal } from "./build";

const last = login(daysBefore(200));
const back = login(0);
const out = (minute: number, amount: string, balance: string): Built =>
    withdrawal(minute, { amount, balance_after: balance });
const all = out(10, "9000", "1000");
const found = [{ entity: "u", trigger: "return 2026-11-18", at: 10, proof: [back, all] }];
const pieces = [out(5, "3000", "7000"), out(8, "2500", "4500")];

export const cases: readonly Case[] = [
    { name: "200 days away, then nearly all", kind: "positive", events: [last, back, all], asOf: 30, expected: found },
    {
        name: "in pieces: the second makes it more than half",
        kind: "positive",
        events: [last, back, ...pieces],
        asOf: 30,
        expected: [{ entity: "u", at: 8, proof: pieces }],
    },
    {
        name: "beside a withdrawal of an asset without a price",
        kind: "positive",
        events: [last, back, withdrawal(5, { asset: "UNPRICED", amount: "7" }), all],
        asOf: 30,
        expected: found,
    },
    {
        name: "the withdrawal two days after the return",
        kind: "positive",
        events: [last, login(daysBefore(2)), all],
        asOf: 30,
        expected: [{ entity: "u", trigger: "return 2026-11-16", at: 10, proof: [all] }],
    },
    { name: "nothing on record before: inconclusive", kind: "negative", events: [back, all], asOf: 30, expected: [] },
    {
        name: "back since a week",
        kind: "negative",
        events: [last, login(daysBefore(7)), login(daysBefore(1)), all],
        asOf: 30,
        expected: [],
    },
    {
        name: "180 days",
        kind: "boundary",
        events: [login(daysBefore(180)), back, all],
        asOf: 30,
        expected: [{ entity: "u", at: 10, proof: [all] }],
    },
    { name: "179 days", kind: "boundary", events: [login(daysBefore(179)), back, all], asOf: 30, expected: [] },
    {
        name: "half exactly is not more than half",
        kind: "boundary",
        events: [last, back, out(10, "5000", "5000")],
        asOf: 30,
        expected: [],
    },
    {
        name: "a small wallet is emptied as well",
        kind: "boundary",
        events: [last, back, out(10, "100.01", "0")],
        asOf: 30,
        expected: [{ entity: "u", at: 10, proof: [back] }],
    },
    { name: "dust", kind: "boundary", events: [last, back, out(10, "100", "0")], asOf: 30, expected: [] },
    { name: "the last visit comes late", kind: "late", events: [back, all], late: [last], asOf: 30, expected: found },
    {
        name: "a part, twice",
        kind: "duplicate",
        events: [last, back, out(10, "4000", "6000")],
        again: [out(10, "4000", "6000")],
        asOf: 30,
        expected: [],
    },
    {
        name: "paid interest all the time: still dormant, and that it takes a little is nothing",
        kind: "decoy",
        events: [last, ...each([150, 100, 50], (days) => deposit(daysBefore(days))), back, out(10, "400", "9600")],
        asOf: 30,
        expected: [],
    },
    {
        name: "seldom here, but not for months away",
        kind: "decoy",
        events: [...each([200, 120, 60], (days) => login(daysBefore(days))), back, all],
        asOf: 30,
        expected: [],
    },
];
