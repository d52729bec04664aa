// Golden cases of pass_through.
import { type Built, type Case, daysBefore, deposit, each, trade, transfer, withdrawal } from "./build";

const into = deposit(0, { amount: "5000", transaction_hash: "hash-1" });
const sent = transfer(-3, { transaction_hash: "hash-1", from_address: "0xsender" });
const out = (minute: number, amount: string, own: Parameters<typeof withdrawal>[1] = {}): Built =>
    withdrawal(minute, { amount, address: "0xstranger", ...own });
const all = out(10, "4900");
const found = [{ entity: "u", at: 10, proof: [into, all] }];
/** TKN has a price of 100 USDT. */
const market = each([-1, 2, 5, 8], (minute) => trade(minute));

export const cases: readonly Case[] = [
    { name: "in and out again to a stranger", kind: "positive", events: [sent, into, all], asOf: 30, expected: found },
    { name: "chains are not watched", kind: "positive", events: [into, all], asOf: 30, expected: found },
    {
        name: "swapped, and left as a token",
        kind: "positive",
        events: [sent, into, ...market, out(10, "48", { asset: "TKN", network: "solana" })],
        asOf: 30,
        expected: found.map((one) => ({ ...one, proof: [into] })),
    },
    {
        name: "beside a withdrawal of an asset without a price",
        kind: "positive",
        events: [sent, into, out(5, "7", { asset: "UNPRICED" }), all],
        asOf: 30,
        expected: found,
    },
    {
        name: "in two pieces",
        kind: "positive",
        events: [sent, into, out(5, "2000"), out(9, "2700")],
        asOf: 30,
        expected: [{ entity: "u", at: 9, proof: [into, out(5, "2000"), out(9, "2700")] }],
    },
    { name: "half of it leaves", kind: "negative", events: [sent, into, out(10, "2500")], asOf: 30, expected: [] },
    {
        name: "less than the floor came in",
        kind: "negative",
        events: [deposit(0, { amount: "900" }), out(10, "890")],
        asOf: 30,
        expected: [],
    },
    {
        name: "85% exactly",
        kind: "boundary",
        events: [sent, into, out(10, "4250")],
        asOf: 30,
        expected: [{ entity: "u", at: 10, proof: [] }],
    },
    { name: "a little less", kind: "boundary", events: [sent, into, out(10, "4249")], asOf: 30, expected: [] },
    {
        name: "three hours later",
        kind: "boundary",
        events: [sent, into, out(180, "4900")],
        asOf: 200,
        expected: [{ entity: "u", at: 180, proof: [] }],
    },
    { name: "a moment more", kind: "boundary", events: [sent, into, out(180.01, "4900")], asOf: 200, expected: [] },
    { name: "the deposit comes late", kind: "late", events: [all], late: [into], asOf: 30, expected: found },
    {
        name: "half, twice",
        kind: "duplicate",
        events: [sent, into, out(10, "2500")],
        again: [out(10, "2500")],
        asOf: 30,
        expected: [],
    },
    {
        name: "a refund to the sender",
        kind: "decoy",
        events: [sent, into, out(10, "4900", { address: "0xSender" })],
        asOf: 30,
        expected: [],
    },
    {
        name: "on to his own address of old",
        kind: "decoy",
        events: [out(daysBefore(20), "10"), sent, into, all],
        asOf: 30,
        expected: [],
    },
    {
        name: "a pay day: a little of it is taken out",
        kind: "decoy",
        events: [sent, into, out(10, "400")],
        asOf: 30,
        expected: [],
    },
    {
        name: "his own money leaves beside it",
        kind: "decoy",
        events: [sent, into, out(10, "9000")],
        asOf: 30,
        expected: [],
    },
];
