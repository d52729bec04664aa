// Proves, on the real engine: a held user's facts survive the expiry of their days, those of others do not, and a hold that is repeated copies each row once; an
// erased user's marked columns are nowhere, in no column of text of any table, while others keep their rows; what is held stays, is logged and said.
// Does not prove: that Kafka forgets (its retention does), nor what lies in backups.
import assert from "node:assert/strict";
import { sha256 } from "../../../functions/evaluator/rules/canonical";
import { Bench, eventOf } from "./bench";

const dayMs = 86_400_000;
const noon = Math.floor(Date.now() / dayMs) * dayMs - dayMs / 2;
const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** What a person is known by, so that none of it can be anything else. */
const personal = (canary: string): Record<string, string> => ({
    ...{ user_id: canary, account_id: `${canary}-account`, session_id: `${canary}-session` },
});

describe("npm run alerts -- hold and erase", function () {
    this.timeout(120_000);
    const bench = Bench.use();

    let lives = 0;

    /** A day in the life of somebody, a row in every fact that knows people. */
    async function live(canary: string, at: number): Promise<void> {
        const id = String(++lives);
        const mine = personal(canary);
        const market = { venue: "ours", symbol: "BTCUSDT" };
        await bench.store(
            "user_orders",
            eventOf("user_orders", at, {
                ...market,
                ...mine,
                api_key_id: `${canary}-key`,
                order_id: `o-${id}`,
            }),
        );
        await bench.store(
            "user_withdrawals",
            eventOf("user_withdrawals", at, {
                ...mine,
                withdrawal_id: `w-${id}`,
                address: `${canary}-address`,
            }),
        );
        await bench.store(
            "user_deposits",
            eventOf("user_deposits", at, {
                user_id: canary,
                account_id: `${canary}-account`,
                deposit_id: `d-${id}`,
            }),
        );
        await bench.store(
            "user_actions",
            eventOf("user_actions", at, {
                ...mine,
                action_id: `a-${id}`,
                device_id: `${canary}-device`,
                user_agent: `${canary}-agent`,
                city: `${canary}-city`,
            }),
        );
        const parties = {
            maker_user_id: canary,
            maker_account_id: `${canary}-account`,
            taker_user_id: "other",
            taker_account_id: "other-account",
        };
        await bench.store("user_trades", eventOf("user_trades", at, { ...market, ...parties, trade_id: `t-${id}` }));
        await bench.store("users", eventOf("users", at, { user_id: canary }));
        await bench.store(
            "account_links",
            eventOf("account_links", at, { account_id: "other-account", linked_account_id: `${canary}-account` }),
        );
        await bench.store("account_classes", eventOf("account_classes", at, { account_id: `${canary}-account` }));
        await bench.store(
            "addresses",
            eventOf("addresses", at, { chain: "ethereum", address: `${canary}-deposit`, user_id: canary }),
        );
        await bench.store(
            "scenario_labels",
            eventOf("scenario_labels", at, { entity_id: canary, scenario_id: `s-${id}` }),
        );
        await bench.store(
            "on_chain_transfers",
            eventOf("on_chain_transfers", at, {
                transfer_index: id,
                from_address: "venue",
                to_address: `${canary}-address`,
            }),
        );
        const letter = {
            fact: "user_orders",
            topic: "t",
            partition: 0,
            offset: lives,
            line: 0,
            class: "refused",
            reason: "x",
            version: "1",
        };
        const received_at = new Date(at).toISOString();
        await bench.database.insert("facts.dead_letters", [
            {
                ...letter,
                raw: `{"user_id":"${canary}","price":"x"}`,
                key: `${canary}-account`,
                received_at,
                ingested_at: received_at,
            },
            {
                ...letter,
                line: 1,
                raw: `{"user_id":"${canary}2","price":"x"}`,
                key: "",
                received_at,
                ingested_at: received_at,
            },
        ]);
        await bench.database.insert("rollups.first_seen", [
            {
                run: "",
                user_id: canary,
                kind: "device",
                value: `${canary}-device`,
                first_seen: received_at,
                last_seen: received_at,
            },
        ]);
        await bench.database.insert("rollups.pair_minutes", [
            {
                run: "",
                minute: received_at,
                symbol: "BTCUSDT",
                maker_account_id: `${canary}-account`,
                taker_account_id: "other-account",
            },
        ]);
    }

    /** Tables and columns that hold the canary as a name of its own, or with something behind it. */
    async function traces(canary: string): Promise<string[]> {
        const all = await bench.database.rows<{ place: string; column: string }>(
            `SELECT concat(database, '.', table) AS place, name AS column FROM system.columns
             WHERE database IN ('facts', 'rollups', 'detection', 'ingest') AND (type LIKE '%String%' OR type LIKE 'IPv6')
                AND table IN (SELECT name FROM system.tables WHERE engine LIKE '%MergeTree') ORDER BY place, column`,
        );
        assert.ok(all.length > 200, String(all.length));
        const found: string[] = [];
        for (const [place, columns] of Map.groupBy(all, (each) => each.place)) {
            const counts = columns.map(
                ({ column }) => `countIf(match(toString(\`${column}\`), '${canary}($|[^0-9])')) AS \`${column}\``,
            );
            const [row] = await bench.database.rows<Record<string, number>>(
                `SELECT ${counts.join(", ")} FROM ${place}`,
            );
            for (const [column, count] of Object.entries(row ?? {})) if (count > 0) found.push(`${place}.${column}`);
        }
        return found;
    }

    it("keeps a held user's facts when they expire, each once", async () => {
        await live("keeper", noon - 3 * dayMs);
        await live("free", noon - 3 * dayMs);
        assert.match(
            await bench.ann("alerts", "hold", "add", "--user", "keeper", "--reason", "case 7"),
            /^user keeper is held: 9 rows/,
        );
        await live("keeper", noon - dayMs);
        assert.match(await bench.ann("alerts", "hold", "copy"), /^user keeper: 18 rows$/m);
        assert.match(
            await bench.ann("alerts", "hold", "add", "--user", "keeper", "--reason", "again"),
            /is held: 18 rows/,
        );
        for (const fact of ["user_orders", "user_trades", "user_withdrawals", "user_deposits", "user_actions"])
            await bench.command(`ALTER TABLE facts.${fact} DROP PARTITION '${day(noon - 3 * dayMs)}'`);
        const held = await bench.database.rows<{ fact: string; rows: number; users: string[] }>(
            `SELECT fact, count() AS rows, groupUniqArray(JSONExtractString(content, 'user_id')) AS users, countIf(hash != lower(hex(SHA256(content)))) AS wrong
             FROM trading.held_facts WHERE event_time < '${day(noon - 2 * dayMs)}' AND fact IN ('user_orders', 'user_withdrawals') GROUP BY fact ORDER BY fact`,
        );
        assert.deepEqual(held, [
            { fact: "user_orders", rows: 1, users: ["keeper"], wrong: 0 },
            { fact: "user_withdrawals", rows: 1, users: ["keeper"], wrong: 0 },
        ]);
        assert.match(await bench.ann("alerts", "hold", "list"), /^user +keeper +18 .* case 7$/m);
    });

    it("holds an alert with what its user did around it, and a token with its instruments", async () => {
        const at = noon - 5 * dayMs;
        const alert = await bench.travels("suspect", at);
        const order = (id: string, when: number, user: string, symbol = "ETHUSDT"): Promise<void> => {
            const own = { venue: "ours", symbol, order_id: id, user_id: user, account_id: `${user}-account` };
            return bench.store("user_orders", eventOf("user_orders", when, own));
        };
        await order("near", at + 60_000, "suspect");
        await order("far", at + 5 * 3_600_000, "suspect");
        await order("stranger", at + 60_000, "stranger", "DOGEUSDT");
        const instrument = { venue: "ours", symbol: "DOGEUSDT", base_asset: "DOGE" };
        await bench.store("instruments", eventOf("instruments", at, instrument));
        assert.match(await bench.ann("alerts", "hold", "add", "--alert", alert, "--reason", "x"), /is held: 3 rows/);
        assert.match(await bench.ann("alerts", "hold", "add", "--token", "DOGE", "--reason", "x"), /is held: 2 rows/);
        const held = await bench.database.rows<{ fact: string; id: string }>(
            "SELECT fact, JSONExtractString(content, 'order_id') AS id FROM trading.held_facts WHERE fact = 'user_orders' AND id IN ('near', 'far', 'stranger') ORDER BY id",
        );
        assert.deepEqual(
            held.map(({ id }) => id),
            ["near", "stranger"],
        );
        const { code, err } = await bench.run("alerts", "hold", "release", "--token", "BTC");
        assert.deepEqual([code, err], [2, 'alerts: token "BTC" is not held; npm run alerts -- hold list\n']);
    });

    it("leaves no trace of an erased user, and others as they were", async () => {
        const alert = await bench.travels("canary", noon - 2 * dayMs);
        await live("canary", noon - 2 * dayMs + 60_000);
        await bench.ann("alerts", "show", alert);
        await bench.ann("alerts", "list", "--entity", "canary");
        await bench.ann("alerts", "close", alert, "--as", "confirmed", "--note", "canary admitted it");
        await bench.ann("alerts", "hold", "add", "--user", "canary", "--reason", "mistake");
        await bench.ann("alerts", "hold", "release", "--user", "canary");
        await live("canary2", noon - 2 * dayMs + 120_000);
        const before = await traces("canary2");
        assert.ok((await traces("canary")).length > 25);
        const said = await bench.ann("alerts", "erase", "--user", "canary");
        assert.match(said, /^facts\.user_trades +1 +cleared$/m);
        assert.match(said, /^facts\.user_orders +1 +deleted$/m);
        assert.deepEqual(await traces("canary"), []);
        assert.deepEqual(await traces("canary2"), before);
        assert.deepEqual(
            await bench.database.rows(
                "SELECT maker_user_id, taker_user_id FROM trading.user_trades WHERE maker_user_id IN ('canary', 'erased')",
            ),
            [{ maker_user_id: "erased", taker_user_id: "other" }],
        );
        const explained = await bench.run("alerts", "explain", alert);
        assert.match(explained.out, /2 rows of evidence were erased; their hashes remain/);
        const log = await bench.database.rows<{ subject: string }>(
            "SELECT subject FROM trading.audit_log WHERE action = 'erase'",
        );
        assert.match(log[0]?.subject ?? "", /^user:sha256:[0-9a-f]{64}$/);
    });

    it("excepts what is held, and says so", async () => {
        const said = await bench.ann("alerts", "erase", "--user", "keeper");
        assert.match(said, /^kept, because it is held: 18 copied rows under the hold of user keeper$/m);
        const places = await traces("keeper");
        assert.deepEqual(
            places.filter((place) => !/^detection\.(held_facts|holds)\./.test(place)),
            [],
        );
        assert.ok(places.includes("detection.held_facts.content"));
        await bench.ann("alerts", "hold", "release", "--user", "keeper");
        await bench.ann("alerts", "erase", "--user", "keeper");
        assert.deepEqual(await traces("keeper"), []);
    });

    it("goes on where it was interrupted, with what facts that are gone no longer tell", async () => {
        const account = "keeper-account";
        const left = { erasure: sha256("keeper").slice(0, 32), kind: "account", value: account };
        await bench.store("account_classes", eventOf("account_classes", noon, { account_id: account }));
        await bench.ann("alerts", "erase", "--user", "keeper");
        assert.ok((await traces("keeper")).includes("facts.account_classes.account_id"));
        await bench.database.insert("detection.erasing", [left]);
        await bench.ann("alerts", "erase", "--user", "keeper");
        assert.deepEqual(await traces("keeper"), []);
    });
});
