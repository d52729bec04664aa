// Golden cases of new_ip_withdrawal.
import { type Built, type Case, daysBefore, each, login, withdrawal } from "./build";

/** At home for weeks; now and then 100 USDT are withdrawn. */
const past: Built[] = each([40, 30, 20, 10, 3], (days) => login(daysBefore(days)));
const elsewhere = { ip: "198.51.100.7", asn: "64999", device_id: "device-9" };
const newLogin = login(0, elsewhere);
const loot = (minute: number, amount = "6000", own: Parameters<typeof withdrawal>[1] = {}): Built =>
    withdrawal(minute, { amount, balance_after: String(10_000 - Number(amount)), ip: elsewhere.ip, ...own });
const all = loot(20);
const pieces = each([5, 10, 15], (minute, index) =>
    loot(minute, "2000", { balance_after: String(8_000 - index * 2_000) }),
);
const found = [{ entity: "u", at: 20, proof: [newLogin, all] }];
const hour = 60;

export const cases: readonly Case[] = [
    {
        name: "a login from elsewhere, then most of it",
        kind: "positive",
        events: [...past, newLogin, all],
        asOf: 30,
        expected: found,
    },
    {
        name: "in pieces: the third makes it more than half",
        kind: "positive",
        events: [...past, newLogin, ...pieces],
        asOf: 30,
        expected: [{ entity: "u", at: 15, proof: [newLogin, ...pieces] }],
    },
    {
        name: "beside a withdrawal of an asset without a price",
        kind: "positive",
        events: [...past, newLogin, loot(5, "7", { asset: "UNPRICED" }), all],
        asOf: 30,
        expected: found,
    },
    {
        name: "no login at all from that address",
        kind: "positive",
        events: [...past, login(1), all],
        asOf: 30,
        expected: [{ entity: "u", trigger: "ip ::ffff:198.51.100.7", at: 20, proof: [all] }],
    },
    {
        name: "at home, on a device never seen",
        kind: "positive",
        events: [...past, login(0, { device_id: "device-9" }), loot(20, "6000", { ip: "192.0.2.10" })],
        asOf: 30,
        expected: [{ entity: "u", at: 20, proof: [] }],
    },
    {
        name: "many times what he ever took, from a large balance",
        kind: "positive",
        events: [
            ...past,
            ...each([30, 25, 20, 15, 10], (days) => withdrawal(daysBefore(days))),
            newLogin,
            loot(20, "1500", { balance_after: "98500" }),
        ],
        asOf: 30,
        expected: [{ entity: "u", at: 20, proof: [newLogin] }],
    },
    {
        name: "half exactly is not more than half",
        kind: "boundary",
        events: [...past, newLogin, loot(20, "5000")],
        asOf: 30,
        expected: [],
    },
    {
        name: "the floor exactly",
        kind: "boundary",
        events: [...past, newLogin, loot(20, "1000", { balance_after: "0" })],
        asOf: 30,
        expected: [],
    },
    {
        name: "an hour after the login",
        kind: "boundary",
        events: [...past, newLogin, loot(hour)],
        asOf: 90,
        expected: [{ ...found[0], entity: "u", at: hour, proof: [newLogin] }],
    },
    {
        name: "a moment later",
        kind: "boundary",
        events: [...past, newLogin, loot(hour + 0.001)],
        asOf: 90,
        expected: [],
    },
    { name: "somebody whose first login it is", kind: "negative", events: [newLogin, all], asOf: 30, expected: [] },
    {
        name: "at home as always",
        kind: "negative",
        events: [...past, login(0), loot(20, "6000", { ip: "192.0.2.10" })],
        asOf: 30,
        expected: [],
    },
    {
        name: "the login comes late",
        kind: "late",
        events: [...past, { ...all, event: { ...all.event, ip: null } }],
        late: [newLogin],
        asOf: 30,
        expected: [{ entity: "u", at: 20, proof: [newLogin] }],
    },
    {
        name: "less than half, twice the same",
        kind: "duplicate",
        events: [...past, newLogin, loot(20, "4000")],
        again: [newLogin, loot(20, "4000")],
        asOf: 30,
        expected: [],
    },
    {
        name: "another address of the mobile network, on the usual device",
        kind: "decoy",
        events: [...past, login(0, { ip: "192.0.2.77" }), loot(20, "6000", { ip: "192.0.2.77" })],
        asOf: 30,
        expected: [],
    },
    {
        name: "from a hotel, a usual amount",
        kind: "decoy",
        events: [...past, newLogin, withdrawal(20, { ip: elsewhere.ip })],
        asOf: 30,
        expected: [],
    },
    {
        name: "a whale at home takes what it usually takes",
        kind: "decoy",
        events: [...past, login(0), withdrawal(20, { amount: "60000", balance_after: "500000" })],
        asOf: 30,
        expected: [],
    },
];
