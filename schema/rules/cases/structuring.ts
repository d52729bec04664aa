// Golden cases of structuring. The tier reports from 10,000; tier1 may take 3,000 at once.
import { type Built, type Case, daysBefore, each, limit, series, user, withdrawal } from "./build";

const terms = [
    user(daysBefore(30)),
    limit(daysBefore(40), { kyc_tier: "tier3" }),
    limit(daysBefore(40), { kyc_tier: "tier1", single_withdrawal: "3000" }),
];
const take = (minute: number, amount: string): Built => withdrawal(minute, { amount });
const three = each([10, 25, 40], (minute) => take(minute, "9500"));
const small = each(series(10, 1, 5), (minute) => take(minute, "1000"));
const found = [{ entity: "u", trigger: "just under", at: 40, proof: three }];
const day = 1_440;

export const cases: readonly Case[] = [
    {
        name: "three just under the threshold",
        kind: "positive",
        events: [...terms, ...three],
        asOf: 60,
        expected: found,
    },
    {
        name: "ten small ones that reach it",
        kind: "positive",
        events: [...terms, ...small],
        asOf: 60,
        expected: [{ entity: "u", trigger: "many small", at: 46, proof: small }],
    },
    {
        name: "under what the tier of then may take at once, not the tier of now",
        kind: "positive",
        events: [
            ...terms,
            user(daysBefore(2), { kyc_tier: "tier1" }),
            user(50),
            ...each([10, 20, 30], (minute) => take(minute, "2900")),
        ],
        asOf: 60,
        expected: [{ entity: "u", trigger: "just under", at: 30, proof: [] }],
    },
    {
        name: "no tier known: the default threshold",
        kind: "positive",
        events: three,
        asOf: 60,
        expected: found,
    },
    {
        name: "beside a withdrawal of an asset without a price",
        kind: "positive",
        events: [...terms, withdrawal(5, { asset: "UNPRICED", amount: "7" }), ...three],
        asOf: 60,
        expected: found,
    },
    { name: "two only", kind: "negative", events: [...terms, ...three.slice(1)], asOf: 60, expected: [] },
    {
        name: "nine small ones",
        kind: "negative",
        events: [...terms, ...each(series(9, 1, 5), (minute) => take(minute, "1200"))],
        asOf: 60,
        expected: [],
    },
    {
        name: "margin and threshold: 9,000 is just under, 10,000 is not",
        kind: "boundary",
        events: [...terms, take(10, "9000"), take(20, "9000"), take(30, "10000"), take(40, "9000")],
        asOf: 60,
        expected: [{ entity: "u", at: 40, proof: [] }],
    },
    {
        name: "8,999.999999 is not just under",
        kind: "boundary",
        events: [...terms, ...three.slice(1), take(50, "8999.999999")],
        asOf: 60,
        expected: [],
    },
    {
        name: "a day from the first to the third",
        kind: "boundary",
        events: [...terms, take(40 - day, "9500"), ...three.slice(1)],
        asOf: 60,
        expected: [{ entity: "u", at: 40, proof: [] }],
    },
    {
        name: "more than a day",
        kind: "boundary",
        events: [...terms, take(39.99 - day, "9500"), ...three.slice(1)],
        asOf: 60,
        expected: [],
    },
    {
        name: "the second comes late",
        kind: "late",
        events: [...terms, ...three.slice(0, 1), ...three.slice(2)],
        late: three.slice(1, 2),
        asOf: 60,
        expected: found,
    },
    {
        name: "two, each twice",
        kind: "duplicate",
        events: [...terms, ...three.slice(1)],
        again: three.slice(1),
        asOf: 60,
        expected: [],
    },
    {
        name: "a whale that hides nothing: three over the threshold",
        kind: "decoy",
        events: [...terms, ...each([10, 25, 40], (minute) => take(minute, "50000"))],
        asOf: 60,
        expected: [],
    },
    {
        name: "a savings plan: one just under, every other day",
        kind: "decoy",
        events: [...terms, ...each([-2 * day, 0, 2 * day], (minute) => take(minute, "9500"))],
        asOf: 3 * day,
        expected: [],
    },
];
