// Proves, on the real engine: which price a token has in a minute: by source, age and path, never from another run, frozen once there is one; and
// that what has none is counted until a price comes.
// Does not prove: that amounts are valued by it exactly (recomputation.spec.ts here).
import assert from "node:assert/strict";
import { catalogue } from "../../../schema";
import { useClickHouseHost } from "../../support/clickhouse";
import { eager, type Row, settle, type Stored, Warehouse } from "./support";

const day = "2026-11-20";
let events = 0;

/** An event of a fact at a time of the day. */
function event(fact: string, time: string, columns: Readonly<Record<string, unknown>>): Stored {
    const declaration = catalogue.find(({ name }) => name === fact);
    assert.ok(declaration);
    const common = {
        event_id: `e${String(++events)}`,
        event_time: `${day}T${time}Z`,
        source_id: "test",
        origin: "live",
    };
    return { declaration, event: { ...common, ...columns } };
}

const instrument = (symbol: string, base: string, quote: string): Stored =>
    event("instruments", "00:00:00", {
        venue: "ours",
        symbol,
        base_asset: base,
        quote_asset: quote,
        status: "trading",
    });
const trade = (time: string, symbol: string, price: string, quantity: string, more = {}): Stored =>
    event("user_trades", time, {
        ...{
            venue: "ours",
            symbol,
            trade_id: `t${String(events)}`,
            trade_version: "1",
            status: "executed",
            taker_side: "buy",
        },
        ...{ maker_user_id: "m", maker_account_id: "ma", taker_user_id: "t", taker_account_id: "ta", price, quantity },
        ...more,
    });
const deposit = (time: string, asset: string, more = {}): Stored =>
    event("user_deposits", time, {
        deposit_id: `d${String(events)}`,
        state: "credited",
        user_id: "u",
        account_id: "a",
        asset,
        amount: "3",
        ...more,
    });
const quoted = (time: string, symbol: string, bid: string, ask: string): Stored =>
    event("book_tickers", time, {
        venue: "elsewhere",
        symbol,
        update_id: String(events),
        bid_price: bid,
        ask_price: ask,
    });
const ticker = (time: string, symbol: string, price: string): Stored =>
    event("market_tickers", time, { venue: "elsewhere", symbol, last_price: price });
const printed = (time: string, symbol: string, price: string): Stored =>
    event("market_trades", time, {
        venue: "elsewhere",
        symbol,
        trade_id: String(events),
        price,
        quantity: "1",
        taker_side: "buy",
    });

describe("prices in the reporting currency", function () {
    this.timeout(200_000);
    const host = useClickHouseHost();
    let warehouse: Warehouse;

    before(async () => {
        warehouse = new Warehouse(host.client);
        await warehouse.create();
    });
    beforeEach(() => warehouse.empty());

    /** Stores events, refreshes, and gives the price of each token and minute asked for as `price source source_minute`. */
    async function pricesAfter(
        ...arriving: Stored[]
    ): Promise<(token: string, time: string, run?: string) => string | undefined> {
        await warehouse.store(arriving);
        await settle(eager(host.client));
        const rows = await warehouse.rows("token_prices");
        return (token, time, run = "") => {
            const row = rows.find(
                (each) => each["token"] === token && each["minute"] === `${day} ${time}:00` && each["run"] === run,
            );
            return (
                row && `${String(row["price"])} ${String(row["source"])} ${String(row["source_minute"]).slice(11, 16)}`
            );
        };
    }
    const depositor = async (): Promise<Row | undefined> =>
        (await warehouse.rows("user_minutes")).find((row) => row["user_id"] === "u");

    it("are our venue's average of the last minute with trades, up to an hour old", async () => {
        const price = await pricesAfter(
            ...[
                instrument("AAAUSDT", "AAA", "USDT"),
                trade("12:00:10", "AAAUSDT", "10", "1"),
                trade("12:00:40", "AAAUSDT", "20", "3"),
            ],
            ...[deposit("12:01:05", "AAA"), deposit("12:59:59", "AAA"), deposit("13:00:00", "AAA")],
        );
        assert.equal(price("AAA", "12:01"), "17.5 own 12:00");
        assert.equal(price("AAA", "12:59"), "17.5 own 12:00");
        assert.equal(price("AAA", "13:00"), "null none 13:00");
        assert.equal(price("AAA", "12:00"), "17.5 own 12:00", "its own minute's, where there is nothing before");
        assert.equal(price("USDT", "12:00"), "1 declared 12:00");
    });

    it("come from minutes that are over, where there are any", async () => {
        const price = await pricesAfter(
            trade("12:00:10", "AAAUSDT", "10", "1"),
            trade("12:01:10", "AAAUSDT", "99", "1"),
        );
        assert.equal(price("AAA", "12:01"), "10 own 12:00");
    });

    it("come from other venues where ours has none: trades before quotes before tickers", async () => {
        const price = await pricesAfter(
            ...[ticker("12:00:01", "CCCUSDT", "4"), deposit("12:01:00", "CCC")],
            ...[quoted("12:01:01", "CCCUSDT", "4", "6"), deposit("12:02:00", "CCC")],
            ...[printed("12:02:01", "CCCUSDT", "7"), deposit("12:03:00", "CCC")],
            ...[trade("12:03:01", "CCCUSDT", "8", "1"), deposit("12:04:00", "CCC")],
        );
        assert.equal(price("CCC", "12:01"), "4 market_tickers 12:00");
        assert.equal(price("CCC", "12:02"), "5 book_tickers 12:01");
        assert.equal(price("CCC", "12:03"), "7 market_trades 12:02");
        assert.equal(price("CCC", "12:04"), "8 own 12:03");
    });

    it("go over another asset where no pair leads straight to the reporting currency", async () => {
        const price = await pricesAfter(
            ...[
                instrument("BBB-AAA", "BBB", "AAA"),
                trade("12:00:10", "AAAUSDT", "10", "1"),
                trade("12:00:20", "BBB-AAA", "2.5", "1"),
            ],
            ...[deposit("12:01:05", "BBB"), deposit("12:01:05", "USDC")],
        );
        assert.equal(price("BBB", "12:01"), "25 own 12:00");
        assert.equal(price("USDC", "12:01"), "1 declared 12:01");
    });

    it("stay as they were first needed, whatever comes late", async () => {
        await pricesAfter(trade("12:00:10", "AAAUSDT", "10", "1"), deposit("12:01:05", "AAA"));
        const price = await pricesAfter(trade("12:00:20", "AAAUSDT", "30", "1"), deposit("12:02:05", "AAA"));
        assert.equal(price("AAA", "12:01"), "10 own 12:00");
        assert.equal(price("AAA", "12:02"), "20 own 12:00");
    });

    it("are missed and counted until one comes, then used", async () => {
        const before = await pricesAfter(deposit("12:05:05", "DDD"));
        assert.equal(before("DDD", "12:05"), "null none 12:05");
        const unpriced = await depositor();
        assert.deepEqual(
            [unpriced?.["deposits"], unpriced?.["unpriced_deposits"], unpriced?.["deposit_amount"]],
            ["1", "1", "0"],
        );
        const after = await pricesAfter(trade("12:04:30", "DDDUSDT", "2", "1"));
        assert.equal(after("DDD", "12:05"), "2 own 12:04");
        const priced = await depositor();
        assert.deepEqual(
            [priced?.["deposits"], priced?.["unpriced_deposits"], priced?.["deposit_amount"]],
            ["1", "0", "6"],
        );
    });

    it("are of one run only", async () => {
        const price = await pricesAfter(
            trade("12:00:10", "AAAUSDT", "10", "1"),
            deposit("12:01:05", "AAA", { run_id: "r" }),
        );
        assert.equal(price("AAA", "12:01", "r"), "null none 12:01");
    });

    it("are not made by a trade that was busted before", async () => {
        const bust = { trade_id: "x", trade_version: "2", status: "busted" };
        const price = await pricesAfter(
            trade("12:00:10", "AAAUSDT", "10", "1", { trade_id: "x" }),
            trade("12:30:00", "AAAUSDT", "10", "1", bust),
            deposit("12:31:00", "AAA"),
        );
        assert.equal(price("AAA", "12:31"), "null none 12:31");
    });
});
