// Golden cases of self_trade.
import { accountLink, type Built, type Case, daysBefore, each, series, trade } from "./build";

const own = (minute: number): ReturnType<typeof trade> => trade(minute, { maker: "u", taker: "u" });
const three = each([5, 10, 15], own);
const hourApart = each([-45.5, -20, 14.5], own);
const justTooLong = each([-45.5, -20, 14.6], own);
const between = (minute: number): Built => trade(minute, { maker: "u", taker: "v" });
const threeBetween = each([5, 10, 15], between);
const linked = accountLink(daysBefore(20));
/** Two others, and a link of theirs. */
const threeOthers = each([5, 10, 15], (minute) => trade(minute, { maker: "x", taker: "y" }));
const tied = (minute: number, own: Parameters<typeof accountLink>[1] = {}): Built =>
    accountLink(minute, { account_id: "a-x", linked_account_id: "a-y", ...own });
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
    {
        name: "three trades between linked accounts: both users, with the link",
        kind: "positive",
        events: [linked, ...threeBetween, ...bystanders],
        asOf: 30,
        expected: [
            { entity: "u", trigger: "TKNUSDT", at: 15, proof: [linked, ...threeBetween] },
            { entity: "v", trigger: "TKNUSDT", at: 15, proof: [linked, ...threeBetween] },
        ],
    },
    {
        name: "two with himself and one over linked accounts; the other has one of his own only",
        kind: "positive",
        events: [linked, ...three.slice(1), between(20)],
        asOf: 30,
        expected: [{ entity: "u", at: 20, proof: [linked, ...three.slice(1), between(20)] }],
    },
    {
        name: "of two reasons for a link, one has ended",
        kind: "positive",
        events: [
            linked,
            accountLink(daysBefore(20), { reason: "same_ip", confidence: "0.9" }),
            accountLink(daysBefore(1), { reason: "same_ip", confidence: "0.9", active: false }),
            ...threeBetween,
        ],
        asOf: 30,
        expected: [
            { entity: "u", at: 15, proof: [linked] },
            { entity: "v", at: 15, proof: [linked] },
        ],
    },
    {
        name: "the confidence that is asked for, and a little less",
        kind: "boundary",
        events: [
            accountLink(daysBefore(20), { confidence: "0.8" }),
            tied(daysBefore(20), { confidence: "0.799" }),
            ...threeBetween,
            ...threeOthers,
        ],
        asOf: 30,
        expected: [
            { entity: "u", at: 15, proof: [] },
            { entity: "v", at: 15, proof: [] },
        ],
    },
    {
        name: "links from the first of three trades on, to after the last and to the last itself",
        kind: "boundary",
        events: [
            ...[accountLink(5), accountLink(15.001, { active: false }), ...threeBetween],
            ...[tied(5), tied(15, { active: false }), ...threeOthers],
        ],
        asOf: 30,
        expected: [
            { entity: "u", at: 15, proof: threeBetween },
            { entity: "v", at: 15, proof: threeBetween },
        ],
    },
    {
        name: "a link that ended before, and one that became less sure",
        kind: "decoy",
        events: [
            ...[linked, accountLink(daysBefore(1), { active: false }), ...threeBetween],
            ...[tied(daysBefore(20)), tied(daysBefore(1), { confidence: "0.5" }), ...threeOthers],
        ],
        asOf: 30,
        expected: [],
    },
    {
        name: "a link that is made after the trades, though before they are judged",
        kind: "decoy",
        events: [accountLink(20), ...threeBetween],
        asOf: 30,
        expected: [],
    },
    {
        name: "a link that was made before the trades and comes late",
        kind: "late",
        events: threeBetween,
        late: [linked],
        asOf: 30,
        expected: [
            { entity: "u", at: 15, proof: [linked] },
            { entity: "v", at: 15, proof: [linked] },
        ],
    },
    {
        name: "linked people who trade with others, and meet each other now and then",
        kind: "decoy",
        events: [
            linked,
            ...threeBetween,
            ...each(series(70, 0, 0.1), (minute) => trade(minute, { maker: "u", taker: "t" })),
            ...each(series(70, 0.05, 0.1), (minute) => trade(minute, { maker: "v", taker: "t" })),
        ],
        asOf: 40,
        expected: [],
    },
];
