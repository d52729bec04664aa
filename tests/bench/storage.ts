// Bytes per row and column as declared, against the same data stored plainly; codecs are chosen by what this prints (npm run codecs).
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClickHouseClient } from "@clickhouse/client";
import { type Declaration, marketTrades, orderBookTicks } from "../../schema";
import { createTable, tableOf, type ColumnSpec, type TableSpec } from "../../schema/ddl";
import { ticks, trades, type Tick, type Trade } from "./samples";

/** What a variant of a table takes, bytes per row. */
export interface Storage {
    total: number;
    byColumn: Record<string, number>;
}

const variants = {
    tuned: (spec: ColumnSpec): ColumnSpec => spec,
    /** The same exact types without a codec: the server's LZ4, text where the words are few. */
    plain: ({ type }: ColumnSpec): ColumnSpec => ({ type: unlabelled(type) }),
    /** The same with inexact numbers, as benchmarks often have it. */
    floats: ({ type }: ColumnSpec): ColumnSpec => ({
        type: unlabelled(type).replace(/Decimal\(\d+, \d+\)/g, "Float64"),
    }),
};
export type Variant = keyof typeof variants;

const unlabelled = (type: string): string =>
    type.replace(/^LowCardinality\((.*)\)$/, "$1").replace(/Enum8\([^)]*\)/, "String");

/** Rows as the feed would store them: arrival columns filled, a flush every half second, a hundred events a message. */
function* stored(declaration: Declaration, events: Iterable<Trade | Tick>): Generator<string> {
    let n = 0;
    for (const event of events) {
        const at = Date.parse(event.event_time);
        const ingested = Math.floor(at / 500) * 500 + 700;
        const levels = "bids" in event ? { bids: event.bids.map(pair), asks: event.asks.map(pair) } : {};
        const arrival = {
            received_at: at + 40,
            ingested_at: ingested,
            version: String(2n ** 64n - 1n - BigInt(ingested)),
        };
        yield JSON.stringify({
            ...event,
            ...levels,
            ...arrival,
            _topic: declaration.topic.name,
            _partition: 0,
            _offset: Math.floor(n++ / 100),
        });
    }
}

const pair = ([price, quantity]: readonly [string, string]): { price: string; quantity: string } => ({
    price,
    quantity,
});

async function measure(client: ClickHouseClient, table: TableSpec, file: string): Promise<Storage> {
    const rows = async <T>(query: string): Promise<T[]> =>
        (await client.query({ query, format: "JSONEachRow" })).json<T>();
    await client.command({ query: createTable(table) });
    await client.command({
        query: `INSERT INTO ${table.database}.${table.name} SELECT * FROM file('${file}', JSONEachRow) SETTINGS date_time_input_format = 'best_effort'`,
    });
    await client.command({ query: `OPTIMIZE TABLE ${table.database}.${table.name} FINAL` });
    const found = await rows<{ column: string; bytes: number }>(
        `SELECT column, sum(column_data_compressed_bytes) / sum(rows) AS bytes FROM system.parts_columns
         WHERE database = '${table.database}' AND table = '${table.name}' AND active GROUP BY column ORDER BY bytes DESC`,
    );
    await client.command({ query: `DROP TABLE ${table.database}.${table.name}` });
    const byColumn = Object.fromEntries(found.map(({ column, bytes }) => [column, bytes]));
    return { total: Object.values(byColumn).reduce((sum, bytes) => sum + bytes, 0), byColumn };
}

/** Bytes per row of each variant of a fact. */
export async function storage(
    client: ClickHouseClient,
    fact: "market_trades" | "order_book_ticks",
): Promise<Record<Variant, Storage>> {
    const declaration: Declaration = fact === "market_trades" ? marketTrades : orderBookTicks;
    const start = Date.now() - 3_600_000;
    const events = fact === "market_trades" ? trades(300_000, start) : ticks(20_000, start);
    const folder = mkdtempSync(join(tmpdir(), "storage-"));
    const file = join(folder, "rows.jsonl");
    writeFileSync(file, [...stored(declaration, events)].join("\n"));
    try {
        const table = tableOf(declaration, 30);
        delete table.readingView;
        const result: Partial<Record<Variant, Storage>> = {};
        for (const [name, change] of Object.entries(variants)) {
            const columns = Object.fromEntries(
                Object.entries(table.columns).map(([column, spec]) => [column, change(spec)]),
            );
            // Wide parts, since compact ones have no sizes per column.
            const settings = { ...table.settings, min_bytes_for_wide_part: 0 };
            const spec = { ...table, name: `${fact}_${name}`, columns, settings };
            result[name as Variant] = await measure(client, spec, file);
        }
        return result as Record<Variant, Storage>;
    } finally {
        rmSync(folder, { recursive: true });
    }
}
