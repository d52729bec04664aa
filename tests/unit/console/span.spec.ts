// Proves: a time is the last hours up to now or from one moment to another, in UTC; what makes no sense is refused in a sentence; alerts of an entity are put
// together in the order of the newest; columns of amounts are told from others. Does not prove: what is read for it (tests/engine/console).
import assert from "node:assert/strict";
import { isAmount } from "../../../functions/console/dashboardPage";
import { grouped } from "../../../functions/console/inbox";
import { rangeOf } from "../../../functions/console/span";
import { type Panel } from "../../../schema/dashboards";

const now = Date.UTC(2026, 10, 22, 14);

describe("time of a dashboard", () => {
    it("is the last hours, or from one moment to another", () => {
        const range = (from: string, to: string): number[] => {
            const { fromMs, toMs } = rangeOf({ span: "6h", from, to }, now);
            return [fromMs, toMs];
        };
        assert.deepEqual(range("", ""), [now - 6 * 3_600_000, now]);
        assert.deepEqual(range("2026-11-01T00:00", ""), [Date.UTC(2026, 10, 1), now]);
        assert.deepEqual(range("2026-11-01 00:00", " 2026-11-02T12:30:00Z"), [
            Date.UTC(2026, 10, 1),
            Date.UTC(2026, 10, 2, 12, 30),
        ]);
    });

    it("is refused where it makes no sense", () => {
        for (const [from, to, words] of [
            ["", "2026-11-02T12:30", /from when/],
            ["2026-11-02T12:30", "2026-11-02T12:30", /before/],
            ["2026-11-02", "", /like 2026-11-22 14:00, found "2026-11-02"/],
            ["2026-13-02T12:30", "", /From must be a time/],
            ["2024-01-01T00:00", "", /At most 400 days/],
        ] as const)
            assert.throws(() => rangeOf({ span: "24h", from, to }, now), words);
    });
});

describe("alerts of an entity", () => {
    it("are together, where the newest of them is", () => {
        const alert = (alert_id: string, entity_kind: string, entity_id: string) => ({
            ...{ alert_id, entity_kind, entity_id, raised_at: "", severity: "high", rule: "r", reason: "" },
            ...({ state: "fired", outcome: "" } as const),
        });
        const alerts = [
            alert("1", "user", "a"),
            alert("2", "user", "b"),
            alert("3", "token", "a"),
            alert("4", "user", "a"),
        ];
        assert.deepEqual(
            grouped(alerts).map((group) => group.map(({ alert_id }) => alert_id)),
            [["1", "4"], ["2"], ["3"]],
        );
    });
});

describe("columns", () => {
    const links = [{ column: "token", dashboard: "token-risk", variable: "token" }];
    const panel = {
        id: "p",
        title: "P",
        description: "P.",
        kind: "table",
        unit: "none",
        sql: "",
        links,
    } satisfies Panel;
    const aligned = (column: string, ...values: (string | number | null)[]): boolean =>
        isAmount({ panel, rows: values.map((each) => ({ [column]: each })), problem: undefined }, column);

    it("are amounts where every value is one, and not the name of something", () => {
        assert.ok(aligned("volume", "12.50", "-3", null, ""));
        assert.ok(aligned("alerts", 3, 0));
        assert.ok(!aligned("volume", "12.50", "much"));
        assert.ok(!aligned("volume", null, ""));
        assert.ok(!aligned("user_id", "17", "18"));
        assert.ok(!aligned("token", "17"));
    });
});
