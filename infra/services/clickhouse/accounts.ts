// Pure: who logs in to ClickHouse, and what each may do. An account per component, so that one that is taken over can do no more than its own work, and per role
// of people. A plain view is read with the rights of who asks, so who reads `trading` needs the tables behind it as well: and so a column that is not granted
// is not seen through any view either.
import { kafkaCollection } from "../../../schema/ddl";
import {
    placeOf,
    readingViews,
    detectionPlaces,
    openColumns,
    stackDatabases,
    stackTables,
    telemetryDatabase,
    watchedTables,
} from "./tables";

/** What bounds an account's queries (users.ts). */
export type Profile = "default" | "working" | "reading";

/** An account. */
export interface Account {
    readonly name: string;
    readonly profile: Profile;
    /** GRANT statements without a grantee. */
    readonly grants: readonly string[];
    /** Whether what it may ask in an hour is bounded: a worker that is refused is a blind spot, so people and pages only. */
    readonly quota?: boolean;
    /** Rows it sees, by table; of the others all. */
    readonly rows?: Readonly<Record<string, string>>;
}

const on = (right: string, places: readonly string[]): string[] => places.map((place) => `GRANT ${right} ON ${place}`);
const all = (databases: readonly string[]): string[] => databases.map((database) => `${database}.*`);
const detection = (...names: string[]): string[] => names.map((name) => `detection.${name}`);
const system = (...names: string[]): string[] => names.map((name) => `system.${name}`);

/** A fact's table, and the view it is read through. */
const streams = (...names: string[]): string[] => names.flatMap((name) => [`facts.${name}`, `trading.${name}`]);

const everything = on("SELECT", all(["facts", "trading", "rollups", "rules", "detection"]));
const watched = on("SELECT", [
    ...all(["facts", "rollups", "rules"]),
    ...["trading.*"],
    ...watchedTables.map(placeOf),
    ...system("kafka_consumers", "parts", "disks"),
]);

/**
 * Deploys: databases, tables, feeds, views and their rights are the provider's. It may make no accounts and read no other server's data. The engine asks of who
 * makes a feed for the right to read Kafka.
 */
const migration: Account = {
    name: "trading",
    profile: "default",
    grants: [
        ...on(
            "SHOW, SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP, TRUNCATE, OPTIMIZE, BACKUP",
            all(stackDatabases),
        ),
        ...on("SELECT", ["system.*"]),
        ...on("CREATE TEMPORARY TABLE, CREATE ARBITRARY TEMPORARY TABLE, KAFKA", ["*.*"]),
        ...on("NAMED COLLECTION ADMIN", [kafkaCollection]),
    ],
};

/** The auditor: what offsets have rows, and lines read again. */
const ingest: Account = {
    name: "ingest",
    profile: "working",
    grants: [
        ...on("SELECT", [...all(["facts", "ingest"]), ...system("kafka_consumers")]),
        ...on("INSERT", ["ingest.*", "facts.gaps"]),
    ],
};

const sentiment: Account = {
    name: "sentiment",
    profile: "working",
    grants: on("SELECT", streams("social_posts", "sentiment_scores")),
};

const onChain: Account = {
    name: "on_chain",
    profile: "working",
    grants: on("SELECT", streams("on_chain_transfers", "addresses")),
};

const evaluator: Account = {
    name: "evaluator",
    profile: "working",
    grants: [
        ...everything,
        ...on("SELECT", system("kafka_consumers", "parts", "disks", "merges")),
        ...on("INSERT", [
            "rollups.*",
            ...detection("alerts", "alert_evidence", "evaluations", "rule_progress", "blind_spans", "late_arrivals"),
        ]),
    ],
};

const delivery: Account = {
    name: "delivery",
    profile: "working",
    grants: [
        ...on("SELECT", [...all(["detection"]), ...readingViews(watchedTables), ...detectionPlaces]),
        ...on("INSERT", detection("notifications", "deliveries", "delivery_claims", "alert_events")),
    ],
};

const pages: Account = {
    name: "console",
    profile: "working",
    grants: [
        ...everything,
        ...on("SELECT", system("kafka_consumers", "parts", "disks")),
        ...on("INSERT", detection("alert_events", "silences", "rule_switches", "audit_log")),
    ],
};

/** Grafana and HyperDX. */
const dashboards: Account = {
    name: "dashboards",
    profile: "reading",
    quota: true,
    grants: [...watched, ...on("SELECT", all([telemetryDatabase]))],
};

/** The collector, which makes its tables itself. */
const telemetry: Account = {
    name: "telemetry",
    profile: "default",
    grants: on("SELECT, INSERT, CREATE DATABASE, CREATE TABLE, CREATE VIEW", all([telemetryDatabase])),
};

/** Tables whose rows belong to runs: a replay or simulation makes up users who are nobody. */
const ofRuns = stackTables.filter(({ columns }) => "run_id" in columns || "run" in columns);

/** Looks at what happened, not at whom it concerns: no column that is personal data, and live rows alone. */
const analyst: Account = {
    name: "analyst",
    profile: "reading",
    quota: true,
    grants: stackTables
        .filter(({ database }) => database !== "ingest")
        .filter((table) => table.database !== "detection" || watchedTables.includes(table))
        .flatMap((table) => {
            const columns = openColumns(table).join(", ");
            const places = table.readingView === undefined ? [table] : [table, table.readingView];
            return on(`SELECT(${columns})`, places.map(placeOf));
        }),
    rows: Object.fromEntries(
        ofRuns.map((table) => [placeOf(table), "run" in table.columns ? "run = ''" : "ifNull(run_id, '') = ''"]),
    ),
};

/** Looks at everything that was found and done, by whom and why, and changes nothing. */
const auditor: Account = {
    name: "auditor",
    profile: "reading",
    quota: true,
    grants: [...everything, ...on("SELECT", [...all(["ingest"]), ...system("query_log")])],
};

/** The provider's. */
export const migrationAccount = migration.name;

/** Grafana's and HyperDX's. */
export const dashboardsAccount = dashboards.name;

/** The collector's. */
export const telemetryAccount = telemetry.name;

/** All of them. */
export const accounts: readonly Account[] = [
    ...[migration, ingest, sentiment, onChain, evaluator, delivery, pages, dashboards, telemetry],
    ...[analyst, auditor],
];

/** Accounts of people, whose passwords are for them to know. */
export const peopleAccounts: readonly string[] = [analyst.name, auditor.name];

/** By worker (folder of functions/): the account of each that asks ClickHouse. */
export const workerAccounts: Readonly<Record<string, string>> = {
    auditor: ingest.name,
    sentiment: sentiment.name,
    "on-chain": onChain.name,
    evaluator: evaluator.name,
    alerts: delivery.name,
    console: pages.name,
};
