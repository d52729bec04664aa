// Proves, on the real engine, which reads the accounts' file and holds to it: each account may do its own work (the provider all statements of a stack, the
// evaluator its rules' tables, pages their panels) and nothing else of what is tried here; an analyst sees no column that is personal data, neither in a table nor
// through a view, and no row of a simulation. Does not prove: logging in with a password, quotas, and what a network does, for which there is no server here.
import assert from "node:assert/strict";
import { catalogue, marketTrades } from "../../../schema";
import {
    createTable,
    databases,
    feedOf,
    feedStatements,
    kafkaCollection,
    readingViewSql,
    type TableSpec,
} from "../../../schema/ddl";
import { dashboards } from "../../../schema/dashboards";
import { detectionTables, detectionViews } from "../../../schema/detection";
import { rollups, rollupsDatabase } from "../../../schema/rollups";
import { deployed, rules } from "../../../schema/rules";
import { views } from "../../../schema/views";
import { platformAlerts } from "../../../infra/dashboards/grafanaAlerts";
import { grafanaSql } from "../../../infra/dashboards/grafanaPanels";
import { accounts } from "../../../infra/services/clickhouse/accounts";
import { openColumns, placeOf, stackDatabases, stackTables } from "../../../infra/services/clickhouse/tables";
import { AccountBench } from "../../support/accounts";
import { asGrafanaSends } from "../../support/macros";

const tableSql = (table: TableSpec): string[] => [createTable(table), readingViewSql(table) ?? []].flat();
const viewSql = (view: { database: string; name: string; query: string }): string =>
    `CREATE OR REPLACE VIEW ${view.database}.${view.name} AS ${view.query}`;
const feed = feedStatements(feedOf(marketTrades, { retentionDays: 30, futureHours: 24, settings: {} }));

/** A stack, as its provider makes it. */
const stack = [
    ...stackDatabases.map((database) => `CREATE DATABASE IF NOT EXISTS ${database}`),
    `CREATE NAMED COLLECTION ${kafkaCollection} AS kafka_broker_list = '127.0.0.1:1'`,
    `ALTER NAMED COLLECTION ${kafkaCollection} SET kafka_broker_list = '127.0.0.1:2'`,
    ...stackTables.flatMap(tableSql),
    ...[...views, ...detectionViews].map(viewSql),
    ...rules.map((rule) => viewSql({ ...deployed(rule), database: rule.view.database })),
    ...feed.create.map(({ sql }) => sql),
];

/** What the provider does beside, and to stored rows. */
const upkeep = [
    "CREATE TEMPORARY TABLE probe (a String) ENGINE = ReplacingMergeTree ORDER BY a",
    "ALTER TABLE facts.users ADD COLUMN extra String",
    "ALTER TABLE facts.users DROP COLUMN extra",
    "OPTIMIZE TABLE facts.users FINAL",
    "SELECT count() FROM system.named_collections",
    "SELECT count() FROM system.kafka_consumers",
];

const allOf = (places: readonly string[]): string[] => places.map((place) => `SELECT * FROM ${place} LIMIT 1`);
const viewsOf = (tables: readonly TableSpec[]): string[] =>
    tables.flatMap(({ readingView }) => (readingView ? [placeOf(readingView)] : []));
const into = (places: readonly string[]): string[] =>
    places.map((place) => `INSERT INTO ${place} SELECT * FROM ${place} WHERE 0`);
const looked = { fromMs: 0, toMs: 86_400_000, stepSeconds: 60, values: {} };
const panels = dashboards
    .flatMap((dashboard) => [...dashboard.panels.map(({ sql }) => sql), ...dashboard.variables.map((v) => v.options)])
    .map((sql) => asGrafanaSends(grafanaSql(sql), looked));
const names = detectionTables.map(({ name }) => name);
const detection = (...wanted: string[]): string[] => {
    for (const name of wanted) assert.ok(names.includes(name), name);
    return wanted.map((name) => `detection.${name}`);
};
const facts = catalogue.map(({ name }) => `facts.${name}`);
const broken = feed.create.map(({ sql }) => /CREATE TABLE `ingest`\.`(\w+_broken)`/.exec(sql)?.[1]).find(Boolean) ?? "";

/** What each has to be able to do. */
const own: Record<string, readonly string[]> = {
    ingest: [
        ...allOf(facts),
        ...allOf(["ingest.suspects", "ingest.audits", "facts.dead_letters", "system.kafka_consumers"]),
        ...into(["ingest.suspects", "ingest.audits", "facts.gaps", `ingest.${broken}`]),
    ],
    sentiment: allOf(["facts.social_posts", "facts.sentiment_scores"]),
    on_chain: allOf(["trading.on_chain_transfers", "trading.addresses"]),
    evaluator: [
        ...allOf([...stackTables.filter(({ database }) => database !== databases.ingest).map(placeOf)]),
        ...allOf([...viewsOf(stackTables), ...detectionViews.map(placeOf)]),
        ...allOf(["system.parts", "system.disks", "system.merges", "system.kafka_consumers"]),
        ...rules.map(
            ({ view }) => `SELECT parameterized_view_parameters FROM system.tables WHERE name = '${view.name}'`,
        ),
        ...into([
            ...rollups.filter(({ keeps }) => keeps !== "merged").map(({ name }) => `${rollupsDatabase}.${name}`),
            ...["rollups.progress"],
            ...detection("alerts", "alert_evidence", "evaluations", "rule_progress", "blind_spans", "late_arrivals"),
        ]),
    ],
    delivery: [
        ...allOf([...detectionTables.map(placeOf), ...detectionViews.map(placeOf), "trading.notifications"]),
        ...into(detection("notifications", "deliveries", "delivery_claims", "alert_events")),
    ],
    console: [...panels, ...into(detection("alert_events", "silences", "rule_switches", "audit_log"))],
    dashboards: [...panels, ...platformAlerts.map(({ sql }) => sql), "SELECT 1 SETTINGS max_execution_time = 30"],
    telemetry: [
        "CREATE DATABASE IF NOT EXISTS otel",
        "CREATE TABLE otel.otel_logs (Timestamp DateTime64(9), Body String) ENGINE = MergeTree ORDER BY Timestamp",
        "INSERT INTO otel.otel_logs SELECT now64(9), 'it works'",
        "SELECT * FROM otel.otel_logs",
    ],
    auditor: allOf([...stackTables.map(placeOf), ...viewsOf(stackTables)]),
};

/** What only one of them may do, of what is tried. */
const others: Record<string, string> = {
    "DROP TABLE facts.users": "trading",
    "ALTER TABLE detection.alerts DELETE WHERE 1": "trading",
    "TRUNCATE TABLE detection.audit_log": "trading",
    "INSERT INTO facts.user_trades (event_id) VALUES ('made up')": "trading",
    "CREATE USER somebody": "nobody",
    "GRANT SELECT ON *.* TO analyst": "nobody",
    "SYSTEM SHUTDOWN": "nobody",
    "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')": "nobody",
    "SELECT * FROM file('/etc/passwd', 'CSV', 'a String')": "nobody",
};

describe("accounts of ClickHouse", function () {
    this.timeout(240_000);
    const bench = new AccountBench();
    before(() => assert.deepEqual(bench.refused("trading", [...stack, ...upkeep]), []));
    after(() => bench.dispose());

    it("is there a test of every account's own work", () => {
        const known = [...Object.keys(own), "trading", "analyst"].sort();
        assert.deepEqual(accounts.map(({ name }) => name).sort(), known);
        assert.notEqual(broken, "");
    });

    for (const [account, statements] of Object.entries(own))
        it(`lets ${account} do its work`, () => assert.deepEqual(bench.refused(account, statements), []));

    it("lets nobody do what is not his", () => {
        for (const { name } of accounts) {
            const statements = Object.keys(others).filter((statement) => others[statement] !== name);
            const answers = bench.as(name, statements);
            for (const [index, { error = "it was done" }] of answers.entries())
                assert.match(
                    error,
                    /ACCESS_DENIED|READONLY|QUERY_IS_PROHIBITED/,
                    `${name}: ${statements[index] ?? ""}`,
                );
        }
    });

    it("shows an analyst all that is no personal data, in tables and through their views, and nothing that is", () => {
        const tables = stackTables.filter(({ database }) => database === "facts" || database === rollupsDatabase);
        const ask = (columns: string[], of: string): string => `SELECT ${columns.join(", ")} FROM ${of} LIMIT 1`;
        const open = tables.map((table) => ask(openColumns(table), placeOf(table)));
        assert.deepEqual(bench.refused("analyst", open), []);
        const personal = stackTables.flatMap((table) =>
            Object.keys(table.columns)
                .filter((column) => !openColumns(table).includes(column))
                .flatMap((column) =>
                    [table, table.readingView ?? []].flat().map((place) => ask([column], placeOf(place))),
                ),
        );
        assert.ok(personal.includes("SELECT maker_user_id FROM trading.user_trades LIMIT 1"));
        assert.equal(bench.refused("analyst", personal).length, personal.length);
    });

    it("shows an analyst no rows of a simulation, and a person who audits all", () => {
        const row = (id: string, run: string): string => `('${id}', now64(6), ${run}, 1)`;
        const columns = "(event_id, event_time, run_id, version)";
        const rows = `INSERT INTO facts.market_trades ${columns} VALUES ${row("real", "NULL")}, ${row("made up", "'s1'")}`;
        assert.deepEqual(bench.refused("trading", [rows]), []);
        const ask = "SELECT event_id FROM trading.market_trades ORDER BY event_id";
        const seen = (account: string): string[] =>
            bench.as(account, [ask]).map(({ error, output }) => error ?? output ?? "");
        assert.deepEqual([seen("analyst"), seen("auditor")], [["real\n"], ["made up\nreal\n"]]);
    });

    it("bounds what a page may ask for, and lets it bound itself further", () => {
        const [more, less, write] = bench.as("dashboards", [
            "SELECT 1 SETTINGS max_execution_time = 600",
            "SELECT 1 SETTINGS max_execution_time = 6",
            "SET readonly = 0",
        ]);
        assert.match(more?.error ?? "", /shouldn't be greater than 60/);
        assert.equal(less?.output, "1\n");
        assert.match(write?.error ?? "", /READONLY/);
    });
});
