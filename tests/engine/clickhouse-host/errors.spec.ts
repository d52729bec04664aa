// Proves: what goes wrong reaches the client as the engine's own error, with its code, its name and the HTTP status the real server gives; a
// query that fails amid its result breaks the stream so that nobody takes it for complete. Does not prove: the text of every error.
import assert from "node:assert/strict";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { request, type IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { useClickHouseHost } from "../../support/clickhouse";

describe("ClickHouse host: errors", function () {
    this.timeout(60_000);
    const host = useClickHouseHost();

    before(async () => {
        await host.client.command({ query: "CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a" });
    });

    const post = async (body: string | Buffer, query = "") => {
        const response = await fetch(`${host.url}/?${query}`, { method: "POST", body });
        return {
            status: response.status,
            code: response.headers.get("x-clickhouse-exception-code"),
            text: await response.text(),
        };
    };

    const CASES: [name: string, sql: string, code: number, status: number, text: RegExp][] = [
        [
            "syntax",
            "SELEKT 1",
            62,
            400,
            /^Code: 62\. DB::Exception: Syntax error: failed at position 1 .*\(SYNTAX_ERROR\)/s,
        ],
        ["empty query", "", 62, 400, /Empty query/],
        ["a comment alone", "-- nothing", 62, 400, /Empty query/],
        ["unfinished string", "SELECT 'abc", 62, 400, /SYNTAX_ERROR/],
        ["two statements", "SELECT 1; SELECT 2", 62, 400, /Multi-statements are not allowed/],
        ["unknown table", "SELECT * FROM nosuch", 60, 404, /nosuch.*\(UNKNOWN_TABLE\) \(version 26\./s],
        ["unknown table of an INSERT", 'INSERT INTO nosuch FORMAT JSONEachRow {"a":1}', 60, 404, /nosuch/],
        ["unknown identifier", "SELECT nosuch FROM t", 47, 404, /nosuch/],
        ["unknown function", "SELECT nosuch(1)", 46, 404, /nosuch/],
        ["unknown database", "SELECT * FROM nosuch.t", 81, 404, /nosuch/],
        ["unknown format", "SELECT 1 FORMAT Nosuch", 73, 404, /Nosuch/],
        ["unknown format of an INSERT", "INSERT INTO t FORMAT Nosuch 1", 73, 404, /Nosuch/],
        ["unknown format with an end of its own", "SELECT tuple(1, 2) FORMAT Avro", 1001, 500, /STD_EXCEPTION/],
        ["no common type", "SELECT [1, 'a']", 386, 500, /NO_SUPERTYPE|NO_COMMON_TYPE/],
        ["type mismatch", "SELECT * FROM t WHERE a IN ('x')", 53, 400, /TYPE_MISMATCH/],
        ["illegal type", "SELECT plus('a', [1])", 43, 500, /ILLEGAL_TYPE_OF_ARGUMENT/],
        ["unparsable number", "SELECT toUInt8('x')", 6, 400, /CANNOT_PARSE_TEXT/],
        [
            "memory",
            "SELECT groupArray(number) FROM numbers(10000000) SETTINGS max_memory_usage = 20000000",
            241,
            500,
            /MEMORY_LIMIT_EXCEEDED/,
        ],
        [
            "time",
            "SELECT count() FROM numbers(100000000000) WHERE NOT ignore(sipHash64(number)) SETTINGS max_execution_time = 1",
            159,
            408,
            /TIMEOUT_EXCEEDED/,
        ],
        ["rows", "SELECT * FROM numbers(1000) SETTINGS max_rows_to_read = 10", 158, 500, /TOO_MANY_ROWS/],
        ["no users here", "CREATE USER bob", 497, 403, /ACCESS_DENIED/],
        ["file of the host", "SELECT 1 INTO OUTFILE '/tmp/nosuch/x'", 358, 500, /INTO OUTFILE is not allowed/],
        ["file of the host into a table", "INSERT INTO t FROM INFILE '/etc/passwd' FORMAT TSV", 78, 404, /infile/],
        ["role", "SELECT 1", 511, 404, /no roles/],
    ];
    for (const [name, sql, code, status, text] of CASES) {
        it(`${name}: ${code}, HTTP ${status}`, async () => {
            const answer = await post(sql, name === "role" ? "role=boss" : "");
            assert.match(answer.text, text);
            assert.deepEqual([answer.code, answer.status], [String(code), status]);
            assert.ok(!answer.text.includes("/pipes/"), answer.text);
        });
    }

    it("@clickhouse/client makes its own error of them", async () => {
        await assert.rejects(host.client.query({ query: "SELECT * FROM nosuch" }), {
            code: "60",
            type: "UNKNOWN_TABLE",
        });
        await assert.rejects(host.client.command({ query: "selekt" }), { code: "62", type: "SYNTAX_ERROR" });
    });

    it("bad data of an INSERT: the engine's reason, and nothing inserted", async () => {
        const count = async () => (await post("SELECT count() FROM t")).text;
        const before = await count();
        await assert.rejects(
            host.client.insert({ table: "t", values: [{ a: 1 }, { a: "x" }], format: "JSONEachRow" }),
            (error: Error) => {
                assert.match(error.message, /while reading the value of key a.*at row 2/s);
                return "code" in error && error.code === "27";
            },
        );
        const cut = Readable.from(['{"a":1}\n{"a":'], { objectMode: false });
        await assert.rejects(
            host.client.exec({ query: "INSERT INTO t FORMAT JSONEachRow", values: cut }),
            (error: Error) => /Unexpected end of stream|after eof/.test(error.message),
        );
        assert.equal(await count(), before);
    });

    it("an error that comes long after bad data began still lets the client send and read", async () => {
        const values = Readable.from(
            (function* () {
                yield "nonsense\n";
                for (let index = 0; index < 20_000; index++) {
                    yield `${index}\n`.repeat(100);
                }
            })(),
            { objectMode: false },
        );
        await assert.rejects(host.client.insert({ table: "t", values, format: "TabSeparated" }), { code: "27" });
    });

    it("a body that is not what its Content-Encoding says", async () => {
        const headers = { "Content-Encoding": "gzip" };
        const broken = await fetch(`${host.url}/?query=INSERT+INTO+t+FORMAT+TSV`, {
            method: "POST",
            headers,
            body: "1\n2\n",
        });
        assert.equal(broken.headers.get("x-clickhouse-exception-code"), "354");
        const gzip = createGzip();
        gzip.end("1\n".repeat(1000));
        const whole = Buffer.concat(await gzip.toArray());
        const cut = await fetch(`${host.url}/?query=INSERT+INTO+t+FORMAT+TSV`, {
            method: "POST",
            headers,
            body: whole.subarray(0, whole.length - 8),
        });
        assert.equal(cut.headers.get("x-clickhouse-exception-code"), "354");
        assert.equal((await post("SELECT count() FROM t")).text, "0\n");
    });

    it("invalid UTF-8 in a query's text stays what it is; in the URL it is refused", async () => {
        const sql = Buffer.concat([Buffer.from("SELECT hex('"), Buffer.from([0xff, 0xfe, 0x41]), Buffer.from("')")]);
        assert.equal((await post(sql)).text, "FFFE41\n");
        assert.equal((await fetch(`${host.url}/?query=SELECT+'%FF'`)).status, 400);
        await host.client.command({ query: "CREATE OR REPLACE TABLE raw (s String) ENGINE = Memory" });
        await post(Buffer.from([0x61, 0xff, 0x0a]), "query=INSERT+INTO+raw+FORMAT+TSV");
        assert.equal((await post("SELECT hex(s) FROM raw")).text, "61FF\n");
    });

    const FAILS_LATE = "SELECT number, throwIf(number = 600000) FROM numbers(1000000)";

    it("amid a result: the stream is broken, the error stands at its end", async () => {
        const { body, response } = await rawGet(`${host.url}/?query=${encodeURIComponent(FAILS_LATE)}`);
        assert.equal(response.statusCode, 200);
        assert.equal(response.complete, false);
        assert.match(
            body,
            /\r\n__exception__\r\n[0-9a-f]{16}\r\nCode: 395\..*\n\d+ [0-9a-f]{16}\r\n__exception__\r\n$/s,
        );
    });

    it("amid a result: the client's row stream ends with the engine's error", async () => {
        const result = await host.client.query({ query: FAILS_LATE, format: "JSONEachRow" });
        await assert.rejects(result.json(), (error: Error) =>
            /FUNCTION_THROW_IF|aborted|395/.test(`${error.message} ${String((error as { code?: string }).code)}`),
        );
    });

    it("amid a result, compressed: not taken for complete", async () => {
        const packed = createClient({
            url: host.url,
            compression: { response: true },
            log: { level: ClickHouseLogLevel.OFF },
        });
        const result = await packed.query({ query: FAILS_LATE, format: "JSONEachRow" });
        await assert.rejects(result.json());
        await packed.close();
    });

    it("with wait_end_of_query the status tells, however large the result", async () => {
        const answer = await post(FAILS_LATE, "wait_end_of_query=1");
        assert.equal(answer.status, 500);
        assert.equal(answer.code, "395");
        const good = await post("SELECT number FROM numbers(3000000) FORMAT JSON", "wait_end_of_query=1");
        const json = JSON.parse(good.text) as { rows: number };
        assert.equal(json.rows, 3_000_000);
        const none = await post("SELECT 1 FORMAT Null", "wait_end_of_query=1");
        assert.deepEqual([none.status, none.text], [200, ""]);
    });

    it("after all of this the host still works", async () => {
        assert.equal((await post("SELECT 1")).text, "1\n");
    });
});

function rawGet(url: string): Promise<{ response: IncomingMessage; body: string }> {
    return new Promise((resolve, reject) => {
        request(url, (response) => {
            let body = "";
            response.setEncoding("latin1").on("data", (chunk: string) => (body += chunk));
            response.on("error", () => undefined).on("close", () => resolve({ response, body }));
        })
            .on("error", reject)
            .end();
    });
}
