// Proves: which week a report is about at which moment, what it asks of settings, and that a long one fits into each channel's message. Does not prove: that it is
// sent (tests/engine/alerts/report.spec.ts).
import assert from "node:assert/strict";
import { contentOf, linesOf } from "../../../functions/alerts/channels/content";
import { reportedWeek } from "../../../functions/alerts/report";
import { type Message, type RuleWeek } from "../../../functions/alerts/core/model";
import { targets } from "../../../schema/detection";

const week = (now: string): string => new Date(reportedWeek(Date.parse(now))).toISOString();

const ruleWeek = (n: number): RuleWeek => ({
    ...{ rule: `rule_${String(n)}`, version: 2, owner: "fraud", alerts: 10, entities: 4 },
    ...{ useful: 3, falsePositive: 5, open: 2, precision: 0.375 },
});

const messageOf = (rules: readonly RuleWeek[]): Message => ({
    ...{ id: "m", target: "t", kind: "report", sequence: 0, alerts: [], by: "", at: 0 },
    report: { monday: Date.UTC(2026, 10, 16), rules },
});
const told = (rules: readonly RuleWeek[]): ReturnType<typeof contentOf> =>
    contentOf(messageOf(rules), [], () => undefined);

describe("weekly report", () => {
    const moments: [string, string][] = [
        ["2026-11-23T06:59:59.999Z", "2026-11-09T00:00:00.000Z"],
        ["2026-11-23T07:00:00Z", "2026-11-16T00:00:00.000Z"],
        ["2026-11-29T23:59:59Z", "2026-11-16T00:00:00.000Z"],
        ["2027-01-04T07:00:00Z", "2026-12-28T00:00:00.000Z"],
    ];
    for (const [now, monday] of moments)
        it(`is about the week from ${monday.slice(0, 10)} at ${now}`, () => assert.equal(week(now), monday));

    it("says of each rule what came of its alerts", () => {
        const { title, severity, values } = told([ruleWeek(0), { ...ruleWeek(1), precision: null }]);
        assert.equal(title, "Rules and their alerts in the week from 2026-11-16");
        assert.equal(severity, "low");
        assert.equal(values["alerts"], "20");
        assert.equal(values["false_positives"], "10");
        assert.equal(
            values["rule_0 v2"],
            "10 alerts of 4 entities: 5 false positives, 3 useful, 2 open; precision 0.38; fraud",
        );
        assert.match(values["rule_1 v2"] ?? "", /too few closed for a precision; fraud$/);
    });

    it("says so when there was none, and how many rules it leaves out when there are many", () => {
        assert.deepEqual(Object.keys(told([]).values), ["alerts", "false_positives", "query"]);
        assert.equal(told([]).values["alerts"], "0");
        const many = told(Array.from({ length: 40 }, (_, n) => ruleWeek(n)));
        assert.equal(many.values["others"], "25 more rules");
        assert.equal(many.values["alerts"], "400");
        assert.ok(linesOf(many).join("\n").length < 3_000);
    });

    it("is asked for by a target, but for one that pages", () => {
        const slack = { name: "chat", kind: "slack", url: "https://hooks.example/x" };
        const [asked, silent] = targets.parse([
            { ...slack, weeklyReport: true },
            { ...slack, name: "other" },
        ]);
        assert.ok(asked?.kind === "slack" && asked.weeklyReport);
        assert.ok(silent?.kind === "slack" && !silent.weeklyReport);
        const pager = { name: "pager", kind: "pagerduty", routingKey: "k", weeklyReport: true };
        assert.match(targets.safeParse([pager]).error?.message ?? "", /weeklyReport/);
    });
});
