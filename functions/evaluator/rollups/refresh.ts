// Keeps rollups equal to what they would be if they were computed from all facts: each refresh asks which minutes (or days) rows came in for since
// the last one, and computes these anew, whole. Nothing is added to what is stored, so it does not matter how often or in which order events come,
// nor at which point a refresh is killed: what it did is done again, with the same result.
import { type ClickHouseClient } from "@clickhouse/client";
import { qualified } from "../../../schema/ddl";
import { type Rollup, rollups, rollupsDatabase } from "../../../schema/rollups";
import { loadProgress, type Progress, saveProgress, timeText } from "./progress";

/** Limits that bound the work of a refresh. */
export interface RefreshLimits {
    /** Minutes computed by one statement to begin with; days are computed one by one. */
    readonly minutesPerStatement: number;
    /** Statements of one rollup in one refresh, at least 2; what is left is done by the next ones. */
    readonly statements: number;
}

export const defaultLimits: RefreshLimits = { minutesPerStatement: 30, statements: 20 };

/**
 * Milliseconds before the watermark in which arrivals are looked for again: a row has the time its block was begun, and is there when the block
 * is written, which takes as long as a feed's flush and a busy disk make it.
 */
const overlapMs = 30_000;

/**
 * A statement that is over within the first takes twice as many minutes the next time, one that takes longer than the second half as many: minutes of a
 * thin past cost little but the planning, those of a busy day much. Milliseconds.
 */
const easyMs = 1_000;
const hardMs = 4_000;
/** Two days: more would put off what came lately. */
const mostMinutes = 2_880;

/** With nothing left to compute, progress is written this seldom, milliseconds: after a restart a little more is looked at again. */
const saveEveryMs = 10_000;

/** What a refresh did. */
export interface Refreshed {
    readonly rollup: string;
    /** Periods computed. */
    readonly computed: number;
    /** Periods known to have changed and left for the next refresh. */
    readonly pending: number;
    /** Rows read by the look for what came in. */
    readonly looked: number;
}

/** Settings of every statement of a refresh. */
export const refreshSettings = {
    async_insert: 0 as const,
    // Whatever replaces each other is in one partition, since periods are in the keys.
    do_not_merge_across_partitions_select_final: 1 as const,
    output_format_json_quote_64bit_integers: 0 as const,
};

/**
 * What the statements of a refresh compute: the newest `size` periods, which people look at, and then those that have waited longest, `wide` at a
 * time. Each is in ascending order.
 */
export function workOf(pending: readonly number[], size: number, statements: number, wide = size): number[][] {
    const ascending = (periods: readonly number[]): number[] => periods.toSorted((a, b) => a - b);
    const newest = ascending(pending).slice(-size);
    const fresh = new Set(newest);
    const waiting = pending.filter((period) => !fresh.has(period));
    const slices = Array.from({ length: Math.ceil(waiting.length / wide) }, (_, index) =>
        ascending(waiting.slice(index * wide, (index + 1) * wide)),
    );
    return [newest, ...slices].slice(0, statements).filter((periods) => periods.length > 0);
}

/**
 * The query that computes periods of a rollup, with its parameters.
 * @param periods their starts, seconds since 1970, ascending
 * @param refreshedAt microseconds since 1970
 */
export function computation(
    { select, grain }: Rollup,
    periods: readonly number[],
    refreshedAt: number,
): { query: string; parameters: Record<string, unknown> } {
    const seconds = grain === "day" ? 86_400 : 60;
    const until = (periods.at(-1) ?? 0) + seconds;
    return { query: select, parameters: { periods, from: periods.at(0), until, refreshed_at: timeText(refreshedAt) } };
}

/** What came in. */
interface Look {
    /** The server's time before it looked, microseconds since 1970. */
    readonly now: number;
    readonly touched: readonly number[];
    readonly rows: number;
}

/** One rollup's refresher. One at a time may run on a database. */
export class Refresher {
    private progress: Progress | undefined;
    private savedAt = -Infinity;
    private lookedAt = -Infinity;
    /** Minutes of the past computed by one statement. */
    private wide: number;

    constructor(
        private readonly client: ClickHouseClient,
        private readonly rollup: Rollup,
        private readonly limits: RefreshLimits = defaultLimits,
    ) {
        this.wide = limits.minutesPerStatement;
    }

    /**
     * Looks for what came in, and computes what it touched. Rejects with the server's error; the next call goes on from the progress written last.
     */
    async refresh(): Promise<Refreshed> {
        try {
            return await this.round();
        } catch (error) {
            this.progress = undefined;
            this.lookedAt = -Infinity;
            const reason = error instanceof Error ? error.message : String(error);
            throw new Error(`rollup ${this.rollup.name} was not refreshed: ${reason}`, { cause: error });
        }
    }

    private async round(): Promise<Refreshed> {
        const { name, grain, everySeconds = 0 } = this.rollup;
        const before = (this.progress ??= await loadProgress(this.client, this.rollup));
        const due = performance.now() - this.lookedAt >= everySeconds * 1_000;
        if (!due && before.pending.length === 0) return { rollup: name, computed: 0, pending: 0, looked: 0 };
        const { now, touched, rows } = await this.look(before.watermark);
        // In the order they were noted; what is touched again while it waits keeps its place.
        const pending = [...new Set([...before.pending, ...touched.toReversed()])];
        // Later than all rows computed before, also when the server's clock was set back.
        const updatedAt = Math.max(now, before.updatedAt + 1);
        const { minutesPerStatement, statements } = this.limits;
        const [size, wide] = grain === "day" ? [1, 1] : [minutesPerStatement, this.wide];
        const done = new Set<number>();
        for (const periods of workOf(pending, size, statements, wide)) {
            const began = performance.now();
            await this.compute(periods, updatedAt);
            this.adapt(periods.length, performance.now() - began);
            for (const period of periods) done.add(period);
        }
        const left = pending.filter((period) => !done.has(period));
        await this.keep({ watermark: Math.floor(now / 1_000), pending: left, updatedAt }, before);
        return { rollup: name, computed: done.size, pending: left.length, looked: rows };
    }

    private async look(watermark: number): Promise<Look> {
        this.lookedAt = performance.now();
        const result = await this.client.query({
            query:
                `SELECT toUnixTimestamp64Micro(now64(6)) AS now, arraySort(groupUniqArray(toUInt32(period))) AS touched\n` +
                `FROM (${this.rollup.touched.join("\nUNION ALL\n")})`,
            query_params: { since: timeText(Math.max(0, watermark - overlapMs) * 1_000) },
            clickhouse_settings: refreshSettings,
            format: "JSON",
        });
        const { data, statistics } = await result.json<{ now: number; touched: number[] }>();
        const [row] = data;
        if (row === undefined) throw new Error("ClickHouse answered an aggregation without a row");
        return { ...row, rows: statistics?.rows_read ?? 0 };
    }

    /** Learns from a statement of as many periods as one may have; shorter ones say nothing. */
    private adapt(periods: number, tookMs: number): void {
        const { minutesPerStatement } = this.limits;
        if (periods < this.wide) return;
        if (tookMs < easyMs) this.wide = Math.min(this.wide * 2, mostMinutes);
        else if (tookMs > hardMs) this.wide = Math.max(Math.floor(this.wide / 2), minutesPerStatement);
    }

    private async compute(periods: readonly number[], refreshedAt: number): Promise<void> {
        const { name, columns } = this.rollup;
        const list = Object.keys(columns).join(", ");
        const { query, parameters } = computation(this.rollup, periods, refreshedAt);
        await this.client.command({
            query:
                `INSERT INTO ${qualified(rollupsDatabase, name)} (${list}, refreshed_at)\n` +
                `SELECT ${list}, {refreshed_at:DateTime64(6, 'UTC')} FROM (\n${query}\n)`,
            query_params: parameters,
            clickhouse_settings: refreshSettings,
        });
    }

    /** Takes the new progress, and writes it where losing it would cost more than looking again at a few seconds. */
    private async keep(after: Progress, before: Progress): Promise<void> {
        this.progress = after;
        const now = performance.now();
        if (after.pending.length === 0 && before.pending.length === 0 && now - this.savedAt < saveEveryMs) return;
        await saveProgress(this.client, this.rollup, after);
        this.savedAt = now;
    }
}

/** Refreshers of all rollups, in the order in which they have to be called: each after those it reads. */
export const refreshers = (client: ClickHouseClient, limits: RefreshLimits = defaultLimits): Refresher[] =>
    rollups.map((rollup) => new Refresher(client, rollup, limits));
