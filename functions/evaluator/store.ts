// What the evaluator keeps between rounds, in ClickHouse: how far each rule has come, what it did, where it was blind, and what came too late.
import { blindSpans, evaluations, lateArrivals, ruleProgress } from "../../schema/detection";
import { qualified } from "../../schema/ddl";
import { type Database } from "../shared/clickhouse";
import { clickhouseMicros, clickhouseMillis, type Micros } from "../shared/time";
import { type Progress, type Range } from "./watermark/progress";

const table = ({ database, name }: { database: string; name: string }): string => qualified(database, name);
const plain = ({ database, name }: { database: string; name: string }): string => `${database}.${name}`;

/** A rule in a run. */
export interface RuleInRun {
    readonly rule: string;
    readonly version: number;
    readonly run: string;
}

/** Until when the broker received the rows of each fact that are taken account of, ms. */
export type Known = ReadonlyMap<string, number>;

export type State = "running" | "warming" | "failing";

/** Where a rule stands in a run. */
export interface Standing extends RuleInRun {
    readonly progress: Progress;
    /** Rows the broker received until then have been taken account of, ms. */
    readonly knownAt: number;
    /** live, replay or synthetic. */
    readonly origin: string;
    /** Where the data begins that the rule reads. */
    readonly coveredFrom: Micros;
    readonly state: State;
    /** Why it fails; empty where it does not. */
    readonly error: string;
}

/** An evaluation as it is logged. */
export interface Logged extends RuleInRun {
    readonly pass: "early" | "final";
    readonly range: Range;
    readonly known: Known;
    readonly startedAt: number;
    readonly durationMs: number;
    readonly readRows: number;
    readonly alerts: number;
    readonly newAlerts: number;
    readonly error: string;
}

/** A time in which an input of a rule was silent. */
export interface BlindSpan {
    readonly rule: string;
    readonly run: string;
    readonly fact: string;
    readonly from: Micros;
    /** Undefined while it lasts. */
    readonly to: Micros | undefined;
    readonly reason: string;
}

/** Rows of a fact that came after their time had been judged for good. */
export interface LateArrival extends RuleInRun {
    readonly fact: string;
    /** Triggers up to here had been judged for good: of the rows received in the span, those with an event_time up to here are meant. */
    readonly judgedTo: Micros;
    /** None of them is earlier. */
    readonly first: Micros;
    /** The broker received them after `after` and up to `received`, ms. */
    readonly after: number;
    readonly received: number;
}

interface StandingRow extends RuleInRun {
    early: Micros;
    final: Micros;
    late_from: Micros;
    late_to: Micros;
    known: number;
    covered: Micros;
    origin: string;
    state: State;
    error: string;
}

/** Reads and writes the evaluator's own tables. */
export class Store {
    private stamp = 0;

    constructor(private readonly database: Database) {}

    /** Grows with every call, also where the clock does not. */
    private version(): number {
        this.stamp = Math.max(this.stamp + 1, Date.now() * 1_000);
        return this.stamp;
    }

    /** Where every rule stands in every run. */
    async standings(): Promise<Standing[]> {
        const micro = (column: string): string => `toUnixTimestamp64Micro(${column})`;
        const rows = await this.database.rows<StandingRow>(
            `SELECT rule, rule_version AS version, run, ${micro("early_to")} AS early, ${micro("final_to")} AS final,
                ${micro("late_from")} AS late_from, ${micro("late_to")} AS late_to, toUnixTimestamp64Milli(known_at) AS known,
                ${micro("covered_from")} AS covered, origin, toString(state) AS state, error
             FROM ${table(ruleProgress)} AS stored FINAL ORDER BY stored.rule, stored.rule_version, stored.run`,
        );
        return rows.map(({ rule, version, run, early, final, late_from, late_to, known, covered, ...rest }) => {
            const late = late_to > late_from ? { since: late_from, until: late_to } : undefined;
            const progress = { earlyTo: early, finalTo: final, late, again: undefined };
            return { rule, version, run, progress, knownAt: known, coveredFrom: covered, ...rest };
        });
    }

    async saveStandings(standings: readonly Standing[]): Promise<void> {
        const rows = standings.map(({ rule, version, run, progress, knownAt, coveredFrom, origin, state, error }) => ({
            ...{ rule, rule_version: version, run, origin, state, error },
            early_to: clickhouseMicros(progress.earlyTo),
            final_to: clickhouseMicros(progress.finalTo),
            late_from: clickhouseMicros(progress.late?.since ?? 0),
            late_to: clickhouseMicros(progress.late?.until ?? 0),
            known_at: clickhouseMillis(knownAt),
            covered_from: clickhouseMicros(coveredFrom),
            updated_at: clickhouseMillis(Date.now()),
            version: this.version(),
        }));
        await this.database.insert(plain(ruleProgress), rows);
    }

    async log(logged: readonly Logged[]): Promise<void> {
        const rows = logged.map((each) => ({
            ...{ rule: each.rule, rule_version: each.version, run: each.run, pass: each.pass },
            since: clickhouseMicros(each.range.since),
            as_of: clickhouseMicros(each.range.until),
            known_at: Object.fromEntries([...each.known].map(([fact, at]) => [fact, clickhouseMillis(at)])),
            started_at: clickhouseMillis(each.startedAt),
            ...{
                duration_ms: each.durationMs,
                read_rows: each.readRows,
                alerts: each.alerts,
                new_alerts: each.newAlerts,
            },
            error: each.error,
        }));
        await this.database.insert(plain(evaluations), rows);
    }

    /** Spans that had no end when they were written last. */
    async openBlindSpans(): Promise<BlindSpan[]> {
        const rows = await this.database.rows<Omit<BlindSpan, "to">>(
            `SELECT rule, run, fact, toUnixTimestamp64Micro(blind_from) AS from, reason FROM ${table(blindSpans)} FINAL WHERE blind_to IS NULL`,
        );
        return rows.map((row) => ({ ...row, to: undefined }));
    }

    async saveBlindSpans(spans: readonly BlindSpan[]): Promise<void> {
        const rows = spans.map(({ rule, run, fact, from, to, reason }) => ({
            ...{ rule, run, fact, reason },
            blind_from: clickhouseMicros(from),
            blind_to: to === undefined ? null : clickhouseMicros(to),
            noted_at: clickhouseMillis(Date.now()),
            version: this.version(),
        }));
        await this.database.insert(plain(blindSpans), rows);
    }

    async saveLateArrivals(late: readonly LateArrival[]): Promise<void> {
        const rows = late.map(({ rule, version, run, fact, judgedTo, first, after, received }) => ({
            ...{ rule, rule_version: version, run, fact },
            judged_to: clickhouseMicros(judgedTo),
            first_event: clickhouseMicros(first),
            received_after: clickhouseMillis(after),
            received_to: clickhouseMillis(received),
            noted_at: clickhouseMillis(Date.now()),
        }));
        await this.database.insert(plain(lateArrivals), rows);
    }
}
