// How fast a dashboard's panels are answered from rollups of the size that many facts leave behind.
import { loadavg } from "node:os";
import { Warehouse } from "./cost";
import { percentile } from "./report";
import { seeded } from "./samples";

const days = 25;
const users = 20_000;
const tokens = 40;
/** Facts that one minute of one user is made of: so many rows the rollup of users' minutes has less than there are facts. */
const factsPerUserMinute = 2;
const minutes = days * 1_440;

/** A panel: what is asked, about a user or a token that is another one each time. */
interface Panel {
    readonly name: string;
    readonly query: string;
}

const lately = (column: string, hours: number): string =>
    `run = '' AND ${column} > {end:DateTime('UTC')} - toIntervalHour(${String(hours)}) AND ${column} <= {end:DateTime('UTC')}`;
const lastDays = (count: number): string =>
    `run = '' AND day > toDate({end:DateTime('UTC')}) - ${String(count)} AND day <= toDate({end:DateTime('UTC')})`;

const panels: readonly Panel[] = [
    {
        name: "candles of a token, 24 h by minute",
        query: `SELECT minute, open, high, low, close, base_volume FROM trading.token_minutes WHERE ${lately("minute", 24)} AND symbol = {symbol:String} ORDER BY minute`,
    },
    {
        name: "tokens by volume, last hour",
        query: `SELECT symbol, sum(quote_volume) AS volume, sum(trades) AS n, sum(orders) / n AS otr FROM trading.token_minutes WHERE ${lately("minute", 1)} GROUP BY symbol ORDER BY volume DESC`,
    },
    {
        name: "the venue by minute, last hour",
        query: `SELECT minute, sum(fills) AS fills, sum(buy_volume) AS bought, sum(withdrawal_amount) AS withdrawn, count() AS users FROM trading.user_minutes WHERE ${lately("minute", 1)} GROUP BY minute ORDER BY minute`,
    },
    {
        name: "a user by minute, last 4 h",
        query: `SELECT minute, orders, cancels, fills, buy_volume, sell_volume, withdrawal_amount FROM trading.user_minutes WHERE ${lately("minute", 4)} AND user_id = {user:String} ORDER BY minute`,
    },
    {
        name: "a user by day, all that is kept",
        query: `SELECT day, fills, buy_volume, sell_volume, deposit_amount, withdrawal_amount FROM trading.user_days WHERE ${lastDays(days)} AND user_id = {user:String} ORDER BY day`,
    },
    {
        name: "users by withdrawals, today",
        query: `SELECT user_id, sum(withdrawal_amount) AS withdrawn FROM trading.user_days WHERE ${lastDays(1)} GROUP BY user_id ORDER BY withdrawn DESC LIMIT 20`,
    },
    {
        name: "a token by day, all that is kept",
        query: `SELECT day, open, high, low, close, base_volume, wash_share FROM trading.token_days WHERE ${lastDays(days)} AND symbol = {symbol:String} ORDER BY day`,
    },
];

/** What a panel took. */
export interface PanelTime {
    readonly panel: string;
    readonly p50: number;
    readonly p95: number;
    readonly readRows: number;
    readonly calls: number;
}

const amount = (salt: number): string => `toDecimal256(cityHash64(number, ${String(salt)}) % 100000, 18)`;
const counted = (salt: number): string => `cityHash64(number, ${String(salt)}) % 5`;
const at = "toDateTime({from:UInt32}, 'UTC')";

/** INSERTs of the rollups, by number of rows. */
const fills = (facts: number): { rows: number; query: string }[] => {
    const perMinute = Math.max(1, Math.round(facts / factsPerUserMinute / minutes));
    const price = (salt: number): string => `toDecimal128(90 + cityHash64(number, ${String(salt)}) % 20, 18)`;
    return [
        {
            // Users of a minute follow one another by a step that is prime to their number: each at most once.
            rows: perMinute * minutes,
            query: `INSERT INTO rollups.user_minutes (run, minute, user_id, orders, cancels, fills, buy_volume, sell_volume, withdrawals, withdrawal_amount, ips, refreshed_at)
                SELECT '', ${at} + toIntervalMinute(intDiv(number, ${String(perMinute)})) AS m, concat('u', toString((number * 7919) % ${String(users)})),
                    ${counted(1)}, ${counted(2)}, ${counted(3)}, ${amount(4)}, ${amount(5)}, number % 50 = 0, if(number % 50 = 0, ${amount(6)}, toDecimal256(0, 18)),
                    [concat('::ffff:192.0.2.', toString(number % 250))], m FROM numbers({begin:UInt64}, {amount:UInt64})`,
        },
        {
            rows: tokens * minutes,
            query: `INSERT INTO rollups.token_minutes (run, minute, venue, symbol, token, quote, trades, open, high, low, close, base_volume, quote_volume, orders, cancels, refreshed_at)
                SELECT '', ${at} + toIntervalMinute(intDiv(number, ${String(tokens)})) AS m, 'main', concat('T', toString(number % ${String(tokens)}) AS n, 'USDT'), concat('T', n), 'USDT',
                    ${counted(1)} + 1, ${price(2)}, ${price(3)}, ${price(4)}, ${price(5)}, ${amount(6)}, ${amount(7)}, ${counted(8)}, ${counted(9)}, m
                FROM numbers({begin:UInt64}, {amount:UInt64})`,
        },
        {
            rows: users * days,
            query: `INSERT INTO rollups.user_days (run, user_id, day, active_minutes, fills, buy_volume, sell_volume, deposit_amount, withdrawals, withdrawal_amount, refreshed_at)
                SELECT '', concat('u', toString(number % ${String(users)})), toDate(${at}) + 1 + intDiv(number, ${String(users)}) AS d, 60, 100, ${amount(1)}, ${amount(2)}, ${amount(3)}, 2, ${amount(4)}, d
                FROM numbers({begin:UInt64}, {amount:UInt64})`,
        },
        {
            rows: tokens * days,
            query: `INSERT INTO rollups.token_days (run, symbol, day, token, trades, open, high, low, close, base_volume, quote_volume, wash_share, refreshed_at)
                SELECT '', concat('T', toString(number % ${String(tokens)}), 'USDT'), toDate(${at}) + 1 + intDiv(number, ${String(tokens)}) AS d, 'T', 1000, ${price(1)}, ${price(2)}, ${price(3)}, ${price(4)},
                    ${amount(5)}, ${amount(6)}, 0.01, d FROM numbers({begin:UInt64}, {amount:UInt64})`,
        },
    ];
};

/** Times of each panel over `calls` calls, on rollups as `facts` facts leave them, in an engine of its own that is gone afterwards. */
export async function dashboards(facts: number, calls: number): Promise<PanelTime[]> {
    const warehouse = await Warehouse.start([]);
    try {
        const end = Math.floor(Date.now() / 60_000) * 60;
        for (const { rows, query } of fills(facts)) await warehouse.fill(query, 0, rows, { from: end - days * 86_400 });
        const found: PanelTime[] = [];
        for (const panel of panels) found.push(await timesOf(warehouse, panel, end, calls));
        return found;
    } finally {
        await warehouse.stop();
    }
}

async function timesOf(warehouse: Warehouse, { name, query }: Panel, end: number, calls: number): Promise<PanelTime> {
    const random = seeded(3);
    const times: number[] = [];
    let readRows = Number.NaN;
    // The first calls compile and fill caches, and are not counted.
    for (let call = -3; call < calls; call++) {
        const [user, symbol] = [
            `u${String(Math.floor(random() * users))}`,
            `T${String(Math.floor(random() * tokens))}USDT`,
        ];
        const answer = await warehouse.timed(query, { end, user, symbol });
        readRows = answer.readRows;
        if (call >= 0) times.push(answer.ms);
    }
    return { panel: name, p50: percentile(times, 0.5), p95: percentile(times, 0.95), readRows, calls };
}

/** A line for each panel. */
export const dashboardLines = (facts: number, found: readonly PanelTime[]): string[] =>
    found.map(
        ({ panel, p50, p95, readRows, calls }) =>
            `dashboard, ${panel}: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, read_rows ${readRows.toLocaleString("en")} ` +
            `(${String(calls)} calls, rollups as of ${facts.toLocaleString("en")} facts, load average ${(loadavg()[0] ?? Number.NaN).toFixed(1)}; aim p95 < 50 ms)`,
    );
