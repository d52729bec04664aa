// Proves: how a changed rule is told in a preview: what counts as a notification, which span was judged, and that names are shown only where asked for, few
// of them and nothing but text. Does not prove: what is compared (tests/engine/provider/rules.spec.ts).
import assert from "node:assert/strict";
import { type Change, changeText, notifications } from "../../../functions/evaluator/backtest/change";
import { hour, minute } from "../../../functions/shared/time";
import { alertsPerHour } from "../../../functions/evaluator/rules/restraint";
import { type Judged } from "../../../functions/evaluator/rules/terms";
import { type DeployedRule } from "../../../schema/rules";

const rule: DeployedRule = {
    ...{ name: "r", version: 1, mode: "active", severity: "high", entity: "user", owner: "fraud", query: "SELECT 1" },
    ...{ parameters: {}, overrides: [], triggers: ["user_trades"], lookBackMinutes: 1, latenessMinutes: 1 },
    ...{ stepSeconds: 1, historyDays: 0, suppressionMinutes: 60, reason: "" },
};
const start = Date.parse("2026-11-20T00:00:00Z") * 1_000;
const finding = (entityId: string, minutes: number, exemption = ""): Judged => ({
    ...{ alertId: `${entityId}${String(minutes)}`, entityId, triggerKey: String(minutes), windowFrom: 0, score: 1 },
    ...{ eventTime: start + minutes * minute, details: {}, accounts: [], exemption },
});

describe("notifications of a rule", () => {
    it("leave out what is exempt, and what comes soon after another about the same entity", () => {
        const findings = [
            finding("a", 0),
            finding("b", 10),
            finding("a", 59),
            finding("c", 60, "house"),
            finding("a", 60),
        ];
        assert.equal(notifications(rule, findings), 3);
        assert.equal(notifications({ ...rule, suppressionMinutes: 0 }, findings), 4);
    });

    it("are none of a rule in shadow", () => {
        assert.equal(notifications({ ...rule, mode: "shadow" }, [finding("a", 0)]), 0);
    });

    it("are one more for all that exceeds the breaker of an hour", () => {
        const many = Array.from({ length: alertsPerHour + 30 }, (_, index) => finding(`u${String(index)}`, index / 10));
        assert.equal(notifications(rule, many), alertsPerHour + 1);
    });
});

describe("a changed rule in words", () => {
    const until = start + 7 * 24 * hour;
    const change = (own: Partial<Change>, compared: Partial<Change["compared"]> = {}): Change => ({
        ...{ before: rule, after: rule, range: { since: start, until }, names: false, ...own },
        compared: { before: [], after: [], since: start, first: start - hour, ...compared },
    });

    it("says how far it came, where the time was up", () => {
        const text = changeText(change({}, { since: start + 24 * hour, after: [finding("a", 1_500)] }));
        assert.equal(
            text,
            "rule r v1, live events since 2026-11-21 00:00 UTC, as far as the time went: 0 alerts before, 1 after: 1 added, 0 removed; notifications 0 -> 1 (high)",
        );
        assert.match(changeText(change({}, { since: until })), /not backtested: the time was up before anything was/);
    });

    it("says where the events begin, where that is later", () => {
        const text = changeText(change({}, { first: start + 30 * minute }));
        assert.match(
            text,
            /^rule r v1, live events since 2026-11-20 00:30 UTC, where they begin: 0 alerts before, 0 after/,
        );
    });

    it("tells versions apart and the same alert in both, whatever its id", () => {
        const after = { ...finding("a", 1), alertId: "of another version" };
        const text = changeText(
            change(
                { after: { ...rule, version: 2, severity: "critical" } },
                { before: [finding("a", 1)], after: [after] },
            ),
        );
        assert.match(
            text,
            /^rule r v1 -> v2, last 7 days of live events: 1 alert before, 1 after: 0 added, 0 removed; /,
        );
        assert.match(text, /; notifications 1 \(high\) -> 1 \(critical\)$/);
    });

    it("names a few entities, once each, as harmless text, and none unasked", () => {
        const before = [finding("z", 1), finding("z", 2)];
        const after = Array.from("abcdefghijkl", (name, index) => finding(`\u001b[31m${name}\n`, 10 + index));
        const lists = changeText(change({ names: true }, { before, after }))
            .split("\n")
            .slice(1);
        assert.deepEqual(lists, [
            `added: ${Array.from("abcdefghij", (name) => `?[31m${name}?`).join(", ")} and 2 more`,
            "removed: z",
        ]);
        assert.doesNotMatch(changeText(change({}, { before, after })), /z|\[31m/);
    });
});
