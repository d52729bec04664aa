// Proves, on the real engine: the view names missing, reused and repeated numbers and wrong totals, exactly and nothing else, in the cases that
// could be taken for each other: several facts of one count, runs, backfill, out of order, the edges of the period, totals without a symbol.
// Does not prove: repeats that were merged away, and the command (reconcile.spec.ts here).
import assert from "node:assert/strict";
import { createClient, type ClickHouseClient } from "@clickhouse/client";
import { type Declaration, facts } from "../../../schema";
import { createTable, databases, qualified, readingViewSql, tableOf } from "../../../schema/ddl";
import { sourceDifferences, views } from "../../../schema/views";
import { differencesOf } from "../../../functions/completeness/differences";
import { startClickHouseHost, type TestClickHouse } from "../../support/clickhouse";

type Row = Record<string, unknown> & { source_seq?: string; at?: number };

const period = { from: new Date("2026-11-22T14:00:00Z"), until: new Date("2026-11-22T16:00:00Z") };
const hour = "2026-11-22 14:00:00";

describe("the view of differences between facts and their sources' word", function () {
    this.timeout(120_000);
    let host: TestClickHouse;
    let client: ClickHouseClient;
    let offset = 0;

    const declared = (fact: string): Declaration => {
        const found = facts.find(({ name }) => name === fact);
        assert.ok(found);
        return found;
    };

    /** Stores events of a source, each from a message of its own; `at` are seconds after 14:00. */
    async function store(fact: string, source: string, rows: readonly Row[]): Promise<void> {
        const base: Row = {
            ...{
                source_id: source,
                origin: "live",
                venue: "v",
                symbol: "BTC",
                revision: "1",
                state: "new",
                user_id: "u",
            },
            ...{
                account_id: "a",
                side: "buy",
                type: "limit",
                time_in_force: "gtc",
                filled_quantity: "0",
                quantity: "1.5",
            },
            ...{
                trade_version: 1,
                status: "executed",
                price: "1",
                taker_side: "buy",
                maker_user_id: "m",
                maker_account_id: "m",
            },
            ...{ maker_order_id: "m", maker_fee: "0", maker_fee_asset: "X", taker_user_id: "t", taker_account_id: "t" },
            ...{
                taker_order_id: "t",
                taker_fee: "0",
                taker_fee_asset: "X",
                deposit_id: "d",
                asset: "USDT",
                amount: "2.5",
            },
        };
        const columns = new Set([...Object.keys(declared(fact).columns), "_offset", "version"]);
        const values = rows.map(({ at = 60, ...row }) => {
            offset += 1;
            const id = { event_id: `${source}/${row.source_seq ?? String(offset)}`, _offset: offset, version: 1 };
            const all: Row = {
                ...base,
                order_id: String(offset),
                trade_id: String(offset),
                ...id,
                event_time: new Date(period.from.getTime() + at * 1_000).toISOString(),
                ...row,
            };
            return Object.fromEntries(Object.entries(all).filter(([column]) => columns.has(column)));
        });
        await client.insert({
            table: qualified(databases.facts, fact),
            values,
            format: "JSONEachRow",
            // One insert is one block; as a feed writes one block after the other, equal events of a test come in several.
            clickhouse_settings: { date_time_input_format: "best_effort", async_insert: 0 },
        });
    }

    const numbers = (from: number, to: number, change: Row = {}): Row[] =>
        Array.from({ length: to - from + 1 }, (_, index) => ({ source_seq: String(from + index), ...change }));

    const total = (source: string, change: Row): Promise<void> =>
        store("control_totals", source, [
            {
                fact: "user_orders",
                hour,
                revision: 1,
                symbol: null,
                quantity: null,
                event_id: `${source}/total/${String(offset)}`,
                at: 3_601,
                ...change,
            },
        ]);

    /** What the view tells of a source. */
    async function told(source: string): Promise<string[]> {
        const all = await differencesOf(client, period);
        return all
            .filter(({ source_id: id }) => id === source)
            .map(({ kind, run_id: run, fact, symbol, first, last, events, expected, found }) =>
                [kind, run, fact, symbol, first ?? "", last ?? "", events, expected, found]
                    .filter((word) => word !== "")
                    .join(" "),
            )
            .sort();
    }

    before(async () => {
        host = await startClickHouseHost();
        client = createClient({ url: host.url, request_timeout: 60_000 });
        const run = (query: string): Promise<unknown> => client.command({ query });
        for (const database of Object.values(databases)) await run(`CREATE DATABASE ${database}`);
        for (const fact of facts) {
            const table = tableOf(fact, 30);
            await run(createTable(table));
            await run(readingViewSql(table) ?? "");
        }
        for (const { database, name, query } of views)
            await run(`CREATE OR REPLACE VIEW ${qualified(database, name)} AS ${query}`);
    });
    after(async () => {
        await client.close();
        await host.stop();
    });

    it("has nothing to say of a source without a gap, whatever the order its events came in", async () => {
        await store("user_orders", "whole", numbers(1, 400).reverse());
        await store("user_orders", "whole", numbers(402, 500));
        await store("user_trades", "whole", numbers(401, 401));
        assert.deepEqual(await told("whole"), []);
    });

    it("names the numbers that no fact of a source has, as ranges", async () => {
        await store("user_orders", "gaps", [...numbers(10, 49), ...numbers(53, 99)]);
        await store("user_trades", "gaps", numbers(101, 120));
        assert.deepEqual(await told("gaps"), ["missing 100 100 1", "missing 50 52 3"]);
    });

    it("lets backfill close a gap, keeps runs apart, and counts public trades by symbol", async () => {
        await store("user_orders", "mended", [...numbers(1, 5), ...numbers(8, 9)]);
        await store("user_orders", "mended", numbers(6, 7, { origin: "backfill" }));
        assert.deepEqual(await told("mended"), []);
        for (const run of ["r1", "r2"])
            await store(
                "user_orders",
                "runs",
                numbers(run === "r1" ? 1 : 3, 4, { run_id: run, origin: "synthetic", event_id: undefined }).map(
                    (row) => ({ ...row, event_id: `${run}/${row.source_seq ?? ""}` }),
                ),
            );
        await store("user_orders", "runs", [{ source_seq: "6", run_id: "r2", origin: "synthetic", event_id: "r2/6" }]);
        assert.deepEqual(await told("runs"), ["missing r2 5 5 1"]);
        for (const symbol of ["AAA", "BBB"])
            await store(
                "market_trades",
                "public",
                numbers(symbol === "AAA" ? 1 : 1_000, symbol === "AAA" ? 3 : 1_003).map((row) => ({
                    ...row,
                    symbol,
                    event_id: `${symbol}/${row.source_seq ?? ""}`,
                })),
            );
        await store("market_trades", "public", [{ source_seq: "5", symbol: "AAA", event_id: "AAA/5" }]);
        assert.deepEqual(await told("public"), ["missing AAA 4 4 1"]);
    });

    it("takes what lies just outside of the period for there, and tells only what lies in it", async () => {
        await store("user_orders", "edges", [
            ...numbers(1, 10, { at: -1_800 }),
            ...numbers(14, 20),
            ...numbers(21, 30, { at: 9_000 }),
            ...numbers(33, 40, { at: 9_000 }),
        ]);
        assert.deepEqual(await told("edges"), ["missing 11 13 3"]);
    });

    it("names numbers used for different events, and those that came twice as long as they are not merged", async () => {
        await store("user_orders", "twice", numbers(1, 20));
        await store(
            "user_orders",
            "twice",
            numbers(5, 6, { event_id: undefined }).map((row) => ({
                ...row,
                event_id: `other/${row.source_seq ?? ""}`,
            })),
        );
        assert.deepEqual(await told("twice"), ["reused user_orders 5 6 2"]);
        await client.command({ query: "SYSTEM STOP MERGES facts.user_trades" });
        await store("user_trades", "again", numbers(1, 20));
        await store("user_trades", "again", numbers(5, 8));
        assert.deepEqual(await told("again"), ["repeated user_trades 5 8 4"]);
        await client.command({ query: "SYSTEM START MERGES facts.user_trades" });
    });

    it("agrees with true totals, by symbol and over all, and takes the last revision", async () => {
        await store("user_orders", "honest", [
            ...numbers(1, 3),
            { source_seq: "4", symbol: "ETH", quantity: "0.000000000000000001" },
        ]);
        await total("honest", { symbol: "BTC", events: "3", quantity: "4.5", first_seq: "1", last_seq: "3" });
        await total("honest", { symbol: "ETH", events: "9", quantity: "9" });
        await total("honest", { symbol: "ETH", events: "1", quantity: "0.000000000000000001", revision: 2 });
        await total("honest", { events: "4", quantity: "4.500000000000000001" });
        assert.deepEqual(await told("honest"), []);
    });

    it("names a total that differs in number or sum, one for an hour without events, and a symbol without one", async () => {
        await store("user_orders", "liar", [
            ...numbers(1, 3),
            { source_seq: "4", symbol: "ETH" },
            { source_seq: "5", symbol: "XRP" },
        ]);
        await total("liar", { symbol: "BTC", events: "4", quantity: "4.5" });
        await total("liar", { symbol: "ETH", events: "1", quantity: "1.500000000000000001" });
        await total("liar", { fact: "user_deposits", symbol: "USDT", events: "2", quantity: "5" });
        assert.deepEqual(await told("liar"), [
            "control_total user_deposits USDT 2 2 events, sum 5 0 events",
            "control_total user_orders BTC 4 4 events, sum 4.5 3 events, sum 4.5",
            "control_total user_orders ETH 1 1 events, sum 1.500000000000000001 1 events, sum 1.5",
            "no_control_total user_orders XRP 1 a total 1 events, sum 1.5",
        ]);
    });

    it("learns from a total what is missing at the end and at the beginning", async () => {
        await store("user_orders", "ends", numbers(5, 20));
        await total("ends", { events: "16", first_seq: "3", last_seq: "24" });
        assert.deepEqual(await told("ends"), ["missing 21 24 4", "missing 3 4 2"]);
        await total("silent", { events: "0", first_seq: "7", last_seq: "9" });
        assert.deepEqual(await told("silent"), ["missing 7 9 3"]);
    });

    const transfer = (n: number, amount: string): Row => ({
        ...{ source_seq: String(n), amount, chain: "c", transaction_hash: "h", transfer_index: n, block_number: 1 },
        ...{ token: "T", decimals: 18, from_address: "f", to_address: "t", watched_address: "w", status: "confirmed" },
    });

    it("sums amounts of 256 bits", async () => {
        const wei = "19416800000000000000000000000001";
        await store("on_chain_transfers", "chain", [
            { ...transfer(1, wei), event_id: "chain/1" },
            { ...transfer(2, "2"), event_id: "chain/2" },
        ]);
        const sum = "19416800000000000000000000000003";
        await total("chain", { fact: "on_chain_transfers", symbol: "T", events: "2", quantity: sum });
        assert.deepEqual(await told("chain"), []);
        await total("chain", { fact: "on_chain_transfers", symbol: "T", events: "2", quantity: "1", revision: "2" });
        assert.deepEqual(await told("chain"), [
            `control_total on_chain_transfers T 2 2 events, sum 1 2 events, sum ${sum}`,
        ]);
    });

    it("says nothing of a sum with an amount that no total could hold", async () => {
        const amount = "115792089237316195423570985008687907853269984665640564039457584007913";
        await store("on_chain_transfers", "huge", [{ ...transfer(1, amount), event_id: "huge/1" }]);
        await total("huge", { fact: "on_chain_transfers", symbol: "T", events: "1", quantity: "1" });
        assert.deepEqual(await told("huge"), []);
    });

    it("shows the last day through the view of warnings, without those that may still be on their way", async () => {
        const at = (minutesAgo: number): number => (Date.now() - minutesAgo * 60_000 - period.from.getTime()) / 1_000;
        await store("user_orders", "now", [
            ...numbers(1, 3, { at: at(60) }),
            ...numbers(6, 7, { at: at(59) }),
            ...numbers(9, 9, { at: at(2) }),
        ]);
        const result = await client.query({
            query: "SELECT first, last FROM trading.source_warnings WHERE source_id = 'now'",
            format: "JSONEachRow",
            clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
        });
        assert.deepEqual(await result.json(), [{ first: "4", last: "5" }]);
        assert.equal(sourceDifferences.name, "source_differences");
    });
});
