// Proves: a simulation is a sound stream - the same again for the same seed, every event as the catalogue declares it, in order of time, counted
// without a gap - and a sound venue: the book rebuilt from the facts is never crossed, orders live as they may, money is neither made nor lost.
// Does not prove: that it gets to the facts (tests/engine/simulator), nor that its traffic is like any real venue's.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { simulate, type SimulationOptions } from "../../../functions/simulator/simulate";
import { decimal, PlainBook } from "../../support/book";
import { options, play, played, type Row } from "./run";

const small: SimulationOptions = { ...options, accounts: 400, minutes: 30, historyDays: 3 };

function hash(given: SimulationOptions): string {
    const sum = createHash("sha256");
    for (const batch of simulate(given)) sum.update(batch.map(({ event }) => JSON.stringify(event)).join("\n"));
    return sum.digest("hex");
}

const units = (text: string | null | undefined): bigint => {
    const [whole = "0", fraction = ""] = (text ?? "0").split(".");
    return BigInt(whole + fraction.padEnd(18, "0"));
};

describe("simulator: the stream", function () {
    this.timeout(180_000);
    before(() => played());

    it("is the same, byte for byte, for the same options, and another for another seed", () => {
        assert.equal(hash(small), hash(small));
        assert.notEqual(hash(small), hash({ ...small, seed: small.seed + 1 }));
    });

    it("has every fact and reference it claims, each event as declared", () => {
        const names = new Set(played().events.map(({ declaration }) => declaration.name));
        const facts =
            "user_orders user_trades order_book_ticks book_tickers market_trades market_tickers user_deposits user_withdrawals user_actions social_posts sentiment_scores on_chain_transfers scenario_labels";
        const references = "users account_classes instruments fees limits addresses account_links";
        assert.deepEqual([...names].sort(), `${facts} ${references}`.split(" ").sort());
        for (const { declaration, event } of played().events) {
            assert.deepEqual(declaration.problems(event), [], JSON.stringify(event));
            assert.equal(event.event_id, declaration.eventId(event));
            assert.equal(event.origin, "synthetic");
        }
    });

    it("is in order of time, with unique ids, each source counted without a gap", () => {
        const next = new Map<string, number>();
        const ids = new Set<string>();
        let last = "";
        for (const { declaration, event } of played().events) {
            assert.ok(event.event_time >= last, `${event.event_time} after ${last}`);
            last = event.event_time;
            const source = String(event["source_id"]);
            const expected = (next.get(source) ?? 0) + 1;
            assert.equal(event.source_seq, String(expected), source);
            next.set(source, expected);
            ids.add(`${declaration.name} ${event.event_id}`);
        }
        assert.equal(ids.size, played().events.length);
    });

    it("does not tell by ids or texts who is in a scenario", () => {
        const scenarios = new Set(
            played()
                .rows("scenario_labels")
                .map(({ scenario }) => scenario ?? ""),
        );
        for (const { declaration, event } of played().events) {
            if (declaration.name === "scenario_labels") continue;
            const text = JSON.stringify(event).replaceAll("self_trade_prevention", "");
            for (const name of scenarios) assert.ok(!text.includes(name), text);
        }
    });
});

describe("simulator: the venue", function () {
    this.timeout(180_000);
    before(() => played());

    it("publishes a book that can be rebuilt, is what the snapshots say, and is never crossed", () => {
        for (const ticks of Map.groupBy(played().rows("order_book_ticks"), ({ symbol }) => symbol).values()) {
            const book = new PlainBook();
            let id = 0;
            for (const tick of ticks) {
                const [bids, asks] = [tick["bids"], tick["asks"]] as unknown as [string, string][][];
                assert.ok(bids && asks);
                if (tick["kind"] === "delta") {
                    assert.equal(Number(tick["first_update_id"]), id + 1);
                    book.apply(bids, asks);
                    id = Number(tick["final_update_id"]);
                    continue;
                }
                assert.equal(Number(tick["final_update_id"]), id);
                const whole = new PlainBook();
                whole.reset(bids, asks);
                assert.equal(book.toString(), whole.toString());
                const [bid, ask] = [bids[0]?.[0], asks[0]?.[0]];
                assert.ok(bid === undefined || ask === undefined || units(bid) < units(ask));
            }
            assert.ok(id > 1_000, "a book that lives");
        }
    });

    it("lets every order live as it may: states follow each other, and fills add up to what the trades say", () => {
        const trades = new Map<string, bigint>();
        for (const trade of played().rows("user_trades"))
            for (const order of [trade["maker_order_id"], trade["taker_order_id"]])
                trades.set(order ?? "", (trades.get(order ?? "") ?? 0n) + units(trade["quantity"]));
        const open = new Set(["new", "partially_filled", "amended"]);
        for (const [id, states] of Map.groupBy(played().rows("user_orders"), ({ order_id }) => order_id ?? "")) {
            states.forEach((state, index) => {
                assert.equal(state["revision"], String(index + 1));
                assert.ok(index === states.length - 1 || open.has(state["state"] ?? ""), `${id} ended twice`);
                assert.ok(units(state["filled_quantity"]) <= units(state["quantity"]));
                assert.equal(state["state"] === "filled", state["filled_quantity"] === state["quantity"]);
            });
            assert.equal(units(states.at(-1)?.["filled_quantity"]), trades.get(id) ?? 0n, id);
        }
    });

    it("neither makes nor loses money: every balance is the one before, and what happened since", () => {
        const balances = new Map<string, bigint>();
        let checked = 0;
        const change = (account: string | null | undefined, asset: string | null | undefined, by: bigint): void => {
            const slot = `${account ?? ""} ${asset ?? ""}`;
            const known = balances.get(slot);
            if (known !== undefined) balances.set(slot, known + by);
        };
        const expect = (row: Row): void => {
            const slot = `${row["account_id"] ?? ""} ${row["asset"] ?? ""}`;
            const known = balances.get(slot);
            if (known !== undefined) {
                assert.equal(known, units(row["balance_after"]), JSON.stringify(row));
                checked++;
            }
            balances.set(slot, units(row["balance_after"]));
        };
        for (const { declaration, event } of played().events) {
            const row = event as unknown as Row;
            if (declaration.name === "user_trades") settle(row, change);
            const outgoing = units(row["amount"]) + units(row["fee"]);
            if (declaration.name === "user_deposits") {
                if (row["state"] === "credited") change(row["account_id"], row["asset"], units(row["amount"]));
                expect(row);
            }
            if (declaration.name === "user_withdrawals") {
                if (row["state"] === "requested") change(row["account_id"], row["asset"], -outgoing);
                if (row["state"] === "failed") change(row["account_id"], row["asset"], outgoing);
                expect(row);
            }
        }
        assert.ok(checked > 5_000, `${String(checked)} balances checked`);
    });

    it("has makers on the other side of most trades", () => {
        const classes = played().rows("account_classes");
        const makers = new Set(classes.filter((row) => row["class"] === "maker").map((row) => row["account_id"]));
        assert.ok(makers.size >= 2 && makers.size <= 3);
        const trades = played().rows("user_trades");
        const made = trades.filter((trade) => makers.has(trade["maker_account_id"] ?? ""));
        assert.ok(made.length > trades.length / 2, `${String(made.length)} of ${String(trades.length)}`);
    });

    it("has all order types and times in force among its orders, and people who cannot pay", () => {
        const orders = played().rows("user_orders");
        const kinds = new Set(orders.map((row) => `${row["type"] ?? ""} ${row["time_in_force"] ?? ""}`));
        for (const kind of ["limit gtc", "limit ioc", "limit fok", "market ioc", "post_only gtc"])
            assert.ok(kinds.has(kind), kind);
        assert.ok(orders.some((row) => row["replaced_order_id"] !== null));
    });

    it("keeps people at home, unless they have the time to travel", () => {
        const clean = play({ ...small, accounts: 2_000, scenarios: {} });
        assert.deepEqual(clean.rows("scenario_labels"), []);
        for (const actions of Map.groupBy(clean.rows("user_actions"), ({ user_id }) => user_id).values())
            actions.reduce((before, after) => {
                const hours = (Date.parse(after["event_time"] ?? "") - Date.parse(before["event_time"] ?? "")) / 3.6e6;
                const vpn = after["asn_class"] === "vpn" || before["asn_class"] === "vpn";
                assert.ok(vpn || before["city"] === after["city"] || hours > 24, JSON.stringify([before, after]));
                return after;
            });
    });
});

/** Quote and base of a trade, on both sides. */
function settle(trade: Row, change: (account: string | null | undefined, asset: string, by: bigint) => void): void {
    const quantity = units(trade["quantity"]);
    const quote = (units(trade["price"]) * quantity) / 10n ** 18n;
    const base = (trade["symbol"] ?? "").replace("USDT", "");
    for (const role of ["maker", "taker"] as const) {
        const buys = (trade["taker_side"] === "buy") === (role === "taker");
        const sign = buys ? 1n : -1n;
        const account = trade[`${role}_account_id`];
        change(account, base, sign * quantity);
        const fee = trade[`${role}_fee`] ?? "0";
        const paid = fee.startsWith("-") ? -units(fee.slice(1)) : units(fee);
        change(account, decimal("USDT"), -sign * quote - paid);
    }
}
