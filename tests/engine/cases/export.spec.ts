// Proves, on the real engine: a case pack holds the user's orders and trades in order with the quotes and book around them, funding, logins, links, evidence
// and the rule, and nothing of others; its manifest has the SHA-256 of each file; a second export has the same bytes. Does not prove: large cases.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bench, eventOf } from "./bench";

const at = Date.now() - 1_800_000;

describe("npm run alerts -- export", function () {
    this.timeout(120_000);
    const bench = Bench.use();
    let folder: string;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "case-test-"));
    });
    after(() => rm(folder, { recursive: true, force: true }));

    const lines = async (pack: string, file: string): Promise<Record<string, unknown>[]> =>
        (await readFile(join(folder, pack, `${file}.jsonl`), "utf8"))
            .split("\n")
            .filter((line) => line !== "")
            .map((line) => JSON.parse(line) as Record<string, unknown>);

    it("writes a case with its proofs, twice the same", async () => {
        const alert = await bench.travels("u", at);
        const market = { venue: "ours", symbol: "BTCUSDT" };
        const mine = { user_id: "u", account_id: "u-account" };
        const order = { ...market, revision: "1", state: "new", price: "100.5", quantity: "0.25" };
        const sides = {
            taker_user_id: "u",
            taker_account_id: "u-account",
            maker_user_id: "v",
            maker_account_id: "v-account",
        };
        const trade = {
            ...market,
            ...sides,
            trade_version: "1",
            status: "executed",
            taker_side: "buy",
            price: "100.4",
            quantity: "0.25",
        };
        const quote = { ...market, update_id: "1", bid_price: "100.3", ask_price: "100.6" };
        await bench.store("user_orders", eventOf("user_orders", at + 1_000, { ...order, ...mine, order_id: "mine" }));
        await bench.store(
            "user_orders",
            eventOf("user_orders", at + 1_500, { ...order, user_id: "v", account_id: "v-account", order_id: "other" }),
        );
        await bench.store("user_trades", eventOf("user_trades", at + 2_000, { ...trade, trade_id: "t" }));
        await bench.store(
            "book_tickers",
            eventOf("book_tickers", at + 500, quote),
            eventOf("book_tickers", at + 1_800, { ...quote, update_id: "2", bid_price: "100.4" }),
        );
        const tick = { ...market, kind: "delta", first_update_id: "1", bids: [["100.4", "1"]], asks: [] };
        await bench.store(
            "order_book_ticks",
            eventOf("order_book_ticks", at + 900, { ...tick, final_update_id: "1" }),
            eventOf("order_book_ticks", at + 900_000, { ...tick, final_update_id: "2" }),
        );
        await bench.store(
            "user_deposits",
            eventOf("user_deposits", at - 60_000, { ...mine, deposit_id: "d", state: "credited" }),
        );
        await bench.store(
            "account_links",
            eventOf("account_links", at - 90_000, { account_id: "w-account", linked_account_id: "u-account" }),
        );

        const said = await bench.ann("alerts", "export", alert, "--to", join(folder, "one"));
        assert.match(said, /^timeline\.jsonl +2 +Orders and trades/m);
        const timeline = await lines("one", "timeline");
        assert.deepEqual(
            timeline.map(({ fact, id, role, side, price }) => ({ fact, id, role, side, price })),
            [
                { fact: "user_orders", id: "mine", role: "own", side: "buy", price: "100.5" },
                { fact: "user_trades", id: "t", role: "taker", side: "buy", price: "100.4" },
            ],
        );
        assert.deepEqual(
            (await lines("one", "quotes")).map(({ fact, bid_price: bid }) => ({ fact, bid })),
            [
                { fact: "user_orders", bid: "100.3" },
                { fact: "user_trades", bid: "100.4" },
            ],
        );
        const counts = ["orders", "trades", "book", "funding", "logins", "linked_accounts", "evidence", "alert"];
        const found = await Promise.all(counts.map(async (file) => (await lines("one", file)).length));
        assert.deepEqual(found, [1, 1, 1, 1, 2, 1, 2, 1]);
        const rule = JSON.parse(await readFile(join(folder, "one", "rule.json"), "utf8")) as { query: string };
        assert.match(rule.query, /trading\.user_actions/);

        await bench.ann("alerts", "export", alert, "--to", join(folder, "two"));
        const manifest = async (pack: string): Promise<{ file: string; sha256: string }[]> =>
            (
                JSON.parse(await readFile(join(folder, pack, "manifest.json"), "utf8")) as {
                    files: { file: string; sha256: string }[];
                }
            ).files;
        const proofs = await manifest("one");
        assert.deepEqual(await manifest("two"), proofs);
        for (const { file, sha256 } of proofs)
            assert.equal(
                createHash("sha256")
                    .update(await readFile(join(folder, "one", file)))
                    .digest("hex"),
                sha256,
                file,
            );

        const again = await bench.run("alerts", "export", alert, "--to", join(folder, "one"));
        assert.equal(again.code, 2);
        assert.match(again.err, /^alerts: .*one is not empty; a case goes into a folder of its own\n$/);
    });
});
