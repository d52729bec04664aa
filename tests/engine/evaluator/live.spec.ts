// Proves, on the real engine: an hour judged live, in order, gives exactly the alerts of a backtest; so it does when every round may be cut off at any
// statement and the evaluator begins anew; with late and duplicated rows, the live run marks exactly those that came after their time was judged for good; by
// them alone it differs from an event-time backtest, and from known-at by nothing. Does not prove: that Kafka's offsets say when facts are complete, nor kill -9 of the process (survival.spec.ts here).
import assert from "node:assert/strict";
import { type ClickHouseClient } from "@clickhouse/client";
import { backtest, type Mode, type Outcome } from "../../../functions/evaluator/backtest/judging";
import { Database } from "../../../functions/shared/clickhouse";
import { declaredValues, evaluated } from "../../../functions/evaluator/rules/rule";
import { seeded } from "../../bench/samples";
import { useClickHouseHost } from "../../support/clickhouse";
import {
    createDetection,
    drained,
    type StoredWithdrawal,
    storeWithdrawals,
    withdrawalEvent,
} from "../../support/detection";
import { CutOff, LiveRun } from "./liveRun";

const start = Date.parse("2026-11-20T14:00:00Z");
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** An hour of withdrawals, in the order of their times, received within 50 ms. */
function anHour(seed: number): StoredWithdrawal[] {
    const choose = seeded(seed);
    const times = Array.from({ length: 200 }, () => start + Math.floor(choose() * hourMs)).sort((a, b) => a - b);
    return times.map((at, index) => ({
        id: `w${String(index)}`,
        user: `u${String(Math.floor(choose() * 12))}`,
        amount: (10 + choose() * 40).toFixed(2),
        at,
        received: at + Math.floor(choose() * 50),
    }));
}

type Finding = Outcome["findings"][number];
const identity = (row: StoredWithdrawal): string => withdrawalEvent(row).event_id;

/** Where a run of a round a minute has judged for good when each row that comes too late becomes known, ms, by event_id. */
function tooLateOf(rows: readonly StoredWithdrawal[]): Map<string, number> {
    const judged = (row: StoredWithdrawal): number =>
        start + (Math.ceil((row.received - start) / minuteMs) - 1) * minuteMs - minuteMs;
    const first = new Map(rows.toSorted((a, b) => b.received - a.received).map((row) => [identity(row), row] as const));
    return new Map(
        [...first].filter(([, row]) => row.at <= judged(row)).map(([id, row]) => [id, judged(row)] as const),
    );
}

/** Whether `drained` finds the pattern without the rows that came too late for its trigger. */
function foundWithout(
    late: ReadonlyMap<string, number>,
    rows: readonly StoredWithdrawal[],
    { triggerKey, entityId, eventTime }: Finding,
): boolean {
    const time = eventTime / 1_000;
    const seen = [...new Map(rows.map((row) => [identity(row), row]))].filter(
        ([id, { user, at }]) =>
            user === entityId && at <= time && at >= time - 10 * minuteMs && (late.get(id) ?? 0) < time,
    );
    const cents = seen.reduce((sum, [, { amount }]) => sum + Math.round(Number(amount) * 100), 0);
    return cents >= 10_000 && seen.some(([id]) => id === triggerKey);
}

/** Plays rows to an evaluator as they are received; afterwards time goes on until all is judged for good. */
async function play(
    live: LiveRun,
    client: ClickHouseClient,
    rows: readonly StoredWithdrawal[],
    stepMs = minuteMs,
): Promise<void> {
    const waiting = [...rows].sort((a, b) => a.received - b.received);
    const end = Math.max(...rows.map(({ received }) => received)) + 3 * minuteMs;
    for (let now = start; now <= end; now += stepMs) {
        const count = waiting.findIndex(({ received }) => received > now);
        await storeWithdrawals(client, waiting.splice(0, count < 0 ? waiting.length : count));
        await live.rounds(now);
    }
}

describe("live evaluation against backtest", function () {
    this.timeout(180_000);
    const host = useClickHouseHost();
    const rules = ["in_order", "cut_off", "late"].map((id) => evaluated(drained(id)));
    let database: Database;

    before(async () => {
        await createDetection(
            host.client,
            rules.map(({ rule }) => rule),
        );
        database = new Database(host.url);
    });
    after(() => database.close());
    beforeEach(() => host.client.command({ query: "TRUNCATE TABLE facts.user_withdrawals" }).then(() => undefined));

    const ruleCalled = (id: string): (typeof rules)[number] => {
        const found = rules.find(({ rule }) => rule.id === id);
        assert.ok(found);
        return found;
    };
    const stored = async (id: string): Promise<string[]> =>
        (
            await database.rows<{ alert_id: string }>(
                "SELECT alert_id FROM detection.alerts WHERE rule = {id:String} AND kind = 'alert' ORDER BY alert_id",
                { id },
            )
        ).map(({ alert_id }) => alert_id);
    const backtested = async (id: string, mode: Mode): Promise<Map<string, Finding>> => {
        const rule = ruleCalled(id);
        const range = { since: (start - 1) * 1_000, until: (start + 2 * hourMs) * 1_000 };
        const outcome = await backtest(database, {
            evaluated: rule,
            run: "",
            range,
            values: declaredValues(rule.rule),
            mode,
        });
        return new Map(outcome.findings.map((finding) => [finding.alertId, finding]));
    };

    it("gives the same alerts for an hour in order", async () => {
        const live = await LiveRun.start(database, [ruleCalled("in_order")]);
        await play(live, host.client, anHour(1));
        const alerts = await stored("in_order");
        assert.ok(alerts.length > 30, `${String(alerts.length)} alerts`);
        assert.deepEqual(alerts, [...(await backtested("in_order", "event-time")).keys()].sort());
        assert.deepEqual(alerts, [...(await backtested("in_order", "known-at")).keys()].sort());
        const evidence = await database.rows<{ alerts: number; hashes: number }>(
            `SELECT uniqExact(alert_id) AS alerts, countIf(lower(hex(SHA256(content))) != hash) AS hashes
             FROM trading.alert_evidence WHERE alert_id IN {alerts:Array(String)}`,
            { alerts },
        );
        assert.deepEqual(evidence, [{ alerts: alerts.length, hashes: 0 }]);
    });

    it("gives the same alerts, none twice, when it is cut off at any statement and begins anew", async () => {
        const choose = seeded(7);
        const live = await LiveRun.start(database, [ruleCalled("cut_off")], { cut: new CutOff(() => choose() < 0.03) });
        await play(live, host.client, anHour(2).slice(0, 100), 4 * minuteMs);
        assert.ok(live.cuts > 10, `cut off ${String(live.cuts)} times`);
        const raw = await stored("cut_off");
        assert.deepEqual(raw, [...(await backtested("cut_off", "event-time")).keys()].sort());
        assert.equal(new Set(raw).size, raw.length);
        const [row] = await database.rows<{ orphans: number }>(
            `SELECT count() AS orphans FROM trading.alerts AS a
             LEFT JOIN (SELECT DISTINCT alert_id, evidence_hash FROM trading.alert_evidence) AS e USING (alert_id, evidence_hash)
             WHERE a.rule = 'cut_off' AND a.kind = 'alert' AND e.alert_id = ''`,
        );
        assert.equal(row?.orphans, 0, "alerts without their evidence");
    });

    /** What the live run of a rule marked: event_id, and until when had been judged, ms. */
    const marked = async (id: string): Promise<Map<string, number>> => {
        const rows = await database.rows<{ event_id: string; judged: number }>(
            `SELECT event_id, toUnixTimestamp64Milli(judged_to) AS judged
             FROM trading.late_arrivals AS late CROSS JOIN trading.user_withdrawals AS came
             WHERE late.rule = {id:String} AND late.fact = 'user_withdrawals' AND late.run = ifNull(came.run_id, '')
                AND came.received_at > late.received_after AND came.received_at <= late.received_to AND came.event_time <= late.judged_to`,
            { id },
        );
        return new Map(rows.map(({ event_id, judged }) => [event_id, judged]));
    };

    it("marks what came too late and differs by it alone, and known-at by nothing", async () => {
        const choose = seeded(3);
        const rows = anHour(3).flatMap((row) => {
            const late = choose() < 0.05 ? Math.floor(choose() * 10 * minuteMs) : 0;
            const one = { ...row, received: row.received + late };
            return choose() < 0.01 ? [one, { ...one, received: one.received + 5_000 }] : [one];
        });
        const live = await LiveRun.start(database, [ruleCalled("late")]);
        await play(live, host.client, rows);
        const alerts = await stored("late");
        assert.deepEqual(alerts, [...(await backtested("late", "known-at")).keys()].sort());
        const late = await marked("late");
        assert.deepEqual([...late].sort(), [...tooLateOf(rows)].sort());
        const all = await backtested("late", "event-time");
        const without = [...all].filter(([, finding]) => foundWithout(late, rows, finding)).map(([id]) => id);
        assert.ok(without.length < all.size, "nothing that came too late mattered: the test proves nothing");
        assert.deepEqual(alerts, without.sort());
    });
});
