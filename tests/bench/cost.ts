// What a second of a rule costs with much stored against little: the same rows in its window, history in the same days, only more of it.
import { statfsSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from "@clickhouse/client";
import { type Rule, rules } from "../../schema/rules";
import { defaults } from "../../schema/rules/spec";
import { startClickHouseHost } from "../support/clickhouse";
import { createDetection } from "../support/detection";
import { removeFolder, temporaryFolder } from "../support/processes";
import { median } from "./report";

const historyDays = 25;
const windowHours = 4;
/** Rows of the window: those two hours that rules look back span several marks of the index on both sides. */
const windowRows = 200_000;
/** Their numbers, far from those of the history: the same rows on both sides. */
const windowFirst = 1e12;
const rowsPerStatement = 2_000_000;
const leastFreeBytes = 15e9;
/** The window ends at this hour of yesterday, so that its day holds history as well. */
const endHour = 20;

/** Rules that read trades of users and nothing else of any size: what is stored here is all they look at. */
const measured = rules.filter(
    ({ reads }) => reads.rollups.length === 0 && reads.facts.length === 1 && reads.facts[0] === "user_trades",
);

/** What a rule cost with little and with much stored. */
export interface Cost {
    readonly rule: string;
    readonly few: Side;
    readonly many: Side;
    /** Of the times of the calls, pair by pair: median, least and most. */
    readonly ratios: readonly number[];
}

interface Side {
    readonly rows: number;
    readonly ms: number;
    readonly readRows: number;
}

/** An engine of its own. */
export class Warehouse {
    private constructor(
        readonly client: ClickHouseClient,
        /** Its HTTP interface. */
        readonly url: string,
        private readonly end: () => Promise<void>,
    ) {}

    /** Starts one with the tables of detection and these rules. */
    static async start(wanted: readonly Rule[]): Promise<Warehouse> {
        const path = temporaryFolder("warehouse");
        const host = await startClickHouseHost({ path });
        const client = createClient({
            url: host.url,
            request_timeout: 1_800_000,
            log: { level: ClickHouseLogLevel.OFF },
            clickhouse_settings: { max_execution_time: 1_800, use_query_condition_cache: 0 },
        });
        const end = async (): Promise<void> => {
            await client.close();
            await host.stop();
            removeFolder(path);
        };
        await createDetection(client, wanted).catch(async (error: unknown) => {
            await end();
            throw error;
        });
        return new Warehouse(client, host.url, end);
    }

    /** Ends it and removes what it stored. */
    stop(): Promise<void> {
        return this.end();
    }

    /** Runs an INSERT of `count` numbers from `first` on, given as {begin} and {amount}, in pieces. Throws where the disk gets full. */
    async fill(query: string, first: number, count: number, parameters: Record<string, unknown>): Promise<void> {
        for (let at = 0; at < count; at += rowsPerStatement) {
            const { bavail, bsize } = statfsSync(tmpdir());
            if (bavail * bsize < leastFreeBytes)
                throw new Error(
                    `${tmpdir()} has ${String(bavail * bsize)} bytes free, the measurement stops below 15 GB: take fewer --facts`,
                );
            const query_params = { ...parameters, begin: first + at, amount: Math.min(rowsPerStatement, count - at) };
            await this.client.command({ query, query_params });
        }
    }

    /** Milliseconds of a query until its last row is here, and the rows the server read. */
    async timed(query: string, query_params: Record<string, unknown>): Promise<{ ms: number; readRows: number }> {
        const began = performance.now();
        const result = await this.client.query({ query, query_params, format: "JSON" });
        const { statistics } = await result.json();
        return { ms: performance.now() - began, readRows: statistics?.rows_read ?? Number.NaN };
    }
}

/** Trades between 20,000 users in 40 instruments, evenly from {from} on, {step} microseconds apart. */
const someTrades = `
    INSERT INTO facts.user_trades (event_id, event_time, received_at, ingested_at, version, source_id, origin, venue, symbol,
        trade_id, trade_version, status, price, quantity, taker_side, maker_user_id, maker_account_id, maker_order_id,
        taker_user_id, taker_account_id, taker_order_id)
    SELECT lower(hex(sipHash128(number))), fromUnixTimestamp64Micro(toInt64({from:Float64} * 1e6 + (number - {first:UInt64}) * {step:Float64})) AS t,
        t, t, bitNot(toUInt64(toUnixTimestamp64Milli(t))), 'bench', 'live', 'main', concat('T', toString(cityHash64(number, 1) % 40), 'USDT'),
        toString(number), 1, 'executed', toString(90 + cityHash64(number, 2) % 20), toString(1 + cityHash64(number, 3) % 9), if(number % 2, 'buy', 'sell'),
        concat('u', toString(cityHash64(number, 4) % 20000) AS maker), concat('a', maker), concat('m', toString(number)),
        concat('u', toString(cityHash64(number, 5) % 20000) AS taker), concat('a', taker), concat('t', toString(number))
    FROM numbers({begin:UInt64}, {amount:UInt64})`;

/** End of the window, seconds since 1970. */
function windowEnd(): number {
    const day = 86_400;
    return (Math.floor(Date.now() / 1_000 / day) - 1) * day + endHour * 3_600;
}

async function store(warehouse: Warehouse, rows: number, until: number): Promise<void> {
    const from = until - windowHours * 3_600;
    const put = (first: number, count: number, start: number, seconds: number): Promise<void> =>
        warehouse.fill(someTrades, first, count, { first, from: start, step: (seconds / count) * 1e6 });
    await put(0, rows - windowRows, from - historyDays * 86_400, historyDays * 86_400);
    await put(windowFirst, windowRows, from, windowHours * 3_600);
    // Both in merged parts, so that not the number of parts is compared.
    await warehouse.client.command({ query: "OPTIMIZE TABLE facts.user_trades FINAL" });
}

/** Calls a rule for the last second of the window, as the evaluator does each second, by turns on both sides. */
async function costOf(
    rule: Rule,
    sides: readonly [Warehouse, Warehouse],
    counts: readonly [number, number],
    until: number,
    rounds: number,
): Promise<Cost> {
    const time = (seconds: number): string => new Date(seconds * 1_000).toISOString().replace("T", " ").slice(0, -1);
    const parameters = { ...defaults(rule), run: "", since: time(until - 1), as_of: time(until) };
    const call = (side: 0 | 1): Promise<{ ms: number; readRows: number }> => sides[side].timed(rule.call, parameters);
    const pairs: { few: { ms: number; readRows: number }; many: { ms: number; readRows: number } }[] = [];
    // The first calls compile and fill caches, and are not counted.
    for (let round = -3; round < rounds; round++) {
        const first = round % 2 === 0 ? await call(0) : await call(1);
        const second = round % 2 === 0 ? await call(1) : await call(0);
        if (round >= 0) pairs.push(round % 2 === 0 ? { few: first, many: second } : { few: second, many: first });
    }
    const side = (which: "few" | "many", rows: number): Side => ({
        rows,
        ms: median(pairs.map((pair) => pair[which].ms)),
        readRows: median(pairs.map((pair) => pair[which].readRows)),
    });
    return {
        rule: rule.id,
        few: side("few", counts[0]),
        many: side("many", counts[1]),
        ratios: pairs.map(({ few, many }) => many.ms / few.ms),
    };
}

/** Costs of the rules on `facts` trades against a fiftieth of them, in engines of their own that are gone afterwards; `calls` of each on each side. */
export async function costs(facts: number, calls: number): Promise<Cost[]> {
    const counts = [Math.max(Math.round(facts / 50), windowRows * 2), facts] as const;
    const until = windowEnd();
    const started: Warehouse[] = [];
    try {
        for (const count of counts) {
            const warehouse = await Warehouse.start(measured);
            started.push(warehouse);
            await store(warehouse, count, until);
        }
        const [few, many] = started;
        if (few === undefined || many === undefined) throw new Error("an engine is missing");
        const found: Cost[] = [];
        for (const rule of measured) found.push(await costOf(rule, [few, many], counts, until, calls));
        return found;
    } finally {
        for (const warehouse of started) await warehouse.stop();
    }
}

/** A line for each rule: milliseconds and rows read with little and with much stored, and their ratio. */
export function costLines(found: readonly Cost[]): string[] {
    const side = ({ rows, ms, readRows }: Side): string =>
        `${rows.toLocaleString("en")} rows stored ${ms.toFixed(1)} ms, read_rows ${readRows.toLocaleString("en")}`;
    const load = (loadavg()[0] ?? Number.NaN).toFixed(1);
    return found.map(
        ({ rule, few, many, ratios }) =>
            `rule ${rule}, one second, ${windowRows.toLocaleString("en")} rows in ${String(windowHours)} h before: ${side(few)}; ${side(many)}; ` +
            `ratio ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}, ${String(ratios.length)} calls by turns, load average ${load}; aim <= 1.5)`,
    );
}
