// Proves, on the real engine: an hour and a half of a simulated venue, judged live in pieces by all rules with the rollups refreshed in between, gives exactly the
// alerts of a backtest, also where a piece ends in the middle of a minute that a rollup holds; all panels of the dashboards are answered by what it left
// behind, in the shape of their kind, and Grafana and HyperDX, each by its own text of the queries, get the same rows. Does not prove: what comes late
// (live.spec.ts here); that Grafana and HyperDX fill in their macros as tests/support/macros.ts does; that Kafka's offsets say when facts are complete, nor kill -9 of the process (survival.spec.ts here).
import assert from "node:assert/strict";
import { backtest } from "../../../functions/evaluator/backtest/judging";
import { Database } from "../../../functions/shared/clickhouse";
import { Refreshing } from "../../../functions/evaluator/refreshing";
import { refreshers } from "../../../functions/evaluator/rollups/refresh";
import { declaredValues, evaluated } from "../../../functions/evaluator/rules/rule";
import { type SimulatedEvent, simulate } from "../../../functions/simulator/simulate";
import { clickhouseMillis } from "../../../functions/shared/time";
import { dashboards, type PanelKind, typed } from "../../../schema/dashboards";
import { createTable, deadLetters, gaps, readingViewSql } from "../../../schema/ddl";
import { detectionViews } from "../../../schema/detection";
import { rules } from "../../../schema/rules";
import { views } from "../../../schema/views";
import { seeded } from "../../bench/samples";
import { useClickHouseHost } from "../../support/clickhouse";
import { createDetection, storeRows } from "../../support/detection";
import { LiveRun } from "./liveRun";
import { addTroubles, askedByTools, searchedSources } from "./tools";

const minuteMs = 60_000;
const opening = Date.parse("2026-11-20T13:20:00Z");
/** Scenarios need a while before they begin; the time after it is judged in pieces. */
const from = opening + 15 * minuteMs;
const end = opening + 100 * minuteMs;
/** Of abuse that rules of every kind are for. */
const played = [
    ...["takeover_login", "takeover_session_split", "impossible_travel", "structuring", "withdrawal_velocity"],
    ...["dormant_reactivation", "pass_through", "negative_buzz", "self_trade", "ping_pong", "layering", "spoofing"],
    ...["quote_stuffing", "ring_of_three", "momentum_ignition", "pump_and_dump"],
];
const pieces = 8;
/** Rows of one INSERT. */
const blockRows = 50_000;

const timeOf = ({ event }: SimulatedEvent): number => Date.parse((event as { event_time: string }).event_time);

/** Ends of the pieces, anywhere in that time, ascending; the last one is its end. */
function boundaries(seed: number): number[] {
    const choose = seeded(seed);
    const within = Array.from({ length: pieces - 1 }, () => from + Math.floor(choose() * (end - from)));
    return [from, ...within.sort((a, b) => a - b), end];
}

/** Panels about what this venue has none of: Kafka, dead letters, deliveries; that they run is all that is shown. */
const without = ["consumers", "dead-letters", "reasons", "gaps", "deliveries", "decisions", "blind", "failing"];
const withoutWarnings = ["warnings", "by-warning", "differences"];
/** Columns a panel of a kind has. */
const shapes: Readonly<Record<PanelKind, readonly string[]>> = {
    stat: ["value"],
    lines: ["time", "value"],
    bars: ["label", "value"],
    table: [],
};

describe("all rules over a simulated venue, live against backtest", function () {
    this.timeout(600_000);
    const host = useClickHouseHost();
    const all = rules.map(evaluated);
    let database: Database;

    before(async () => {
        await createDetection(host.client, rules);
        const house = [deadLetters(30), gaps(30)].flatMap((table) =>
            [createTable(table), readingViewSql(table) ?? []].flat(),
        );
        for (const query of house) await host.client.command({ query });
        for (const { database: home, name, query } of [...views, ...detectionViews])
            await host.client.command({ query: `CREATE OR REPLACE VIEW ${home}.${name} AS ${query}` });
        database = new Database(host.url, 120);
    });
    after(() => database.close());

    async function store(events: readonly SimulatedEvent[]): Promise<void> {
        const byFact = Map.groupBy(events, ({ declaration }) => declaration.name);
        for (const [fact, found] of byFact) {
            const rows = found.map((each) => ({
                // As if a venue had sent it: what is live is judged by the broker's progress, not by its own.
                event: { ...each.event, origin: "live", run_id: null },
                received: timeOf(each),
                // Rollups go by when rows were written, and that is now.
                ingested: Date.now(),
            }));
            for (let at = 0; at < rows.length; at += blockRows)
                await storeRows(host.client, fact, rows.slice(at, at + blockRows));
        }
    }

    async function live(): Promise<void> {
        const options = { seed: 31, accounts: 600, start: opening, minutes: 100, historyDays: 28, dormantDays: 240 };
        const scenarios = Object.fromEntries(played.map((name) => [name, 4]));
        const waiting = [...simulate({ ...options, scenarios, scores: true })].flat();
        const rollups = new Refreshing(refreshers(host.client, { minutesPerStatement: 480, statements: 1_000 }));
        const run = await LiveRun.start(database, rules.map(evaluated), { rollups });
        for (const boundary of boundaries(5)) {
            const later = waiting.findIndex((event) => timeOf(event) > boundary);
            await store(waiting.splice(0, later < 0 ? waiting.length : later));
            await run.rounds(boundary);
        }
    }

    it("gives the same alerts, rule by rule", async () => {
        await live();
        const stored = await database.rows<{ rule: string; alert_id: string }>(
            "SELECT rule, alert_id FROM detection.alerts WHERE kind = 'alert' AND event_time > {from:DateTime64(3, 'UTC')} ORDER BY alert_id",
            { from: new Date(from).toISOString().replace("Z", "") },
        );
        const range = { since: from * 1_000, until: end * 1_000 };
        const differences: object[] = [];
        const quiet: string[] = [];
        for (const each of all) {
            const { rule } = each;
            const asked = {
                evaluated: each,
                run: "",
                range,
                values: declaredValues(rule),
                mode: "event-time",
            } as const;
            const again = (await backtest(database, asked)).findings.map(({ alertId }) => alertId).sort();
            const was = stored.filter((alert) => alert.rule === rule.id).map(({ alert_id }) => alert_id);
            if (was.length === 0) quiet.push(rule.id);
            const [added, gone] = [again.filter((id) => !was.includes(id)), was.filter((id) => !again.includes(id))];
            if (added.length + gone.length > 0) differences.push({ rule: rule.id, live: was.length, added, gone });
        }
        assert.deepEqual(differences, []);
        // Who comes back after half a year was last seen before the retention of facts, and is not in tables that expire.
        assert.deepEqual(quiet, ["dormant_reactivation"], "of rules that raised nothing this proves nothing");
    });

    it("fills the panels of the dashboards", async () => {
        const time = { from: clickhouseMillis(opening), to: clickhouseMillis(end), step: 60, run: "" };
        const raised = { ...time, from: clickhouseMillis(Date.now() - 3_600_000), to: clickhouseMillis(Date.now()) };
        for (const { id, variables, panels } of dashboards) {
            const chosen: Record<string, string> = {};
            for (const { name, options } of variables) {
                const [first] = await database.rows<Record<string, string>>(typed(options), { run: "" });
                chosen[name] = Object.values(first ?? {})[0] ?? "";
                assert.notEqual(chosen[name], "", `${id}: nothing to choose for ${name}`);
            }
            for (const panel of panels) {
                const asked = {
                    ...(panel.sql.includes("raised_at") || panel.sql.includes("started_at") ? raised : time),
                    ...chosen,
                };
                const rows = await database.rows<object>(typed(panel.sql), asked);
                const place = `${id}/${panel.id}`;
                if (![...without, ...withoutWarnings].includes(panel.id))
                    assert.ok(rows.length > 0, `${place} is empty`);
                const missing = shapes[panel.kind].filter((column) => rows.length > 0 && !(column in (rows[0] ?? {})));
                assert.deepEqual(missing, [], place);
            }
        }
    });

    it("shows the same in Grafana and HyperDX, in every panel, and can be searched", async () => {
        await addTroubles(database);
        const looked = { fromMs: opening, toMs: Date.now() + minuteMs, stepSeconds: 60, values: {} };
        await askedByTools(database, looked);
        await searchedSources(database);
    });
});
