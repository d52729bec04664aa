// Proves: invariants every declaration must hold, and that the rendered SQL is the committed one (npm run golden rewrites it).
// Does not prove: that ClickHouse accepts the SQL; tests/engine/schema does.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { catalogue, facts } from "../../../schema";
import { feedOf, tableOf } from "../../../schema/ddl";
import { goldenPath, renderSample } from "../../golden/render";

describe("schema: the catalogue", () => {
    it("declares every fact and reference of the mission, once", () => {
        const names = catalogue.map((declaration) => declaration.name);
        assert.equal(new Set(names).size, names.length);
        for (const name of [
            ...["market_tickers", "market_trades", "book_tickers", "order_book_ticks", "user_orders", "user_trades"],
            ...["user_deposits", "user_withdrawals", "user_actions", "social_posts", "sentiment_scores"],
            ...[
                "on_chain_transfers",
                "scenario_labels",
                "source_notices",
                "control_totals",
                "users",
                "account_links",
                "instruments",
            ],
            ...["fees", "limits", "addresses", "account_classes"],
        ])
            assert.ok(names.includes(name), name);
    });

    for (const declaration of catalogue) {
        const own = Object.keys(declaration.columns);
        describe(declaration.name, () => {
            it("has identity, sort key and Kafka key among its columns", () => {
                for (const column of [...declaration.identity, ...declaration.entity, ...declaration.key])
                    assert.ok(own.includes(column), column);
            });

            it("has a topic, a consumer group and a feed of its own that writes only columns its table has", () => {
                const feed = feedOf(declaration, { retentionDays: 30, futureHours: 24, settings: {} });
                const table = tableOf(declaration, 30);
                assert.equal(feed.topic, `trading.${declaration.name}.v1`);
                assert.equal(feed.group, `clickhouse.${declaration.name}`);
                for (const column of Object.keys(feed.columns)) assert.ok(column in table.columns, column);
            });

            it("keeps event_time itself out of the sort key, so that a window reads its minutes only", () => {
                assert.ok(!tableOf(declaration, 30).orderBy.includes("event_time"));
            });

            it("describes every column and marks personal data in its comment", () => {
                const { columns } = tableOf(declaration, 30);
                for (const [name, column] of Object.entries(columns)) {
                    assert.ok((column.comment ?? "").length > 2, name);
                    assert.equal(
                        column.comment?.startsWith("[personal data]"),
                        declaration.columns[name]?.personal ?? false,
                        name,
                    );
                }
            });
        });
    }

    it("marks the identity of a person as personal data wherever it appears", () => {
        const identifying =
            /^(user_id|account_id|linked_account_id|sub_account_id|session_id|device_id|ip|maker_user_id|taker_user_id|maker_account_id|taker_account_id|api_key_id)$/;
        for (const { name, columns } of catalogue)
            for (const [column, { personal }] of Object.entries(columns))
                if (identifying.test(column)) assert.ok(personal, `${name}.${column}`);
    });

    it("gives every fact a retention and every market fact a venue", () => {
        for (const fact of facts) {
            assert.deepEqual(tableOf(fact, fact.retentionDays ?? 0).ttl, { column: "event_time", days: 30 });
            if (/^(market_|book_|order_book|user_orders|user_trades)/.test(fact.name))
                assert.ok("venue" in fact.columns, fact.name);
        }
    });

    it("renders the SQL that is committed", () => {
        assert.equal(
            renderSample(),
            readFileSync(goldenPath, "utf8"),
            "the SQL changed: run npm run golden and review the diff",
        );
    });
});
