// The facts of a run against the simulator's ledger: what differs, and nothing when every row is there exactly once.
import { setTimeout as pause } from "node:timers/promises";
import { type ClickHouseClient } from "@clickhouse/client";
import { z } from "zod";
import { type Declaration } from "../../schema";
import { type Ledger, measureOf, type Total, units } from "./ledger";

/**
 * How long nothing may arrive before what is missing is called missing. A feed with a backlog shows 65,536 rows at once, which takes a machine over
 * 20 s that also judges the hours of the run.
 */
const patienceMs = 60_000;
const pollMs = 500;

const storedRow = z.object({
    source: z.string(),
    symbol: z.string(),
    hour: z.string(),
    events: z.coerce.number(),
    amount: z.string(),
    checksum: z.coerce.number(),
});

/** Totals of what is stored, by source, symbol and hour. */
type Stored = ReadonlyMap<string, z.output<typeof storedRow>>;

const slot = (of: { source: string; symbol: string | null; hour: string }): string =>
    `${of.source} ${of.symbol ?? ""} ${of.hour}`;

async function stored(client: ClickHouseClient, declaration: Declaration, run: string): Promise<Stored> {
    const { group, amount } = measureOf(declaration);
    const result = await client.query({
        query: `SELECT source_id AS source, ${group === undefined ? "''" : `toString(${group})`} AS symbol,
            formatDateTime(toStartOfHour(event_time), '%Y-%m-%dT%H:00:00Z', 'UTC') AS hour, count() AS events,
            ${amount === undefined ? "'0'" : `toString(sum(${amount}))`} AS amount, groupBitXor(CRC32(event_id)) AS checksum
            FROM trading.${declaration.name} WHERE run_id = {run:String} GROUP BY source, symbol, hour`,
        query_params: { run },
        format: "JSONEachRow",
    });
    const rows = z.array(storedRow).parse(await result.json());
    return new Map(rows.map((row) => [slot(row), row]));
}

function difference(total: Total, found: z.output<typeof storedRow> | undefined): string | undefined {
    const what = `${total.declaration.name} ${total.symbol ?? "(all)"} ${total.hour}`;
    if (found === undefined) return `${what}: sent ${String(total.events)} events, found none`;
    if (found.events !== total.events)
        return `${what}: sent ${String(total.events)} events, found ${String(found.events)}`;
    if (total.amount !== null && units(found.amount) !== total.amount)
        return `${what}: sent amounts that sum to other than the ${found.amount} found`;
    return found.checksum === total.checksum ? undefined : `${what}: as many events as sent, but others`;
}

/** Compares once; one line per symbol and hour that differs. */
export async function differences(client: ClickHouseClient, ledger: Ledger, run: string): Promise<string[]> {
    const lines: string[] = [];
    for (const [declaration, totals] of Map.groupBy(ledger.totals, (total) => total.declaration)) {
        const left = new Map(await stored(client, declaration, run));
        for (const total of totals) {
            const place = slot(total);
            const line = difference(total, left.get(place));
            left.delete(place);
            if (line !== undefined) lines.push(line);
        }
        for (const { symbol, hour, events } of left.values())
            lines.push(`${declaration.name} ${symbol} ${hour}: sent none, found ${String(events)} events`);
    }
    return lines;
}

async function arrived(client: ClickHouseClient, ledger: Ledger, run: string): Promise<number> {
    const names = new Set(ledger.totals.map(({ declaration }) => declaration.name));
    const counts = [...names].map((name) => `SELECT count() AS n FROM trading.${name} WHERE run_id = {run:String}`);
    const result = await client.query({
        query: `SELECT sum(n) AS n FROM (${counts.join(" UNION ALL ")})`,
        query_params: { run },
        format: "JSONEachRow",
    });
    return z.tuple([z.object({ n: z.coerce.number() })]).parse(await result.json())[0].n;
}

/** Waits until as many events as sent are stored, or none has come for a while; then compares. */
export async function verify(client: ClickHouseClient, ledger: Ledger, run: string): Promise<string[]> {
    let last = -1;
    let since = performance.now();
    while (performance.now() - since < patienceMs) {
        const now = await arrived(client, ledger, run);
        if (now >= ledger.events) break;
        if (now !== last) since = performance.now();
        last = now;
        await pause(pollMs);
    }
    return differences(client, ledger, run);
}
