// Golden cases of negative_buzz.
import { type Built, type Case, daysBefore, each, post, series } from "./build";

const sources = ["plaza", "chirp"];
type Mood = "negative" | "neutral" | "positive";
/** Posts, one each half minute, by turns from two sources, each by an author of its own. */
const wave = (count: number, first: number, mood: Mood = "negative", own: Parameters<typeof post>[1] = {}): Built[] =>
    each(series(count, first, 0.5), (minute, index) =>
        post(minute, { mood, source: sources[index % 2] ?? "", ...own }),
    ).flat();
/** Sixty negative posts on a token within six minutes. */
const crowd = (token: string, first: number): Built[] =>
    each(series(60, first, 0.1), (minute, index) =>
        post(minute, { mood: "negative", source: sources[index % 2] ?? "", token }),
    ).flat();
/** Posts of the day before: so many negative ones an hour, and three times as many others. */
const usual = (negative: number): Built[] =>
    each(series(24, daysBefore(1) + 0.25, 60), (minute) => [
        ...each(series(negative, minute, 1), (at) => post(at, { mood: "negative", source: "plaza" })).flat(),
        ...each(series(negative * 3, minute + 20, 1), (at) => post(at, { mood: "neutral", source: "plaza" })).flat(),
    ]).flat();
const calm = usual(1);
const twelve = wave(12, 1.25);
const found = [{ entity: "TKN", at: 7, proof: twelve }];

export const cases: readonly Case[] = [
    {
        name: "twelve negative posts where half a post is usual",
        kind: "positive",
        events: [...calm, ...twelve],
        asOf: 20,
        expected: [{ ...found[0], entity: "TKN", at: 6, proof: wave(10, 1.25) }],
    },
    {
        name: "a token nobody spoke of before",
        kind: "positive",
        events: twelve,
        asOf: 20,
        expected: [{ entity: "TKN", at: 6, proof: wave(10, 1.25) }],
    },
    {
        name: "two other tokens have waves of their own, and three have none: no crash",
        kind: "positive",
        events: [
            ...calm,
            ...twelve,
            ...each(["A", "B"], (token) => wave(12, 1.25, "negative", { token })).flat(),
            ...each(["C", "D", "E"], (token) => post(0.5, { mood: "neutral", token })).flat(),
        ],
        asOf: 20,
        expected: each(["A", "B", "TKN"], (entity) => ({ entity, at: 6, proof: [] })),
    },
    {
        name: "waves one after another: those that are over by now are no crash with those that go on",
        kind: "positive",
        events: [
            ...each(["A", "B"], (token) => [...crowd(token, 1), ...post(29, { mood: "negative", token })]).flat(),
            ...each(["E", "F"], (token) => each([0.5, 24], (minute) => post(minute, { mood: "neutral", token }))).flat(
                2,
            ),
            ...crowd("C", 35.25),
            ...wave(12, 35.25),
        ],
        asOf: 55,
        expected: [
            { entity: "A", at: 2, proof: [] },
            { entity: "B", at: 2, proof: [] },
            { entity: "C", at: 37, proof: [] },
            { entity: "TKN", at: 40, proof: [] },
        ],
    },
    { name: "nine are too few", kind: "negative", events: [...calm, ...wave(9, 1.25)], asOf: 20, expected: [] },
    {
        name: "+200% is three times: 24 where 8 are usual",
        kind: "boundary",
        events: [...usual(16), ...wave(24, 1.25)],
        asOf: 20,
        expected: [{ entity: "TKN", at: 13, proof: [] }],
    },
    {
        name: "22 where 8 are usual",
        kind: "boundary",
        events: [...usual(16), ...wave(22, 1.25)],
        asOf: 20,
        expected: [],
    },
    {
        name: "scores come late",
        kind: "late",
        events: [...calm, ...twelve.filter((_, n) => n % 2 === 0)],
        late: twelve.filter((_, n) => n % 2 === 1),
        asOf: 20,
        expected: [{ entity: "TKN", at: 6, proof: [] }],
    },
    {
        name: "five posts, twice",
        kind: "duplicate",
        events: [...calm, ...wave(5, 1.25)],
        again: wave(5, 1.25),
        asOf: 20,
        expected: [],
    },
    {
        name: "hype: many posts, as few of them negative as always",
        kind: "decoy",
        events: [...calm, ...wave(12, 1.25), ...wave(60, -28.75, "positive")],
        asOf: 40,
        expected: [],
    },
    {
        name: "a crash: five other tokens are spoken ill of as well",
        kind: "decoy",
        events: [
            ...calm,
            ...twelve,
            ...each(["A", "B", "C", "D", "E"], (token) => wave(8, 1.25, "negative", { token })).flat(),
        ],
        asOf: 20,
        expected: [],
    },
    {
        name: "a crash: all six tokens that are spoken of are spoken ill of, each as loudly",
        kind: "decoy",
        events: [
            ...calm,
            ...twelve,
            ...each(["A", "B", "C", "D", "E"], (token) => wave(12, 1.25, "negative", { token })).flat(),
        ],
        asOf: 20,
        expected: [],
    },
    {
        name: "one author",
        kind: "decoy",
        events: [...calm, ...wave(12, 1.25, "negative", { author: "one" })],
        asOf: 20,
        expected: [],
    },
    {
        name: "one source",
        kind: "decoy",
        events: [...calm, ...wave(12, 1.25, "negative", { source: "plaza" })],
        asOf: 20,
        expected: [],
    },
    {
        name: "one text, again and again",
        kind: "decoy",
        events: [...calm, ...wave(12, 1.25, "negative", { text_hash: "same" })],
        asOf: 20,
        expected: [],
    },
];
