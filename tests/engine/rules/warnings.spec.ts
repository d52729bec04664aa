// Proves, on the real engine: every system warning finds in its golden cases exactly what is wrong, and nothing in the decoys; it is an alert of whom it
// is for, with what it saw, once however often it is looked at; it is looked at as often as it says; one that fails is told and stops no other; a declaration that reads a clock is refused.
// Does not prove: that the positions it is given are Kafka's (watermark.spec.ts among the unit tests), and that a full disk is full.
import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { Database } from "../../../functions/shared/clickhouse";
import { Warnings } from "../../../functions/evaluator/warnings";
import { catalogue } from "../../../schema";
import { createTable, deadLetters, gaps, readingViewSql } from "../../../schema/ddl";
import { views } from "../../../schema/views";
import { type Warning, warnings } from "../../../schema/warnings";
import { warning as declare } from "../../../schema/warnings/spec";
import { useClickHouseHost } from "../../support/clickhouse";
import { createDetection, storeRows } from "../../support/detection";
import { fullEvent } from "../../support/events";
import { at, type Case, cases, hour, minute } from "./warningCases";

const found = (id: string): Warning => {
    const one = warnings.find((each) => each.id === id);
    assert.ok(one, id);
    return one;
};

/** The warning with other values of parameters. */
function tuned(id: string, values: Readonly<Record<string, string>> = {}): Warning {
    const one = found(id);
    const parameters = Object.entries(one.parameters).map(([name, parameter]) => [
        name,
        { ...parameter, default: values[name] ?? parameter.default },
    ]);
    return { ...one, parameters: Object.fromEntries(parameters) as Warning["parameters"] };
}

describe("system warnings", function () {
    this.timeout(120_000);
    const host = useClickHouseHost();
    let database: Database;
    const command = (query: string): Promise<unknown> => host.client.command({ query });
    const cleared = [
        "facts.user_withdrawals",
        "facts.control_totals",
        "facts.dead_letters",
        "facts.gaps",
        "facts.many",
        "rollups.post_minutes",
        "detection.blind_spans",
        "detection.alerts",
        "detection.alert_evidence",
    ];

    before(async () => {
        await createDetection(host.client, []);
        for (const table of [deadLetters(30), gaps(30)])
            for (const sql of [createTable(table), readingViewSql(table)]) if (sql !== undefined) await command(sql);
        for (const { database: within, name, query } of views)
            await command(`CREATE VIEW ${within}.${name} AS ${query}`);
        await command("CREATE TABLE facts.many (n UInt64) ENGINE = MergeTree ORDER BY n");
        await command("SYSTEM STOP MERGES facts.many");
        database = new Database(host.url);
    });
    after(() => database.close());
    beforeEach(async () => {
        for (const table of cleared) await command(`TRUNCATE TABLE ${table}`);
    });

    async function bringAbout({ rows = {}, events = {}, made }: Case): Promise<void> {
        for (const [table, values] of Object.entries(rows)) await database.insert(table, values);
        for (const [fact, all] of Object.entries(events)) {
            const declaration = catalogue.find(({ name }) => name === fact);
            assert.ok(declaration);
            const full = all.map((own) => ({ event: fullEvent(declaration, "w", own), received: at }));
            await storeRows(host.client, fact, full);
        }
        if (made !== undefined) await command(made);
    }
    const complete = ({ behind = {} }: Case, when = at): Map<string, number> =>
        new Map(Object.entries(behind).map(([fact, ago]) => [fact, when - ago]));
    const look = async (
        warning: Warning,
        known: Map<string, number>,
        when = at,
    ): Promise<readonly [alerts: number, news: number]> => {
        const [logged] = await new Warnings(database, [warning], catalogue).look([warning], known, when);
        assert.equal(logged?.error, "");
        return [logged.alerts, logged.newAlerts];
    };

    for (const one of cases)
        it(`${one.warning}, ${one.kind}: ${one.name}`, async () => {
            await bringAbout(one);
            const warning = tuned(one.warning, one.values);
            const count = one.expected.length;
            assert.deepEqual(await look(warning, complete(one)), [count, count]);
            // Another worker, a minute later: nothing is told twice.
            const [, again] = await look(warning, complete(one, at + minute), at + minute);
            assert.equal(again, 0);
            const alerts = await database.rows<{ entity_id: string; reason: string; shown: string }>(
                `SELECT entity_id, reason, evidence.content AS shown FROM trading.alerts AS alerts
                 INNER JOIN trading.alert_evidence AS evidence ON evidence.alert_id = alerts.alert_id
                 WHERE owner = {owner:String} AND rule = {rule:String} AND run = '' AND held_back = '' ORDER BY entity_id`,
                { rule: one.warning, owner: warning.owner },
            );
            assert.deepEqual(
                alerts.map(({ entity_id }) => entity_id),
                one.expected,
            );
            for (const { entity_id, reason, shown } of alerts) {
                assert.ok(!reason.includes("{"), reason);
                assert.equal((JSON.parse(shown) as { entity_id: string }).entity_id, entity_id);
            }
        });

    it("each has a case in which it fires and one in which it does not", () => {
        const lacking = warnings.filter(({ id }) => {
            const own = cases.filter(({ warning }) => warning === id);
            return (
                !own.some(({ expected }) => expected.length > 0) || !own.some(({ expected }) => expected.length === 0)
            );
        });
        assert.deepEqual(lacking, []);
    });

    it("one that fails is told, and stops no other", async () => {
        const broken = { ...found("feed_lag"), id: "broken", query: "SELECT nothing FROM facts.nowhere" };
        const both = [broken, found("feed_lag")];
        const logged = await new Warnings(database, both, catalogue).look(
            both,
            new Map([["user_orders", at - hour]]),
            at,
        );
        assert.deepEqual(
            logged.map(({ rule, error, newAlerts }) => [rule, error.includes("nowhere"), newAlerts]),
            [
                ["broken", true, 0],
                ["feed_lag", false, 1],
            ],
        );
    });

    it("each is looked at as often as it says, what failed after a minute", async () => {
        const broken = { ...found("clock_skew"), id: "broken", query: "SELECT nothing FROM facts.nowhere" };
        const system = new Warnings(database, [found("feed_lag"), found("clock_skew"), broken], catalogue);
        const looks: string[][] = [];
        for (const seconds of [0, 59, 60, 300]) {
            system.begin(new Map(), at + seconds * 1_000);
            // All of it ends at once: a round finds either nothing or everything.
            let ended = system.take();
            for (let n = 0; n < 1_000 && ended.length === 0 && seconds !== 59; n++) {
                await setTimeout(10);
                ended = system.take();
            }
            looks.push(
                ended.map(
                    ({ rule, range, error }) => `${rule} ${String(range.until / 1_000 - at)}${error && " failed"}`,
                ),
            );
        }
        assert.deepEqual(looks, [
            ["feed_lag 0", "clock_skew 0", "broken 0 failed"],
            [],
            ["feed_lag 60000", "broken 60000 failed"],
            ["feed_lag 300000", "clock_skew 300000", "broken 300000 failed"],
        ]);
    });

    it("a clock, an unknown name and a parameter nobody uses are refused", () => {
        const args = found("clock_skew");
        assert.throws(() => declare("bad", { ...args, query: "SELECT now()" }), /reads a clock; use \{at\}/);
        assert.throws(() => declare("bad", { ...args, query: "SELECT {most}" }), /\{most\} is no parameter/);
        assert.throws(() => declare("bad", { ...args, query: "SELECT {at}" }), /most_seconds is not used/);
    });
});
