// For the tests of rollups: facts as feeds would store them, at any time of arrival, and the rollups over them.
import { type ClickHouseClient } from "@clickhouse/client";
import { catalogue, type Declaration } from "../../../schema";
import { createTable, databases, qualified, readingViewSql, tableOf, type TableSpec } from "../../../schema/ddl";
import { alerts, detectionDatabase } from "../../../schema/detection";
import { progressTable, type Rollup, rollups, rollupsDatabase, rollupTable } from "../../../schema/rollups";
import {
    defaultLimits,
    Refresher,
    type Refreshed,
    type RefreshLimits,
} from "../../../functions/evaluator/rollups/refresh";

/** An event with its declaration, as the simulator yields them. */
export interface Stored {
    readonly declaration: Declaration;
    readonly event: Readonly<Record<string, unknown>>;
}

export type Row = Record<string, unknown>;

/** Nothing expires in a test, whenever it is run. */
const keptDays = 20_000;

function tables(): TableSpec[] {
    const facts = catalogue.map((declaration) => tableOf(declaration, keptDays));
    const own = rollups.map((rollup) => {
        const table = rollupTable(rollup);
        return { ...table, ...(table.ttl === undefined ? {} : { ttl: { ...table.ttl, days: keptDays } }) };
    });
    return [...facts, { ...alerts, ttl: { column: "event_time", days: keptDays } }, ...own, progressTable];
}

/** Facts and rollups on a server, emptied between tests. */
export class Warehouse {
    private offset = 0;

    constructor(readonly client: ClickHouseClient) {}

    async create(): Promise<void> {
        for (const database of [databases.facts, databases.trading, detectionDatabase, rollupsDatabase])
            await this.client.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` });
        for (const table of tables())
            for (const query of [createTable(table), readingViewSql(table)])
                if (query !== undefined) await this.client.command({ query });
    }

    async empty(): Promise<void> {
        for (const { database, name } of tables())
            await this.client.command({ query: `TRUNCATE TABLE ${qualified(database, name)}` });
    }

    /** Forgets what was computed. */
    async emptyRollups(): Promise<void> {
        for (const { database, name } of tables().filter((table) => table.database === rollupsDatabase))
            await this.client.command({ query: `TRUNCATE TABLE ${qualified(database, name)}` });
    }

    /** Stores events as they arrive now; each call is a block of its own. */
    async store(events: readonly Stored[], arrived = Date.now()): Promise<void> {
        for (const [declaration, own] of Map.groupBy(events, (each) => each.declaration)) {
            const values = own.map(({ event }) => ({
                ...event,
                received_at: new Date(arrived).toISOString(),
                ingested_at: new Date(arrived).toISOString(),
                version: String(~BigInt(arrived) & 0xffffffffffffffffn),
                _topic: declaration.topic.name,
                _partition: 0,
                _offset: this.offset++,
            }));
            await this.client.insert({
                table: qualified(databases.facts, declaration.name),
                values,
                format: "JSONEachRow",
                clickhouse_settings: {
                    date_time_input_format: "best_effort",
                    input_format_json_named_tuples_as_objects: 0,
                    async_insert: 0,
                },
            });
        }
    }

    /** Rows of a rollup as people read them, in the order of its key. */
    async rows(rollup: string): Promise<Row[]> {
        const { key } = declared(rollup);
        const result = await this.client.query({
            query: `SELECT * FROM ${qualified(databases.trading, rollup)} ORDER BY ${key.join(", ")}`,
            format: "JSONEachRow",
            clickhouse_settings: { output_format_json_quote_decimals: 1, output_format_json_quote_64bit_integers: 1 },
        });
        return result.json<Row>();
    }
}

/** The rollup of a name. */
export function declared(name: string): Rollup {
    const found = rollups.find((rollup) => rollup.name === name);
    if (found === undefined) throw new Error(`tests: no rollup ${name}`);
    return found;
}

/** Refreshers as the evaluator has them, but without pauses between looks. */
export const eager = (client: ClickHouseClient, limits: RefreshLimits = defaultLimits): Refresher[] =>
    rollups.map((rollup) => new Refresher(client, { ...rollup, everySeconds: 0 }, limits));

/** Refreshes until nothing is left; returns what each refresh did. */
export async function settle(refreshers: readonly Refresher[]): Promise<Refreshed[]> {
    const done: Refreshed[] = [];
    for (let pending = 1; pending > 0;) {
        pending = 0;
        for (const refresher of refreshers) {
            const refreshed = await refresher.refresh();
            pending += refreshed.pending;
            done.push(refreshed);
        }
    }
    return done;
}
