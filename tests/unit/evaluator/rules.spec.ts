// Proves: the evaluator knows what each rule depends on, through rollups down to facts, so that it waits for them, and goes round in one lane; evidence has one text whatever the
// order of its keys; labels count once per scenario. Does not prove: what rules find (tests/engine/rules).
import assert from "node:assert/strict";
import { qualityOf } from "../../../functions/evaluator/backtest/labels";
import { canonical } from "../../../functions/evaluator/rules/canonical";
import { evaluatedRules, gridOf } from "../../../functions/evaluator/rules/rule";
import { lanesOf } from "../../../functions/evaluator/start";

describe("what a rule depends on", () => {
    const sourcesOf = (id: string): string[] =>
        evaluatedRules()
            .find(({ rule }) => rule.id === id)
            ?.sources.map(({ name }) => name) ?? [];

    it("is what it reads itself", () => {
        assert.deepEqual(sourcesOf("ping_pong"), ["user_trades"]);
        assert.deepEqual(sourcesOf("self_trade"), ["user_trades", "account_links"]);
    });

    it("is what its rollups read, down to facts", () => {
        const sources = sourcesOf("new_ip_withdrawal");
        for (const fact of ["user_actions", "user_withdrawals", "user_trades", "market_trades"])
            assert.ok(sources.includes(fact), `${fact} in ${sources.join(", ")}`);
    });

    it("is judged to the millisecond where it looks by the second, else on multiples of its step", () => {
        assert.equal(gridOf({ stepSeconds: 1 }), 1_000);
        assert.equal(gridOf({ stepSeconds: 30 }), 30_000_000);
    });

    it("is watched for silence, but not for prices, which have other sources", () => {
        const watched = evaluatedRules().map(
            ({ rule, watched: facts }) => [rule.id, facts.map(({ fact }) => fact)] as const,
        );
        const silent = new Map(watched);
        assert.deepEqual(silent.get("self_trade"), []);
        assert.deepEqual(silent.get("negative_buzz"), ["social_posts"]);
        assert.ok(!silent.get("structuring")?.includes("market_trades"));
    });
});

describe("lanes of rules", () => {
    const lanes = lanesOf(evaluatedRules());

    it("hold each rule once; those that read rollups are in the one that keeps them", () => {
        const ids = lanes.flatMap(({ rules }) => rules.map(({ rule }) => rule.id));
        assert.deepEqual(
            ids.toSorted(),
            evaluatedRules()
                .map(({ rule }) => rule.id)
                .toSorted(),
        );
        assert.equal(lanes.filter(({ keeps }) => keeps).length, 1);
        for (const { rules, keeps } of lanes)
            for (const { rule } of rules) assert.equal(rule.reads.rollups.length > 0, keeps, rule.id);
    });

    it("look at all that their rules depend on, and the one that keeps rollups at all there is", () => {
        const all = evaluatedRules().flatMap(({ sources }) => sources);
        for (const { rules, sources, keeps } of lanes)
            for (const source of keeps ? all : rules.flatMap((each) => each.sources))
                assert.ok(sources.includes(source), source.name);
    });

    it("know which rollups suspects are found by", () => {
        const by = new Map(evaluatedRules().map(({ rule, suspectedBy }) => [rule.id, suspectedBy]));
        assert.deepEqual(by.get("layering"), ["market_minutes"]);
        assert.deepEqual(by.get("pass_through"), []);
    });
});

describe("evidence", () => {
    it("has one text for one row", () => {
        assert.equal(
            canonical({ b: 1, a: ["x", null, { d: "y", c: 1.5 }] }),
            '{"a":["x",null,{"c":"1.5","d":"y"}],"b":"1"}',
        );
        assert.equal(canonical({ b: "1", a: 2 }), canonical({ a: "2", b: 1 }));
    });
});

describe("quality of a backtest", () => {
    const finding = (entityId: string, eventTime: number, exemption = ""): Parameters<typeof qualityOf>[0][number] => ({
        ...{ alertId: `${entityId}${String(eventTime)}`, entityId, triggerKey: "", eventTime, windowFrom: 0, score: 1 },
        ...{ details: {}, accounts: [], exemption },
    });
    const label = (
        scenarioId: string,
        entityId: string,
        kind: "scenario" | "decoy",
    ): Parameters<typeof qualityOf>[1][number] => ({
        ...{ scenarioId, scenario: "x", class: kind, entityId, startedAt: 100, endedAt: 200 },
    });

    it("counts scenarios once, decoys apart, and alerts by entity and time", () => {
        const labels = [
            label("s1", "a", "scenario"),
            label("s1", "b", "scenario"),
            label("s2", "c", "scenario"),
            label("d1", "d", "decoy"),
        ];
        const findings = [
            finding("a|b", 150),
            finding("d", 150),
            finding("c", 99),
            finding("c", 150, "house"),
            finding("z", 150),
        ];
        assert.deepEqual(qualityOf(findings, labels), {
            ...{ scenarios: 2, detected: 1, decoys: 1, decoysFired: 1, right: 1, alerts: 4 },
        });
    });
});
