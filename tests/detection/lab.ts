// A database for streams: each is simulated straight into the facts, rolled up and judged by the evaluator's own code, and cleared away.
import { catalogue, type Declaration } from "../../schema";
import { databases, qualified } from "../../schema/ddl";
import { rollups, rollupsDatabase } from "../../schema/rollups";
import { type Label, labelsOf } from "../../functions/evaluator/backtest/labels";
import { Database } from "../../functions/shared/clickhouse";
import { Refresher } from "../../functions/evaluator/rollups/refresh";
import { below, declaredValues, evaluated, type EvaluatedRule } from "../../functions/evaluator/rules/rule";
import { type Judged, judgeByTerms } from "../../functions/evaluator/rules/terms";
import { day, hour, minute } from "../../functions/shared/time";
import { type Range, slices } from "../../functions/evaluator/watermark/progress";
import { repertoire } from "../../functions/simulator/scenarios";
import { runId, simulate } from "../../functions/simulator/simulate";
import { type Rule } from "../../schema/rules";
import { RuleBench } from "../engine/rules/harness";
import { startClickHouseHost, type TestClickHouse } from "../support/clickhouse";
import { type Stream } from "./streams";

/** What one rule made of one stream. */
export interface Outcome {
    readonly rule: Rule;
    readonly findings: readonly Judged[];
    readonly exposure: Exposure;
}

/** How much there was to be wrong about. */
export interface Exposure {
    /** Entities with a day (UTC) of the judged time on which they did anything; tokens: on which they were posted about. */
    readonly entityDays: number;
    readonly entities: number;
    readonly hours: number;
}

/** A stream judged by several rules. */
export interface Judgement {
    readonly stream: Stream;
    readonly outcomes: readonly Outcome[];
    readonly labels: readonly Label[];
    /** Rows of all facts. */
    readonly rows: number;
    /** What the simulator left out, and why. */
    readonly notes: readonly string[];
}

const blockRows = 40_000;
/** Rules asked at the same time. */
const together = 2;
/** Nobody waits for the rollups of a stream but the rules that are asked next. */
const atOnce = { minutesPerStatement: 480, statements: 1_000 };
const storing = {
    async_insert: 0,
    date_time_input_format: "best_effort",
    input_format_json_named_tuples_as_objects: 0,
    max_partitions_per_insert_block: "0",
} as const;

/** Rules about money and logins: their facts are simulated before the opening, too. */
const judgesPast = ({ owner }: Rule): boolean => owner === "fraud";

/** A ClickHouse host of its own, with all that rules need. */
export class Lab {
    private constructor(
        private readonly host: TestClickHouse,
        private readonly bench: RuleBench,
        private readonly database: Database,
    ) {}

    /** Starts the host and creates tables and rules. Rejects with the host's output or the server's error. */
    static async start(): Promise<Lab> {
        const host = await startClickHouseHost();
        const lab = new Lab(host, new RuleBench(host.url), new Database(host.url, 120));
        await lab.bench.create();
        return lab;
    }

    async stop(): Promise<void> {
        await this.bench.close();
        await this.database.close();
        await this.host.stop();
    }

    /** Simulates a stream, judges it, and clears it away: streams differ in size, the host's memory does not. */
    async judge(stream: Stream, rules: readonly Rule[]): Promise<Judgement> {
        const notes: string[] = [];
        const rows = await this.store(stream, notes);
        await this.refresh(rules);
        const opening = stream.options.start * 1_000;
        const end = opening + (stream.options.minutes + 1) * minute;
        const [open, all] = [
            { since: opening, until: end },
            { since: opening - stream.judgedDays * day, until: end },
        ];
        const outcomes: Outcome[] = [];
        const waiting = rules.map(evaluated);
        while (waiting.length > 0)
            outcomes.push(
                ...(await Promise.all(
                    waiting
                        .splice(0, together)
                        .map((rule) => this.outcome(rule, stream, judgesPast(rule.rule) ? all : open)),
                )),
            );
        const kinds = repertoire.filter((scenario) => scenario.class === "scenario").map(({ name }) => name);
        const labels = await labelsOf(this.database, { run: runId(stream.options), range: all }, kinds);
        await this.clear();
        return { stream, outcomes, labels, rows, notes };
    }

    private async store(stream: Stream, notes: string[]): Promise<number> {
        const waiting = new Map<Declaration, object[]>();
        let stored = 0;
        const insert = async (declaration: Declaration, rows: readonly object[]): Promise<void> => {
            stored += rows.length;
            await this.database.client.insert({
                table: `${databases.facts}.${declaration.name}`,
                values: rows,
                format: "JSONEachRow",
                clickhouse_settings: storing,
            });
        };
        let last = Promise.resolve();
        for (const batch of simulate(stream.options, (line) => notes.push(line)))
            for (const { declaration, event } of batch) {
                const rows = waiting.get(declaration) ?? [];
                waiting.set(declaration, rows);
                rows.push({ ...event, ...arrival(stored) });
                if (rows.length < blockRows) continue;
                waiting.delete(declaration);
                // One block is on its way while the next is simulated.
                await last;
                last = insert(declaration, rows);
            }
        await last;
        for (const [declaration, rows] of waiting) await insert(declaration, rows);
        return stored;
    }

    /** Brings up to date the rollups that the rules read, and those that these read. */
    private async refresh(rules: readonly Rule[]): Promise<void> {
        const needed = new Set(rules.flatMap(({ reads }) => reads.rollups.flatMap((rollup) => [...below(rollup)])));
        for (const rollup of rollups) {
            if (!needed.has(rollup.name)) continue;
            // A new one each time: one that has looked waits before it looks again, and the next stream is here by then.
            const refresher = new Refresher(this.database.client, rollup, atOnce);
            while ((await refresher.refresh()).pending > 0);
        }
    }

    private async outcome(rule: EvaluatedRule, stream: Stream, range: Range): Promise<Outcome> {
        const run = runId(stream.options);
        const findings = new Map<string, Judged>();
        const opening = { since: stream.options.start * 1_000, until: range.until };
        // As a catch-up does: a thin past by the day, a busy one by the hour.
        const past = range.since < opening.since ? [...slices({ since: range.since, until: opening.since }, day)] : [];
        for (const part of [...past, ...slices(opening, hour)]) {
            const asked = { evaluated: rule, run, range: part, values: declaredValues(rule.rule) };
            for (const finding of (await judgeByTerms(this.database, asked)).findings)
                if (!findings.has(finding.alertId)) findings.set(finding.alertId, finding);
        }
        return {
            rule: rule.rule,
            findings: [...findings.values()],
            exposure: await this.exposure(rule.rule, run, range),
        };
    }

    private async exposure({ entity }: Rule, run: string, range: Range): Promise<Exposure> {
        const about = entity === "token" ? [["social_posts", "token"]] : active;
        const within =
            "ifNull(run_id, '') = {run:String} AND event_time > fromUnixTimestamp64Micro({since:Int64}) AND event_time <= fromUnixTimestamp64Micro({until:Int64})";
        const parts = about.map(
            ([fact = "", column = ""]) =>
                `SELECT DISTINCT ifNull(toString(${column}), '') AS entity, toDate(event_time) AS day FROM ${qualified(databases.facts, fact)} WHERE ${within}`,
        );
        const [row] = await this.database.rows<{ days: number; entities: number }>(
            `SELECT uniqExact(entity, day) AS days, uniqExact(entity) AS entities FROM (${parts.join(" UNION ALL ")}) WHERE entity != ''`,
            { run, since: String(range.since), until: String(range.until) },
        );
        return { entityDays: row?.days ?? 0, entities: row?.entities ?? 0, hours: (range.until - range.since) / hour };
    }

    private async clear(): Promise<void> {
        const tables = [
            ...catalogue.map(({ name }) => qualified(databases.facts, name)),
            ...rollups.map(({ name }) => qualified(rollupsDatabase, name)),
        ];
        for (const table of tables) await this.database.client.command({ query: `TRUNCATE TABLE ${table}` });
    }
}

/** Facts in which users act, and the column that names them. */
const active = ["user_actions", "user_orders", "user_deposits", "user_withdrawals"].map((fact) => [fact, "user_id"]);

/** What a feed adds. */
function arrival(offset: number): Record<string, unknown> {
    const now = Date.now();
    const time = new Date(now).toISOString();
    const version = String(2n ** 64n - 1n - BigInt(now));
    return { received_at: time, ingested_at: time, version, _topic: "lab", _partition: 0, _offset: String(offset) };
}
