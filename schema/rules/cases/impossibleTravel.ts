// Golden cases of impossible_travel. Berlin and Tokyo are 8,918 km apart, Berlin and Hamburg 255, Berlin and Paris 878.
import { type Built, type Case, login } from "./build";

type Place = { city: string; latitude: string; longitude: string; ip: string };
const tokyo: Place = { city: "Tokyo", latitude: "35.676200", longitude: "139.650300", ip: "198.51.100.7" };
const paris: Place = { city: "Paris", latitude: "48.856600", longitude: "2.352200", ip: "198.51.100.8" };
const hamburg: Place = { city: "Hamburg", latitude: "53.551100", longitude: "9.993700", ip: "198.51.100.9" };

const home = login(0);
const away = login(60, tokyo);
const found = [{ entity: "u", at: 60, proof: [home, away] }];
const nobody: Built = login(10, { ...tokyo, latitude: null, longitude: null });

export const cases: readonly Case[] = [
    { name: "Berlin and Tokyo within the hour", kind: "positive", events: [home, away], asOf: 90, expected: found },
    {
        name: "at the same moment",
        kind: "positive",
        events: [login(0, { id: "a" }), login(0, { id: "b", ...tokyo })],
        asOf: 5,
        expected: [{ entity: "u", at: 0, proof: [login(0, { id: "a" })] }],
    },
    {
        name: "Berlin and Paris in an hour: slower than a plane",
        kind: "negative",
        events: [home, login(60, paris)],
        asOf: 90,
        expected: [],
    },
    {
        name: "Berlin and Paris in 58 minutes: faster than a plane",
        kind: "boundary",
        events: [home, login(58, paris)],
        asOf: 90,
        expected: [{ entity: "u", at: 58, proof: [home] }],
    },
    {
        name: "Hamburg a minute later: too near",
        kind: "boundary",
        events: [home, login(1, hamburg)],
        asOf: 90,
        expected: [],
    },
    { name: "the first login comes late", kind: "late", events: [away], late: [home], asOf: 90, expected: found },
    {
        name: "one login twice",
        kind: "duplicate",
        events: [home, away],
        again: [home, away],
        asOf: 90,
        expected: found,
    },
    {
        name: "a VPN between two logins at home",
        kind: "decoy",
        events: [home, login(20, { ...tokyo, asn_class: "vpn" }), login(40)],
        asOf: 90,
        expected: [],
    },
    { name: "a place that is not known", kind: "decoy", events: [home, nobody, login(20)], asOf: 90, expected: [] },
    {
        name: "one address that a database moved",
        kind: "decoy",
        events: [home, login(30, { ...tokyo, ip: "192.0.2.10" })],
        asOf: 90,
        expected: [],
    },
];
