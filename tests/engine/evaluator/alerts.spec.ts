// Proves, on the real engine: a late row makes its alert at once; a rule waits for its rollups; accounts on other terms are exempt in words, until the terms expire; the breaker holds
// back and sums up while the table stays complete; what fails is a row, and is made up for; silence of an input is blind from-to; a source that posts heartbeats is waited for, until it stops; another run is
// judged by its own clock. Does not prove: equality with a backtest, and kills (live.spec.ts, survival.spec.ts here).
import assert from "node:assert/strict";
import { Database } from "../../../functions/shared/clickhouse";
import { evaluated } from "../../../functions/evaluator/rules/rule";
import { sourceNotices } from "../../../schema";
import { accountClasses } from "../../../schema/references/accountClasses";
import { useClickHouseHost } from "../../support/clickhouse";
import { fullEvent } from "../../support/events";
import { createDetection, drained, type StoredWithdrawal, storeRows, storeWithdrawals } from "../../support/detection";
import { LiveRun } from "./liveRun";

const start = Date.parse("2026-11-20T14:00:00Z");
const terms = { accountClass: "house", terms: "exempt", approver: "cro", reason: "treasury" } as const;

describe("alerts of the evaluator", function () {
    this.timeout(120_000);
    const host = useClickHouseHost();
    const ids = ["late", "behind", "breaker", "failing", "blind", "waiting", "other_run"];
    const rules = [
        ...ids.map((id) => drained(id)),
        drained("exempt", [{ ...terms, expires: "2026-12-31" }]),
        drained("expired", [{ ...terms, expires: "2026-11-19" }]),
    ];
    let database: Database;

    before(async () => {
        await createDetection(host.client, rules);
        database = new Database(host.url);
    });
    after(() => database.close());
    beforeEach(() => host.client.command({ query: "TRUNCATE TABLE facts.user_withdrawals" }).then(() => undefined));

    const live = (...names: string[]): Promise<LiveRun> =>
        LiveRun.start(
            database,
            rules.filter(({ id }) => names.includes(id)).map((rule) => evaluated(rule)),
        );
    const withdrawal = (id: string, seconds: number, own: Partial<StoredWithdrawal> = {}): StoredWithdrawal => {
        const at = start + seconds * 1_000;
        return { id, user: "u", amount: "60", at, received: at + 5, ...own };
    };
    const alerts = <T>(rule: string, columns: string): Promise<T[]> =>
        database.rows<T>(
            `SELECT ${columns} FROM trading.alerts WHERE rule = {rule:String} ORDER BY trading.alerts.event_time, trading.alerts.kind`,
            { rule },
        );

    it("are raised at once for a row that came late, with what the rule says", async () => {
        const rounds = await live("late");
        await rounds.rounds(start);
        await storeWithdrawals(host.client, [withdrawal("a", 10)]);
        await rounds.rounds(start + 20_000);
        await storeWithdrawals(host.client, [withdrawal("b", 15, { received: start + 25_000 })]);
        await rounds.rounds(start + 30_000);
        assert.deepEqual(await alerts("late", "entity_id, reason, pass, origin, held_back, exemption, parameters"), [
            {
                ...{ entity_id: "u", reason: "120 USDT withdrawn", pass: "early", origin: "live", held_back: "" },
                ...{ exemption: "", parameters: { floor: "100", window_minutes: "10" } },
            },
        ]);
        await rounds.rounds(start + 120_000);
        const passes = await database.rows(
            "SELECT pass, alerts, new_alerts FROM trading.evaluations WHERE rule = 'late' ORDER BY started_at",
        );
        assert.deepEqual(passes, [
            { pass: "early", alerts: 0, new_alerts: 0 },
            { pass: "early", alerts: 1, new_alerts: 1 },
            { pass: "final", alerts: 1, new_alerts: 0 },
        ]);
    });

    it("wait while rollups do not hold what came, and come when they do", async () => {
        let held = false;
        const rollups = {
            note: () => undefined,
            bring: () => Promise.resolve(held),
            tend: () => Promise.resolve(false),
        };
        const behind = rules.filter(({ id }) => id === "behind").map((rule) => evaluated(rule));
        const rounds = await LiveRun.start(database, behind, { rollups });
        await rounds.rounds(start);
        await storeWithdrawals(host.client, [withdrawal("a", 10, { amount: "500" })]);
        await rounds.rounds(start + 20_000);
        assert.deepEqual(await alerts("behind", "entity_id"), []);
        held = true;
        await rounds.rounds(start + 30_000);
        assert.deepEqual(await alerts("behind", "entity_id"), [{ entity_id: "u" }]);
    });

    it("are exempt in words for accounts on other terms, until these expire", async () => {
        const event = {
            ...{ event_time: "2026-11-01T00:00:00Z", source_id: "t", source_seq: null, origin: "live", run_id: null },
            ...{
                original_time: null,
                account_id: "u",
                class: "house",
                reason: "desk",
                approved_by: "x",
                expires_at: null,
            },
        };
        const reference = { ...event, event_id: accountClasses.eventId(event) };
        await storeRows(host.client, "account_classes", [{ event: reference, received: start - 1_000 }]);
        const rounds = await live("exempt", "expired");
        await rounds.rounds(start);
        const other = { user: "someone" };
        await storeWithdrawals(host.client, [
            withdrawal("a", 1),
            withdrawal("b", 2),
            withdrawal("c", 3, other),
            withdrawal("d", 4, other),
        ]);
        await rounds.rounds(start + 10_000);
        assert.deepEqual(await alerts("exempt", "entity_id, exemption"), [
            { entity_id: "u", exemption: "house: treasury, approved by cro until 2026-12-31" },
            { entity_id: "someone", exemption: "" },
        ]);
        assert.deepEqual(await alerts("expired", "entity_id, exemption"), [
            { entity_id: "u", exemption: "" },
            { entity_id: "someone", exemption: "" },
        ]);
    });

    it("beyond a hundred an hour are held back, with one summary, and are all in the table", async () => {
        const rounds = await live("breaker");
        await rounds.rounds(start);
        const many = Array.from({ length: 130 }, (_, n) => withdrawal(`w${String(n)}`, n, { amount: "200" }));
        await storeWithdrawals(host.client, many);
        await rounds.rounds(start + 70_000);
        await rounds.rounds(start + 200_000);
        assert.deepEqual(counted(await alerts("breaker", "toString(kind) AS kind, held_back")), {
            "alert ": 100,
            "alert breaker": 30,
            "summary ": 1,
        });
    });

    it("of a rule that fails are made up for; the failure is a row", async () => {
        const [rule] = rules.filter(({ id }) => id === "failing").map((each) => evaluated(each));
        assert.ok(rule);
        const broken = { ...rule, rule: { ...rule.rule, call: "SELECT * FROM rules.failing_away" } };
        const rounds = await LiveRun.start(database, [broken]);
        await rounds.rounds(start);
        await storeWithdrawals(host.client, [withdrawal("a", 1, { amount: "500" })]);
        await rounds.rounds(start + 10_000);
        const failed = await database.rows<{ error: string; state: string; since: string }>(
            "SELECT error, toString(state) AS state FROM trading.rule_progress WHERE rule = 'failing'",
        );
        assert.match(failed[0]?.error ?? "", /failing/);
        assert.equal(failed[0]?.state, "failing");
        const logged = await database.rows(
            "SELECT count() AS n FROM trading.evaluations WHERE rule = 'failing' AND error != ''",
        );
        assert.deepEqual(logged, [{ n: 1 }]);
        const mended = await live("failing");
        await mended.rounds(start + 20_000);
        assert.equal((await alerts("failing", "alert_id")).length, 1);
    });

    it("cannot come while an input is silent: that is written down, from when to when", async () => {
        const [rule] = rules.filter(({ id }) => id === "blind").map((each) => evaluated(each));
        assert.ok(rule);
        const watched = [{ fact: "user_withdrawals", staleAfterMinutes: 5 }];
        const rounds = await LiveRun.start(database, [{ ...rule, watched }]);
        await storeWithdrawals(host.client, [withdrawal("a", 1)]);
        await rounds.rounds(start + 60_000);
        const spans = (): Promise<unknown[]> =>
            database.rows(
                "SELECT fact, toString(blind_from) AS blind_from, toString(blind_to) AS blind_to FROM trading.blind_spans",
            );
        assert.deepEqual(await spans(), []);
        await rounds.rounds(start + 310_000);
        const open = { fact: "user_withdrawals", blind_from: "2026-11-20 14:00:01.000000" };
        assert.deepEqual(await spans(), [{ ...open, blind_to: null }]);
        rounds.begin();
        await storeWithdrawals(host.client, [withdrawal("b", 400)]);
        await rounds.rounds(start + 410_000);
        assert.deepEqual(await spans(), [{ ...open, blind_to: "2026-11-20 14:06:40.000000" }]);
    });

    it("wait for a source that says how far it is, and no longer when it has stopped", async () => {
        const rounds = await live("waiting");
        const heartbeat = (seconds: number): Promise<void> =>
            storeRows(host.client, "source_notices", [
                {
                    event: fullEvent(sourceNotices, `beat ${String(seconds)}`, {
                        ...{ event_time: new Date(start + seconds * 1_000).toISOString(), source_id: "core" },
                        ...{ origin: "live", run_id: null, fact: "user_withdrawals", kind: "heartbeat" },
                    }),
                    received: start + seconds * 1_000 + 5,
                },
            ]);
        const found = async (): Promise<number> => (await alerts("waiting", "alert_id")).length;
        await rounds.rounds(start);
        await heartbeat(10);
        await storeWithdrawals(host.client, [withdrawal("a", 12), withdrawal("b", 15)]);
        await rounds.rounds(start + 20_000);
        assert.equal(await found(), 0);
        await heartbeat(21);
        await rounds.rounds(start + 30_000);
        assert.equal(await found(), 1);
        await storeWithdrawals(host.client, [withdrawal("c", 40, { user: "v" }), withdrawal("d", 45, { user: "v" })]);
        await rounds.rounds(start + 80_000);
        assert.equal(await found(), 1);
        await rounds.rounds(start + 90_000);
        assert.equal(await found(), 2);
        assert.deepEqual(
            await database.rows(
                "SELECT fact, toString(blind_from) AS blind_from FROM trading.blind_spans WHERE rule = 'waiting' AND isNull(blind_to)",
            ),
            [{ fact: "user_withdrawals of core", blind_from: "2026-11-20 14:00:21.000000" }],
        );
    });

    it("of another run come by its own clock, and its disorder is made up for when it is quiet", async () => {
        const rounds = await live("other_run");
        await rounds.rounds(start);
        const old = (id: string, seconds: number): StoredWithdrawal =>
            withdrawal(id, seconds - 864_000, { run: "sim-1", received: start + 1_000 });
        await storeWithdrawals(host.client, [old("a", 0), old("b", 36_000)]);
        await rounds.rounds(start + 2_000);
        assert.deepEqual(await alerts("other_run", "run"), []);
        await storeWithdrawals(host.client, [{ ...old("c", 60), received: start + 3_000 }]);
        await rounds.rounds(start + 4_000);
        const found = { run: "sim-1", origin: "synthetic", event_time: "2026-11-10 14:01:00.000000" };
        assert.deepEqual(await alerts("other_run", "run, origin, toString(event_time) AS event_time"), [found]);
        await rounds.rounds(start + 14_000);
        const [progress] = await database.rows<Record<string, string>>(
            "SELECT toString(final_to) AS final_to FROM trading.rule_progress WHERE rule = 'other_run' AND run = 'sim-1'",
        );
        assert.equal(progress?.["final_to"], "2026-11-11 00:00:00.000000");
    });
});

/** How often each pair of kind and held_back occurs. */
function counted(rows: readonly { kind: string; held_back: string }[]): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const row of rows) {
        const name = `${row.kind} ${row.held_back}`;
        counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
}
