// Golden cases of quote_stuffing.
import { type Built, type Case, each, order, series } from "./build";

type Own = NonNullable<Parameters<typeof order>[1]>;
const second = 1 / 60;

/** Orders that are cancelled 20 ms after they came: two events each, one order every `step` seconds from a minute on. */
const storm = (count: number, step: number, own: Own = {}, first = 1): Built[] =>
    each(series(count, 0, step), (at, index) => {
        const order_id = `${own.user_id ?? "u"} ${String(first)} ${String(index)}`;
        return [
            order(first + at * second, { id: `${order_id} 1`, order_id, ...own }),
            order(first + (at + 0.02) * second, {
                id: `${order_id} 2`,
                order_id,
                revision: "2",
                state: "cancelled",
                ...own,
            }),
        ];
    }).flat();
const thirty = storm(30, 0.1);
/** The 30th is cancelled 2.92 s after the first came. */
const found = [{ entity: "u", trigger: "TKNUSDT", at: 1 + 2.92 * second, proof: thirty }];
const others = storm(10, 0.3, { user_id: "v", account_id: "a-v" });

export const cases: readonly Case[] = [
    {
        name: "thirty orders in three seconds, all cancelled",
        kind: "positive",
        events: [...thirty, ...others],
        asOf: 3,
        expected: found,
    },
    {
        name: "two bursts, five minutes apart",
        kind: "positive",
        events: [...thirty, ...storm(30, 0.1, {}, 6)],
        asOf: 9,
        expected: [...found, { entity: "u", at: 6 + 2.92 * second, proof: [] }],
    },
    { name: "twenty-nine", kind: "negative", events: storm(29, 0.1), asOf: 3, expected: [] },
    { name: "the same number in a minute", kind: "negative", events: storm(30, 2), asOf: 3, expected: [] },
    {
        name: "cancels of nine in ten are enough",
        kind: "boundary",
        events: storm(40, 0.1).filter(({ event }, index) => index > 7 || event["state"] === "new"),
        asOf: 3,
        expected: [{ entity: "u", at: 1 + 3.92 * second, proof: [] }],
    },
    {
        name: "less than nine in ten are not",
        kind: "boundary",
        events: storm(40, 0.1).filter(({ event }, index) => index > 9 || event["state"] === "new"),
        asOf: 3,
        expected: [],
    },
    {
        name: "one order comes late",
        kind: "late",
        events: thirty.slice(2),
        late: thirty.slice(0, 2),
        asOf: 3,
        expected: found,
    },
    {
        name: "fifteen orders, twice",
        kind: "duplicate",
        events: storm(15, 0.1),
        again: storm(15, 0.1),
        asOf: 3,
        expected: [],
    },
    {
        name: "a busy book: three more do as much, so that nobody stands out",
        kind: "decoy",
        events: each(["u", "v", "w", "x"], (user_id) => storm(30, 0.1, { user_id, account_id: `a-${user_id}` })).flat(),
        asOf: 3,
        expected: [],
    },
    {
        name: "a client that retries and is refused",
        kind: "decoy",
        events: storm(30, 0.1, { state: "rejected" }),
        asOf: 3,
        expected: [],
    },
    {
        name: "a taker: what he enters trades",
        kind: "decoy",
        events: each(series(60, 0, 0.05), (at, index) => [
            order(1 + at * second, { id: `${String(index)} 1`, order_id: String(index) }),
            order(1 + (at + 0.01) * second, {
                id: `${String(index)} 2`,
                order_id: String(index),
                revision: "2",
                state: "filled",
            }),
        ]).flat(),
        asOf: 3,
        expected: [],
    },
];
