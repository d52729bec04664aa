// Proves, on the real engine: on simulated streams the rules find at least the share of the labelled scenarios they found when this was written, less
// a margin for what so few streams say, and alert on next to nobody else, decoys included; so a change that makes a rule worse is seen at once.
// Does not prove: how good the rules are; few streams, with seeds they were tuned on, and small ones. That is `npm run detection-report`.
import assert from "node:assert/strict";
import { rules } from "../../../schema/rules";
import { Lab } from "../../detection/lab";
import { abuseStream } from "../../detection/streams";
import { type Tally, tallied } from "../../detection/tally";

const seeds = [101, 102];
/** Long enough for the longest scenario (97 minutes with the warming up), large enough to cast them all. */
const size = { accounts: 2_000, minutes: 100 };
const active = rules.filter(({ mode }) => mode === "active");
/** Somewhat below what these seeds give: about 24 positives a rule, so a change of two or three is none. */
const least: Readonly<Record<string, number>> = { negative_buzz: 0.7, ping_pong: 0.8, dormant_reactivation: 0.75 };
const leastUsual = 0.85;
/** False alerts of a rule in all streams together, at most. */
const mostFalse = 1;

describe("regression gate of detection", function () {
    this.timeout(900_000);
    let tallies: Tally[];
    before(async () => {
        const lab = await Lab.start();
        try {
            const judgements = [];
            for (const seed of seeds) judgements.push(await lab.judge(abuseStream(seed, size), active));
            tallies = tallied(active, judgements);
        } finally {
            await lab.stop();
        }
    });

    for (const rule of active)
        it(`${rule.id} finds what it is to find, and nobody else`, () => {
            const tally = tallies.find((each) => each.rule === rule);
            assert.ok(tally);
            const { of, hits } = tally.recall;
            assert.ok(of >= 10, `only ${String(of)} scenarios were played`);
            const share = hits / of;
            assert.ok(share >= (least[rule.id] ?? leastUsual), `${String(hits)} of ${String(of)} found`);
            const { decoy, nothing } = tally.alerts;
            assert.ok(decoy + nothing <= mostFalse, `${String(decoy)} alerts on decoys, ${String(nothing)} on nothing`);
        });
});
