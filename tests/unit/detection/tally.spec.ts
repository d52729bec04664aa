// Proves: the detection report counts as it says - a scenario once however many entities and alerts it has, each alert for one cause, exempt alerts
// nowhere, alerts of clean streams apart - and its intervals are Wilson's. Does not prove: what the rules find.
import assert from "node:assert/strict";
import { type Label } from "../../../functions/evaluator/backtest/labels";
import { type Judged } from "../../../functions/evaluator/rules/terms";
import { rules } from "../../../schema/rules";
import { type Judgement } from "../../detection/lab";
import { reportText } from "../../detection/report";
import { abuseStream, cleanStream, unplayed } from "../../detection/streams";
import { tallied, wilson } from "../../detection/tally";

const second = 1_000_000;
const size = { accounts: 100, minutes: 10 };
const selfTrade = rules.find(({ id }) => id === "self_trade");
const buzz = rules.find(({ id }) => id === "negative_buzz");
assert.ok(selfTrade && buzz);

const alert = (entityId: string, at: number, own: Partial<Judged> = {}): Judged => ({
    ...{ alertId: `${entityId} ${String(at)}`, entityId, triggerKey: "", eventTime: at * second, score: 50 },
    ...{ windowFrom: (at - 10) * second, details: {}, accounts: [], exemption: "" },
    ...own,
});
const label = (scenarioId: string, scenario: string, entityId: string, decoy = false): Label => ({
    ...{ scenarioId, scenario, entityId, class: decoy ? "decoy" : "scenario" },
    ...{ startedAt: 1_000 * second, endedAt: 2_000 * second },
});
const exposure = { entityDays: 10_000, entities: 5_000, hours: 2 };
const judged = (
    kind: "abuse" | "clean",
    rule: Judgement["outcomes"][number]["rule"],
    findings: readonly Judged[],
    labels: readonly Label[],
): Judgement => ({
    stream: kind === "abuse" ? abuseStream(1, size) : cleanStream(2, size),
    outcomes: [{ rule, findings, exposure }],
    ...{ labels, rows: 0, notes: [] },
});

describe("detection report", () => {
    it("has Wilson's intervals", () => {
        const close = (of: number, hits: number, expected: readonly [number, number]): void =>
            wilson({ of, hits }).forEach((value, index) => assert.ok(Math.abs(value - (expected[index] ?? 0)) < 5e-4));
        close(100, 90, [0.8256, 0.9448]);
        close(10, 10, [0.7225, 1]);
        close(1_000, 0, [0, 0.0038]);
        assert.deepEqual(wilson({ of: 0, hits: 0 }), [0, 1]);
    });

    it("counts scenarios once, and each alert for one cause", () => {
        const labels = [
            label("s1", "self_trade", "a"),
            label("s1", "self_trade", "acc-a"),
            label("s2", "self_trade", "b"),
            label("s3", "ping_pong", "c"),
            label("d1", "two_sided_maker", "d", true),
        ];
        const findings = [
            alert("a", 1_500, { accounts: ["acc-a"] }),
            alert("a", 1_200),
            alert("c", 1_500),
            alert("d", 1_500),
            alert("e", 1_500),
            alert("b", 999),
            alert("b", 1_500, { exemption: "maker" }),
        ];
        const [tally] = tallied([selfTrade], [judged("abuse", selfTrade, findings, labels)]);
        assert.ok(tally);
        assert.deepEqual(tally.recall, { of: 2, hits: 1 });
        assert.deepEqual(tally.alerts, { own: 2, other: 1, decoy: 1, nothing: 2 });
        assert.deepEqual(tally.decoys.get("two_sided_maker"), { of: 1, hits: 1 });
        assert.equal(tally.exempt, 1);
        assert.deepEqual([tally.sinceFirst, tally.sinceLast], [[200], [-800]]);
    });

    it("takes an alert after a scenario as its own as long as the rule still looks at it", () => {
        const labels = [label("s1", "self_trade", "a")];
        const found = (at: number, windowFrom: number): number | undefined => {
            const findings = [alert("a", at, { windowFrom: windowFrom * second })];
            return tallied([selfTrade], [judged("abuse", selfTrade, findings, labels)])[0]?.recall.hits;
        };
        assert.equal(found(2_600, 1_900), 1);
        assert.equal(found(2_600, 2_100), 0);
    });

    it("blames no scenario about a token for an alert of another kind on it", () => {
        const labels = [label("s1", "layering", "TKN"), label("s2", "negative_buzz", "ABC")];
        const findings = [alert("TKN", 1_500)];
        const [tally] = tallied([buzz], [judged("abuse", buzz, findings, labels)]);
        assert.ok(tally);
        assert.deepEqual(tally.alerts, { own: 0, other: 0, decoy: 0, nothing: 1 });
    });

    it("says what missed its aim, and counts alerts of clean streams apart", () => {
        const streams = [
            judged("abuse", selfTrade, [], [label("s1", "self_trade", "a")]),
            judged("clean", selfTrade, [alert("x", 1_500), alert("x", 1_600)], []),
        ];
        const tallies = tallied([selfTrade], streams);
        const [tally] = tallies;
        assert.ok(tally);
        assert.equal(tally.cleanAlerts, 2);
        assert.deepEqual(tally.alerts, { own: 0, other: 0, decoy: 0, nothing: 0 });
        const each = { abuse: 100, clean: 100 };
        const setting = { date: "2026-01-01", commit: "abc", abuseSeeds: [1], cleanSeeds: [2], accounts: each };
        const text = reportText({ ...setting, minutes: each, rows: 0, leftOut: 0, tookMinutes: 0 }, tallies);
        assert.match(text, /self_trade v\d+ +1 +0 +0\.000 +0\.000-0\.793 +MISSED/);
        assert.match(text, /self_trade v\d+ +2 +10000 +2\.00 .*MISSED/);
    });

    it("plays every scenario and decoy there is", () => {
        assert.deepEqual(unplayed(), []);
    });
});
