// The words a rollup is declared in. A rollup is a table that is recomputed from others in whole periods (minutes or days): right under
// replay, duplicates, late and out-of-order rows and corrections, since nothing is ever added to what is stored.

/** A column of a rollup. */
export interface RollupColumn {
    /** ClickHouse type as the server prints it. */
    readonly type: string;
    readonly codec?: string;
    readonly description: string;
    /** Personal data: marked in the table. */
    readonly personal?: boolean;
}

/** How long a period is. */
export type Grain = "minute" | "day";

/** A rollup. */
export interface Rollup {
    readonly name: string;
    readonly description: string;
    /** What is recomputed at once. */
    readonly grain: Grain;
    /** In table order; `refreshed_at` follows by itself. */
    readonly columns: Readonly<Record<string, RollupColumn>>;
    /** Sort key: what makes a row one and the same. */
    readonly key: readonly string[];
    /** PARTITION BY expression; none for a table without a period in its key. */
    readonly partitionBy?: string;
    /** The column rows expire by. */
    readonly expiresBy: string;
    readonly retentionDays: number;
    /** latest: a key's last computation counts; merged: aggregate states of all of them; frozen: the first one with a value (column `version`). */
    readonly keeps: "latest" | "merged" | "frozen";
    /**
     * SELECT statements of the start of each period (DateTime, column `period`) that rows came in for since `{since:DateTime64(3, 'UTC')}`:
     * what has to be computed again.
     */
    readonly touched: readonly string[];
    /**
     * SELECT of the columns, by name, for the periods `{periods:Array(DateTime('UTC'))}`, which all lie in [`{from:DateTime('UTC')}`,
     * `{until:DateTime('UTC')}`). It never leaves out a key that an earlier computation of the period can have had.
     */
    readonly select: string;
    /** Seconds between two looks at the sources; absent: at each round. */
    readonly everySeconds?: number;
    /** It reads alerts, which come when rules were judged and not with facts: it is looked at in any case, at its pace. */
    readonly readsAlerts?: true;
    /** Rollups it reads: they are refreshed before it. */
    readonly reads: readonly string[];
}

/** Few distinct values. */
export const label = (description: string, personal = false): RollupColumn => ({
    type: "LowCardinality(String)",
    description,
    personal,
});

/** Free text: ids. */
export const text = (description: string, personal = false): RollupColumn => ({
    type: "String",
    codec: "ZSTD(1)",
    description,
    personal,
});

/** How often. */
export const count = (description: string): RollupColumn => ({ type: "UInt64", codec: "T64, ZSTD(1)", description });

/** Sums of products of two Decimal(38, 18) do not fit 38 digits. */
export const amountType = "Decimal(76, 18)";

/** An exact sum. */
export const amount = (description: string): RollupColumn => ({ type: amountType, codec: "ZSTD(1)", description });

/** A price in the quote asset, NULL where there was none. */
export const price = (description: string): RollupColumn => ({
    type: "Nullable(Decimal(38, 18))",
    codec: "ZSTD(1)",
    description,
});

/** A ratio or statistic, NULL where it is not defined. */
export const ratio = (description: string): RollupColumn => ({
    type: "Nullable(Float64)",
    codec: "ZSTD(1)",
    description,
});

/** Distinct values, sorted. */
export const listOf = (type: "String" | "UInt64", description: string, personal = false): RollupColumn => ({
    type: `Array(${type})`,
    codec: "ZSTD(1)",
    description,
    personal,
});

/** Columns every rollup begins with, by need. */
export const common = {
    run: label("Run of a replay or simulation, '' for live and backfill"),
    minute: { type: "DateTime('UTC')", codec: "Delta(4), ZSTD(1)", description: "Start of the minute" },
    day: { type: "Date", codec: "Delta(2), ZSTD(1)", description: "Day, UTC" },
    user_id: text("Pseudonymous id of the user", true),
    symbol: label("Instrument"),
    venue: label("Venue or market segment"),
} satisfies Record<string, RollupColumn>;

/** How long rollups of minutes are kept: two days more than facts, so that a day's minutes are all there as long as one of its facts can come in. */
export const minuteDays = 32;
/** How long daily rollups and first-seen states are kept. */
export const longDays = 400;
