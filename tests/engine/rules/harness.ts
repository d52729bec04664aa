// For tests: rules on the real engine. Events go into facts as a feed leaves them, rollups are refreshed as the evaluator does, rules are called as
// it calls them. Each case is a run of its own, or two: one that has everything when it is judged, and one that is judged as its events come.
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from "@clickhouse/client";
import { Database } from "../../../functions/shared/clickhouse";
import { defaultLimits, Refresher } from "../../../functions/evaluator/rollups/refresh";
import { below, evaluated } from "../../../functions/evaluator/rules/rule";
import { busySlices } from "../../../functions/evaluator/rules/sparse";
import { type Micros } from "../../../functions/shared/time";
import { catalogue } from "../../../schema";
import { createTable, databases, name, qualified, readingViewSql, tableOf, type TableSpec } from "../../../schema/ddl";
import { progressTable, rollups, rollupsDatabase, rollupTable } from "../../../schema/rollups";
import { type Rule, rules, rulesDatabase } from "../../../schema/rules";
import { defaults } from "../../../schema/rules/spec";
import { type Built } from "../../../schema/rules/cases";

/** An alert as a rule returns it. */
export interface Found {
    readonly entity_id: string;
    readonly trigger_key: string;
    readonly event_time: string;
    readonly window_from: string;
    readonly score: number;
    readonly details: Record<string, string>;
    readonly accounts: string[];
}

/** A row of evidence. */
export interface Proof {
    readonly fact: string;
    readonly event_id: string;
    readonly event_time: string;
    readonly row: string;
}

const ready = {
    async_insert: 0,
    date_time_input_format: "best_effort",
    input_format_json_named_tuples_as_objects: 0,
    max_partitions_per_insert_block: "0",
} as const;

/** A time as parameters take it. */
export const moment = (wire: string): string => wire.replace("T", " ").replace("Z", "");

/** Microseconds since 1970 of a time as on the wire, which may have three digits of a second or six. */
const micros = (wire: string): Micros => Date.parse(wire) * 1_000 + Number(/\.\d{3}(\d{3})Z$/.exec(wire)?.[1] ?? 0);

/** The tables, without expiry: cases play on a day that will be long ago. */
const tables: readonly TableSpec[] = [
    ...catalogue.map((d) => tableOf(d, 30)),
    ...rollups.map(rollupTable),
    progressTable,
].map(({ ttl, settings, ...table }) =>
    ttl === undefined
        ? { ...table, ...(settings ? { settings } : {}) }
        : { ...table, settings: { ...settings, ttl_only_drop_parts: 0 } },
);

/** A database with everything rules need. */
export class RuleBench {
    private readonly client: ClickHouseClient;
    private readonly database: Database;
    private offset = 0;

    constructor(url: string) {
        this.database = new Database(url);
        this.client = createClient({
            url,
            log: { level: ClickHouseLogLevel.OFF },
            clickhouse_settings: { output_format_json_quote_decimals: 1 },
        });
    }

    /** Creates databases, tables, views and rules. Rejects with the server's error on the first that it refuses. */
    async create(): Promise<void> {
        for (const database of [databases.facts, databases.trading, rollupsDatabase, rulesDatabase])
            await this.command(`CREATE DATABASE IF NOT EXISTS ${name(database)}`);
        for (const table of tables) {
            await this.command(createTable(table));
            const view = readingViewSql(table);
            if (view !== undefined) await this.command(view);
        }
        for (const one of rules) await this.declare(one);
    }

    /** Creates the view of a rule and lets the server look at all its names. */
    async declare({ view }: Pick<Rule, "view">): Promise<void> {
        await this.command(`CREATE OR REPLACE VIEW ${qualified(view.database, view.name)} AS\n${view.query}`);
    }

    /** Stores events, by their runs, as a feed would that finds them all waiting: one block a fact. */
    async store(events: ReadonlyMap<string, readonly Built[]>): Promise<void> {
        const all = [...events].flatMap(([run, built]) => built.map((each) => ({ run, ...each })));
        for (const [declaration, built] of Map.groupBy(all, (each) => each.declaration)) {
            const values = built.map(({ run, event }) => {
                const full = { source_id: "cases", origin: "synthetic", run_id: run, ...event };
                return { ...full, event_id: declaration.eventId(full), ...this.arrival() };
            });
            await this.client.insert({
                table: `${databases.facts}.${declaration.name}`,
                values,
                format: "JSONEachRow",
                clickhouse_settings: ready,
            });
        }
    }

    /** Brings the rollups that rules read, and those that these read, up to what is stored. */
    async refresh(): Promise<void> {
        const needed = new Set(rules.flatMap(({ reads }) => reads.rollups.flatMap((read) => [...below(read)])));
        for (const rollup of rollups.filter(({ name: own }) => needed.has(own))) {
            const refresher = new Refresher(this.client, rollup, { ...defaultLimits, statements: 1_000 });
            while ((await refresher.refresh()).pending > 0);
        }
    }

    /** What a rule finds in (since, as_of]; times as on the wire. */
    async call(rule: Rule, run: string, since: string, asOf: string): Promise<Found[]> {
        return this.rows<Found>(`${rule.call} ORDER BY event_time, entity_id, trigger_key`, {
            ...defaults(rule),
            ...{ run, since: moment(since), as_of: moment(asOf) },
        });
    }

    /** The same, asked as the evaluator asks: not at all where nothing that is stored can trigger the rule, or where it suspects nobody. */
    async judge(rule: Rule, run: string, since: string, asOf: string): Promise<Found[]> {
        const range = { since: micros(since), until: micros(asOf) };
        const busy = await busySlices(this.database, evaluated(rule), run, range);
        if (busy.length === 0 || !(await this.suspects(rule, run, since, asOf))) return [];
        return this.call(rule, run, since, asOf);
    }

    /** Whether a rule need be asked about (since, as_of], by the suspects it names; also of ranges that the evaluator asks it about at once. */
    private async suspects(
        { suspectsCall, ...rule }: Rule,
        run: string,
        since: string,
        asOf: string,
    ): Promise<boolean> {
        if (suspectsCall === undefined) return true;
        const bound = { ...defaults(rule), run, since: moment(since), as_of: moment(asOf) };
        return (await this.rows(`SELECT 1 FROM (${suspectsCall}) LIMIT 1`, bound)).length > 0;
    }

    /** Columns of a rule's answer with their types. */
    async columnsOf(rule: Rule): Promise<Record<string, string>> {
        const bound = {
            ...defaults(rule),
            run: "none",
            since: moment("2026-11-18T12:00:00Z"),
            as_of: moment("2026-11-18T12:01:00Z"),
        };
        const columns = await this.rows<{ name: string; type: string }>(`DESCRIBE (${rule.call})`, bound);
        return Object.fromEntries(columns.map((column) => [column.name, column.type]));
    }

    /** What a rule shows for an alert. */
    async evidence(rule: Rule, run: string, { entity_id, trigger_key, event_time }: Found): Promise<Proof[]> {
        return this.rows<Proof>(rule.evidenceCall, {
            ...defaults(rule),
            ...{ run, entity_id, trigger_key, event_time },
        });
    }

    async close(): Promise<void> {
        await Promise.all([this.client.close(), this.database.close()]);
    }

    async command(query: string): Promise<void> {
        await this.client.command({ query });
    }

    private async rows<T>(query: string, query_params: Record<string, unknown>): Promise<T[]> {
        const result = await this.client.query({ query, query_params, format: "JSONEachRow" });
        return result.json<T>();
    }

    /** A message of its own for each event, received at once. */
    private arrival(): Record<string, unknown> {
        const now = Date.now();
        const time = new Date(now).toISOString();
        const version = String(2n ** 64n - 1n - BigInt(now));
        return {
            received_at: time,
            ingested_at: time,
            version,
            _topic: "cases",
            _partition: 0,
            _offset: String(this.offset++),
        };
    }
}
