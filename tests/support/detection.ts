// For tests of detection: a database with all tables, a small rule, and facts that are stored when the test says so.
import { type ClickHouseClient } from "@clickhouse/client";
import { catalogue } from "../../schema";
import { createTable, databases, readingViewSql, tableOf } from "../../schema/ddl";
import { detectionDatabase, detectionTables, detectionViews } from "../../schema/detection";
import { type Rule } from "../../schema/rules";
import { type Override, rule, rulesDatabase } from "../../schema/rules/spec";
import { rollups, rollupsDatabase, rollupTable, progressTable } from "../../schema/rollups";
import { fullEvent } from "./events";

/** Creates the databases and tables of facts, rollups and detection where they are missing, and the views of these rules. */
export async function createDetection(client: ClickHouseClient, rules: readonly Rule[]): Promise<void> {
    const names = [databases.facts, databases.trading, rollupsDatabase, rulesDatabase, detectionDatabase];
    const tables = [
        ...catalogue.map((declaration) => tableOf(declaration, 30)),
        ...rollups.map(rollupTable),
        progressTable,
        ...detectionTables,
    ];
    const sql = [
        ...names.map((name) => `CREATE DATABASE IF NOT EXISTS ${name}`),
        ...tables.flatMap((table) => [createTable(table), readingViewSql(table) ?? []].flat()),
        ...[...detectionViews, ...rules.map(({ view }) => view)].map(
            (view) => `CREATE OR REPLACE VIEW ${view.database}.${view.name} AS ${view.query}`,
        ),
    ];
    for (const query of sql) await client.command({ query });
}

/** Withdrawals of a user that sum to a floor within ten minutes: few lines, but with a window, a history and a trigger each. */
export const drained = (id = "drained", overrides: readonly Override[] = []): Rule =>
    rule(id, {
        version: 1,
        title: "Withdrawals that add up",
        severity: "high",
        entity: "user",
        owner: "fraud",
        mode: "active",
        description: "For tests",
        parameters: {
            floor: { type: "Decimal(38, 18)", unit: "USDT", default: "100", description: "Sum", source: "test" },
            window_minutes: { type: "UInt32", unit: "minutes", default: "10", description: "Window", source: "test" },
        },
        overrides,
        reads: { facts: ["user_withdrawals"], rollups: [], references: [] },
        lookBackMinutes: 10,
        latenessMinutes: 1,
        stepSeconds: 1,
        historyDays: 0,
        suppressionMinutes: 0,
        query: `
SELECT user_id AS entity_id, event_id AS trigger_key, event_time, event_time - toIntervalMinute({window_minutes}) AS window_from,
    90. AS score, map('amount', toString(total)) AS details, [account_id] AS accounts
FROM (
    SELECT user_id, account_id, event_id, event_time,
        sum(amount) OVER (PARTITION BY user_id ORDER BY us RANGE BETWEEN {window_minutes} * 60000000 PRECEDING AND CURRENT ROW) AS total
    FROM (
        SELECT user_id, account_id, event_id, event_time, amount, toUnixTimestamp64Micro(event_time) AS us FROM trading.user_withdrawals
        WHERE ifNull(run_id, '') = {run}
            AND toStartOfMinute(event_time) >= toStartOfMinute({since} - toIntervalMinute({window_minutes})) AND toStartOfMinute(event_time) <= {as_of}
            AND event_time > {since} - toIntervalMinute({window_minutes}) AND event_time <= {as_of}
    )
)
WHERE total >= {floor} AND event_time > {since} AND event_time <= {as_of}`,
        evidence: `
SELECT 'user_withdrawals' AS fact, event_id, event_time, toJSONString(map('amount', toString(amount))) AS row
FROM trading.user_withdrawals
WHERE ifNull(run_id, '') = {run} AND user_id = {entity_id}
    AND toStartOfMinute(event_time) >= toStartOfMinute({event_time} - toIntervalMinute({window_minutes})) AND toStartOfMinute(event_time) <= {event_time}
    AND event_time > {event_time} - toIntervalMinute({window_minutes}) AND event_time <= {event_time}
ORDER BY event_time`,
        reason: "{amount} USDT withdrawn",
    });

/** A withdrawal as its feed stores it. Times in milliseconds since 1970. */
export interface StoredWithdrawal {
    readonly id: string;
    readonly user: string;
    readonly amount: string;
    readonly at: number;
    /** When the broker received it. */
    readonly received: number;
    readonly run?: string;
}

const declarationOf = (fact: string): (typeof catalogue)[number] => {
    const found = catalogue.find(({ name }) => name === fact);
    if (found === undefined) throw new Error(`there is no fact ${fact}`);
    return found;
};

const text = (at: number): string => new Date(at).toISOString().replace("Z", "");

/** The event of a withdrawal. */
export const withdrawalEvent = ({
    id,
    user,
    amount,
    at,
    run,
}: Omit<StoredWithdrawal, "received">): Record<string, unknown> & { event_id: string } =>
    fullEvent(declarationOf("user_withdrawals"), "w", {
        ...{ event_time: `${text(at)}Z`, original_time: null, source_seq: null, withdrawal_id: id, user_id: user },
        ...{ account_id: user, amount, fee: null, balance_after: null, run_id: run ?? null },
        origin: run === undefined ? "live" : "synthetic",
    });

/** Stores rows of a fact or reference, as received at the given times (ms); a feed writes them 300 ms later, or when it is said. */
export async function storeRows(
    client: ClickHouseClient,
    fact: string,
    rows: readonly { event: Record<string, unknown>; received: number; ingested?: number }[],
): Promise<void> {
    if (rows.length === 0) return;
    const values = rows.map(({ event, received, ingested = received + 300 }, index) => ({
        ...event,
        received_at: text(received),
        ingested_at: text(ingested),
        version: String(BigInt.asUintN(64, ~BigInt(ingested))),
        ...{ _topic: fact, _partition: 0, _offset: index },
    }));
    const table = `facts.${fact}`;
    const settings = {
        date_time_input_format: "best_effort",
        async_insert: 0,
        // Levels of a book are pairs, as on the wire.
        input_format_json_named_tuples_as_objects: 0,
        max_partitions_per_insert_block: "0",
    } as const;
    await client.insert({ table, values, format: "JSONEachRow", clickhouse_settings: settings });
}

/** Stores withdrawals. */
export const storeWithdrawals = (client: ClickHouseClient, rows: readonly StoredWithdrawal[]): Promise<void> =>
    storeRows(
        client,
        "user_withdrawals",
        rows.map((row) => ({ event: withdrawalEvent(row), received: row.received })),
    );
