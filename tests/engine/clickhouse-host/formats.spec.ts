// Proves: rows put in with @clickhouse/client in the common formats come out with the same values, compressed or not, to the byte where the
// format is binary. Does not prove: every format of the engine (they take the same way), nor speed.
import assert from "node:assert/strict";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { useClickHouseHost } from "../../support/clickhouse";

const ROWS = [
    { id: 1, name: "plain", tags: ["a", "b"], price: "95000.1" },
    { id: 2, name: "quotes ' \" and back\\slash", tags: [], price: "0.000000000000000001" },
    { id: 3, name: "line\nbreak\ttab\r", tags: ["it's", "x\\y"], price: "-1" },
    { id: 4, name: "ünïcode 🚀", tags: [""], price: "12345678901234567890.123456789012345678" },
];

describe("ClickHouse host: formats", function () {
    this.timeout(60_000);
    const host = useClickHouseHost();

    beforeEach(async () => {
        await host.client.command({
            query: "CREATE OR REPLACE TABLE rows (id UInt32, name String, tags Array(String), price Decimal(38, 18)) ENGINE = MergeTree ORDER BY id",
        });
    });

    const all = async () => {
        const result = await host.client.query({
            query: "SELECT id, name, tags, toString(price) AS price FROM rows ORDER BY id",
            format: "JSONEachRow",
        });
        return result.json();
    };

    it("JSONEachRow, in and out", async () => {
        const result = await host.client.insert({ table: "rows", values: ROWS, format: "JSONEachRow" });
        assert.equal(result.executed, true);
        assert.equal(result.summary?.written_rows, "4");
        assert.deepEqual(await all(), ROWS);
    });

    it("JSONCompactEachRow, in and out", async () => {
        const values = ROWS.map((row) => [row.id, row.name, row.tags, row.price]);
        await host.client.insert({ table: "rows", values, format: "JSONCompactEachRow" });
        assert.deepEqual(await all(), ROWS);
        const result = await host.client.query({
            query: "SELECT id, name FROM rows ORDER BY id",
            format: "JSONCompactEachRow",
        });
        assert.deepEqual(
            await result.json(),
            ROWS.map((row) => [row.id, row.name]),
        );
    });

    it("JSON, with its statistics", async () => {
        await host.client.insert({ table: "rows", values: ROWS, format: "JSONEachRow" });
        const result = await host.client.query({ query: "SELECT id, name FROM rows ORDER BY id", format: "JSON" });
        const json = await result.json<{ id: number; name: string }>();
        assert.equal(json.rows, 4);
        assert.deepEqual(
            json.data,
            ROWS.map(({ id, name }) => ({ id, name })),
        );
        assert.deepEqual(json.meta, [
            { name: "id", type: "UInt32" },
            { name: "name", type: "String" },
        ]);
        assert.equal(json.statistics?.rows_read, 4);
        const summary = JSON.parse(String(result.response_headers["x-clickhouse-summary"])) as Record<string, string>;
        assert.equal(summary.read_rows, "4");
        assert.equal(summary.result_rows, "4");
    });

    it("JSON of many blocks is one document", async () => {
        const result = await host.client.query({ query: "SELECT number FROM numbers(300000)", format: "JSON" });
        const json = await result.json<{ number: number }>();
        assert.equal(json.rows, 300_000);
        assert.equal(json.data.length, 300_000);
    });

    for (const format of ["CSV", "CSVWithNames", "TabSeparated", "TabSeparatedWithNames"] as const) {
        it(`${format}: what comes out goes in again`, async () => {
            await host.client.insert({ table: "rows", values: ROWS, format: "JSONEachRow" });
            const result = await host.client.query({ query: "SELECT * FROM rows ORDER BY id", format });
            const lines = await result.text();
            await host.client.command({ query: "TRUNCATE TABLE rows" });
            await host.client.insert({ table: "rows", values: Readable.from([lines], { objectMode: false }), format });
            assert.deepEqual(await all(), ROWS);
        });
    }

    it("CSVWithNames has its header once, however large the result", async () => {
        const result = await host.client.query({ query: "SELECT number FROM numbers(200000)", format: "CSVWithNames" });
        const lines = (await result.text()).trimEnd().split("\n");
        assert.equal(lines.length, 200_001);
        assert.equal(lines.filter((line) => line === '"number"').length, 1);
    });

    for (const format of ["Parquet", "RowBinary", "Native", "RowBinaryWithNamesAndTypes", "Arrow", "Values"]) {
        it(`${format}: raw bytes out by exec, in by exec`, async () => {
            await host.client.insert({ table: "rows", values: ROWS, format: "JSONEachRow" });
            const out = await host.client.exec({ query: `SELECT * FROM rows ORDER BY id FORMAT ${format}` });
            const bytes = await buffer(out.stream);
            if (format === "Parquet") {
                assert.equal(bytes.subarray(0, 4).toString(), "PAR1");
                assert.equal(bytes.subarray(-4).toString(), "PAR1");
            }
            await host.client.command({ query: "TRUNCATE TABLE rows" });
            const query = `INSERT INTO rows FORMAT ${format}`;
            const { stream } = await host.client.exec({ query, values: Readable.from([bytes]) });
            assert.equal(await text(stream), "");
            assert.deepEqual(await all(), ROWS);
        });
    }

    it("all 256 bytes survive RowBinary in both directions", async () => {
        await host.client.command({ query: "CREATE OR REPLACE TABLE bytes (b String) ENGINE = Memory" });
        const value = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
        const row = Buffer.concat([Buffer.from([0x80, 0x02]), value]);
        await host.client.exec({ query: "INSERT INTO bytes FORMAT RowBinary", values: Readable.from([row]) });
        const { stream } = await host.client.exec({ query: "SELECT * FROM bytes FORMAT RowBinary" });
        assert.deepEqual(await buffer(stream), row);
    });

    it("defaults are computed for columns left out, unknown columns are the setting's matter", async () => {
        await host.client.command({
            query: "CREATE OR REPLACE TABLE defaults (a UInt32, b String DEFAULT concat('b', toString(a)), c UInt64 MATERIALIZED a * 2) ENGINE = Memory",
        });
        await host.client.insert({ table: "defaults", values: [{ a: 1 }, { a: 2, b: "own" }], format: "JSONEachRow" });
        await host.client.insert({
            table: "defaults",
            values: [{ a: 3, nosuch: 1 }],
            format: "JSONEachRow",
            clickhouse_settings: { input_format_skip_unknown_fields: 1 },
        });
        await assert.rejects(
            host.client.insert({
                table: "defaults",
                values: [{ a: 4, nosuch: 1 }],
                format: "JSONEachRow",
                clickhouse_settings: { input_format_skip_unknown_fields: 0 },
            }),
            { code: "117" },
        );
        const result = await host.client.query({
            query: "SELECT a, b, c FROM defaults ORDER BY a",
            format: "JSONCompactEachRow",
        });
        assert.deepEqual(await result.json(), [
            [1, "b1", 2],
            [2, "own", 4],
            [3, "b3", 6],
        ]);
    });

    it("column lists, INSERT … SELECT, INSERT … VALUES with expressions, input()", async () => {
        await host.client.insert({
            table: "rows",
            values: [{ id: 7, name: "seven" }],
            columns: ["id", "name"],
            format: "JSONEachRow",
        });
        const selected = await host.client.command({
            query: "INSERT INTO rows (id, name) SELECT number + 10, 'selected' FROM numbers(5)",
        });
        assert.equal(selected.summary?.written_rows, "5");
        await host.client.command({
            query: "INSERT INTO rows VALUES (20, upper('v;'), ['a'], 1.5), (21, 'w', [], 2);",
        });
        await host.client.exec({
            query: "INSERT INTO rows (id, name) SELECT a, concat('in ', b) FROM input('a UInt32, b String') FORMAT TSV",
            values: Readable.from(["30\tx'y\n31\tz\n"], { objectMode: false }),
        });
        const result = await host.client.query({ query: "SELECT id, name FROM rows ORDER BY id", format: "CSV" });
        assert.equal(
            await result.text(),
            [
                '7,"seven"',
                ...[10, 11, 12, 13, 14].map((id) => `${id},"selected"`),
                '20,"V;"',
                '21,"w"',
                `30,"in x'y"`,
                '31,"in z"',
                "",
            ].join("\n"),
        );
    });

    it("an INSERT without rows inserts none", async () => {
        await host.client.exec({
            query: "INSERT INTO rows FORMAT JSONEachRow",
            values: Readable.from([], { objectMode: false }),
        });
        assert.deepEqual(await all(), []);
    });

    for (const codec of ["gzip", "br", "zstd"] as const) {
        it(`compression both ways: ${codec}`, async () => {
            const packed = createClient({
                url: host.url,
                log: { level: ClickHouseLogLevel.OFF },
                compression: { request: { codec }, response: { codec } },
            });
            await packed.insert({ table: "rows", values: ROWS, format: "JSONEachRow" });
            const result = await packed.query({
                query: "SELECT id, name FROM rows ORDER BY id",
                format: "JSONEachRow",
            });
            assert.equal(result.response_headers["content-encoding"], codec);
            assert.deepEqual(
                await result.json(),
                ROWS.map(({ id, name }) => ({ id, name })),
            );
            const large = await packed.query({ query: "SELECT number FROM numbers(500000)", format: "JSONEachRow" });
            assert.equal((await large.json()).length, 500_000);
            await assert.rejects(packed.query({ query: "SELECT nosuch" }), { code: "47" });
            await packed.close();
        });
    }
});
