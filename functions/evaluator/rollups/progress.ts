// How far a rollup has been computed, as the table rollups.progress keeps it: what a restarted evaluator goes on from.
import { createHash } from "node:crypto";
import { type ClickHouseClient } from "@clickhouse/client";
import { qualified } from "../../../schema/ddl";
import { progressTable, type Rollup } from "../../../schema/rollups";

const table = qualified(progressTable.database, progressTable.name);

/** How far a rollup is. */
export interface Progress {
    /** Arrivals up to then have been looked at, milliseconds since 1970. */
    readonly watermark: number;
    /** Starts of the periods still to be computed, seconds since 1970, in the order they were noted. */
    readonly pending: readonly number[];
    /** When it was written, microseconds since 1970. */
    readonly updatedAt: number;
}

/** Names a rollup's declaration: what was computed by another one is computed again. */
export const definitionOf = ({ columns, key, select, touched }: Rollup): string =>
    createHash("sha256")
        .update(JSON.stringify([Object.entries(columns).map(([name, { type }]) => [name, type]), key, select, touched]))
        .digest("hex")
        .slice(0, 16);

/** Microseconds since 1970 as ClickHouse reads a time, `YYYY-MM-DD hh:mm:ss.ffffff`. */
export function timeText(microseconds: number): string {
    const [date, rest] = new Date(Math.floor(microseconds / 1_000)).toISOString().replace("Z", "").split("T");
    return `${date ?? ""} ${rest ?? ""}${String(microseconds % 1_000).padStart(3, "0")}`;
}

/** Reads how far the rollup is; one that is new or was declared otherwise begins with everything that is stored. */
export async function loadProgress(client: ClickHouseClient, rollup: Rollup): Promise<Progress> {
    const result = await client.query({
        query: `SELECT definition, toUnixTimestamp64Milli(watermark) AS watermark, arrayMap(p -> toUInt32(p), pending) AS pending,
                toUnixTimestamp64Micro(updated_at) AS updatedAt FROM ${table} FINAL WHERE rollup = {rollup:String}`,
        query_params: { rollup: rollup.name },
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
        format: "JSONEachRow",
    });
    const [row] = await result.json<Progress & { definition: string }>();
    if (row === undefined) return { watermark: 0, pending: [], updatedAt: 0 };
    const { watermark, pending, updatedAt } = row;
    return row.definition === definitionOf(rollup)
        ? { watermark, pending, updatedAt }
        : { watermark: 0, pending: [], updatedAt };
}

/** Writes how far the rollup is. */
export async function saveProgress(client: ClickHouseClient, rollup: Rollup, progress: Progress): Promise<void> {
    const { watermark, pending, updatedAt } = progress;
    await client.insert({
        table,
        values: [
            {
                rollup: rollup.name,
                definition: definitionOf(rollup),
                watermark: timeText(watermark * 1_000),
                pending,
                updated_at: timeText(updatedAt),
            },
        ],
        format: "JSONEachRow",
        clickhouse_settings: { async_insert: 0 },
    });
}
