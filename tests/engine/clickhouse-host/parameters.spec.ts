// Proves: values bound with @clickhouse/client reach the engine exactly, of every type the client can format, by URL and by multipart; and
// settings, database and default format of a request apply to it alone. Does not prove: the engine's own parsing of each type.
import assert from "node:assert/strict";
import { ClickHouseLogLevel, createClient, TupleParam } from "@clickhouse/client";
import { useClickHouseHost } from "../../support/clickhouse";

const STRINGS = [
    "plain",
    "",
    'it\'s "quoted"',
    "back\\slash \\n \\' \\\\",
    "line\nbreak\r\ntab\t",
    "null\\N",
    "{x:String}; DROP TABLE t; --",
    "ünïcode 🚀 \u0001\u0000 end",
];

describe("ClickHouse host: parameters and settings", function () {
    this.timeout(60_000);
    const host = useClickHouseHost();

    const select = async (type: string, value: unknown, multipart = false) => {
        const result = await host.client.query({
            query: `SELECT {v:${type}} AS v`,
            query_params: { v: value },
            use_multipart_params: multipart,
            format: "JSONEachRow",
            clickhouse_settings: { output_format_json_quote_64bit_integers: 1, output_format_json_quote_decimals: 1 },
        });
        const [row] = await result.json<{ v: unknown }>();
        return row?.v;
    };

    for (const multipart of [false, true]) {
        const way = multipart ? "multipart" : "URL";
        it(`strings (${way})`, async () => {
            for (const value of STRINGS) {
                assert.equal(await select("String", value, multipart), value);
            }
            assert.deepEqual(await select("Array(String)", STRINGS, multipart), STRINGS);
        });

        it(`numbers, booleans, nulls, dates, nested values (${way})`, async () => {
            assert.equal(await select("UInt64", 18446744073709551615n, multipart), "18446744073709551615");
            assert.equal(await select("Int32", -5, multipart), -5);
            assert.equal(await select("Float64", 1.5, multipart), 1.5);
            assert.equal(
                await select("Decimal(38, 18)", "12345678901234567890.000000000000000001", multipart),
                "12345678901234567890.000000000000000001",
            );
            assert.equal(await select("Bool", true, multipart), true);
            assert.equal(await select("Nullable(String)", null, multipart), null);
            assert.deepEqual(await select("Array(Nullable(Int8))", [1, null, 3], multipart), [1, null, 3]);
            assert.deepEqual(await select("Array(Array(String))", [["a'b"], []], multipart), [["a'b"], []]);
            assert.equal(await select("Date", "2026-08-30", multipart), "2026-08-30");
            assert.equal(
                await select("DateTime64(3)", new Date("2026-08-30T12:34:56.789Z"), multipart),
                "2026-08-30 12:34:56.789",
            );
            assert.deepEqual(await select("Tuple(UInt8, String)", new TupleParam([1, "x'y"]), multipart), [1, "x'y"]);
            assert.deepEqual(await select("Map(String, UInt8)", { "k'1": 1 }, multipart), { "k'1": 1 });
        });
    }

    it("identifiers", async () => {
        const result = await host.client.query({
            query: "SELECT name FROM {db:Identifier}.{table:Identifier} WHERE name = 'one'",
            query_params: { db: "system", table: "tables" },
            format: "CSV",
        });
        assert.equal(await result.text(), '"one"\n');
    });

    it("a parameter of 1 MB by multipart", async () => {
        const value = "x'\\".repeat(350_000);
        assert.equal(await select("String", value, true), value);
    });

    it("a parameter that is missing is the engine's error", async () => {
        await assert.rejects(host.client.query({ query: "SELECT {nosuch:String}" }), { code: "456" });
    });

    it("values that only look like SQL stay values", async () => {
        const value = "'); SELECT 1; --";
        assert.equal(await select("String", value), value);
    });

    it("settings apply to the one request", async () => {
        const query = "SELECT getSetting('max_threads') AS n, getSetting('log_comment') AS c";
        const ask = async (settings: Record<string, string | number>) =>
            (await host.client.query({ query, format: "JSONEachRow", clickhouse_settings: settings })).json<{
                n: string;
                c: string;
            }>();
        const [own] = await ask({ max_threads: 3, log_comment: "it's \\ mine" });
        assert.equal(Number(own?.n), 3);
        assert.equal(own?.c, "it's \\ mine");
        const [other] = await ask({});
        assert.notEqual(Number(other?.n), 3);
        await assert.rejects(ask({ nosuch_setting: 1 }), { code: "115" });
    });

    it("settings in the query itself, readonly included", async () => {
        const query = "SELECT getSetting('max_block_size') SETTINGS max_block_size = 77";
        const result = await host.client.query({ query, format: "TabSeparated" });
        assert.equal((await result.text()).trim(), "77");
        await assert.rejects(
            host.client.command({
                query: "CREATE TABLE x (a Int8) ENGINE = Memory",
                clickhouse_settings: { readonly: "1" },
            }),
            { code: "164" },
        );
    });

    it("the client's database", async () => {
        await host.client.command({ query: "CREATE DATABASE IF NOT EXISTS `other db`" });
        const other = createClient({ url: host.url, database: "other db" });
        const result = await other.query({
            query: "SELECT currentDatabase()",
            format: "TabSeparatedRaw" as "TabSeparated",
        });
        assert.equal((await result.text()).trim(), "other db");
        await other.close();
        const nosuch = createClient({ url: host.url, database: "nosuch", log: { level: ClickHouseLogLevel.OFF } });
        await assert.rejects(nosuch.query({ query: "SELECT 1" }), { code: "81" });
        await nosuch.close();
    });

    it("session time zone, and UTC without one", async () => {
        const query = "SELECT toString(toDateTime(0)) AS t, timezone() AS z";
        const ask = async (settings: Record<string, string>) => {
            const result = await host.client.query({ query, format: "JSONEachRow", clickhouse_settings: settings });
            return (await result.json<{ t: string; z: string }>())[0];
        };
        assert.deepEqual(await ask({}), { t: "1970-01-01 00:00:00", z: "UTC" });
        assert.deepEqual(await ask({ session_timezone: "Asia/Tokyo" }), { t: "1970-01-01 09:00:00", z: "Asia/Tokyo" });
    });
});
