// Proves: how a request's URL, headers and multipart body are read, whom the guard lets in, and how engine texts become exceptions. Does not
// prove: anything over a real socket (the engine suites do).
import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { engineConfig } from "../../../infra/embedded/clickhouse-host/config-xml";
import { chooseEncoding } from "../../../infra/embedded/clickhouse-host/encoding";
import { engineException } from "../../../infra/embedded/clickhouse-host/errors";
import { refusal } from "../../../infra/embedded/clickhouse-host/guard";
import { addMultipart, readRequest } from "../../../infra/embedded/clickhouse-host/request";

const message = (headers: Record<string, string> = {}, method = "POST", url = "/") =>
    ({ headers, method, url }) as unknown as IncomingMessage;
const read = (query: string, headers: Record<string, string> = {}, method = "POST") =>
    readRequest(message(headers, method, `/?${query}`), new URLSearchParams(query));

describe("ClickHouse host: reading requests", () => {
    it("parts the URL into what is the interface's, parameters, and settings", () => {
        const request = read(
            "query=SELECT+1&query_id=q&database=d&default_format=CSV&param_a=x%0Ay&max_threads=2&wait_end_of_query=1&&",
        );
        assert.deepEqual(
            [request.text, request.queryId, request.database, request.defaultFormat, request.waitEnd],
            ["SELECT 1", "q", "d", "CSV", true],
        );
        assert.deepEqual([...request.parameters], [["param_a", "x\ny"]]);
        assert.deepEqual([...request.settings], [["max_threads", "2"]]);
        assert.equal(request.readonly, false);
        assert.equal(read("query=1", {}, "GET").readonly, true);
    });

    it("headers prevail over parameters", () => {
        const headers = { "x-clickhouse-database": "h", "x-clickhouse-format": "XML", "x-clickhouse-query-id": "hid" };
        const request = read("database=d&default_format=CSV", headers);
        assert.deepEqual([request.database, request.defaultFormat, request.queryId], ["h", "XML", "hid"]);
    });

    it("refuses names that are none, other users, roles, sessions of odd length", () => {
        assert.throws(() => read("a%27b=1"), { code: 115 });
        assert.throws(() => read("param_a-b=1"), { code: 115 });
        assert.throws(() => read("user=bob"), { code: 516 });
        assert.throws(() => read("", { authorization: `Basic ${Buffer.from("default:x").toString("base64")}` }), {
            code: 516,
        });
        assert.throws(() => read("role=r"), { code: 511 });
        assert.throws(() => read("session_id=s&session_timeout=-1"), { code: 374 });
        assert.throws(() => read("compress=1"), { code: 48 });
    });

    it("sessions", () => {
        assert.deepEqual(read("session_id=s").session, {
            id: "s",
            timeoutSeconds: 60,
            mustExist: false,
            closeAfter: false,
        });
        assert.deepEqual(read("session_id=s&session_timeout=5&session_check=1&close_session=1").session, {
            id: "s",
            timeoutSeconds: 5,
            mustExist: true,
            closeAfter: true,
        });
    });

    it("multipart bodies, values with boundaries of others in them", () => {
        const request = read("");
        const part = (name: string, value: string) =>
            `--B1\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
        const body = `${part("query", "SELECT {v:String}")}${part("param_v", "a\r\n--B\r\nü")}${part("param_e", "")}--B1--\r\n`;
        addMultipart(request, Buffer.from(body), "multipart/form-data; boundary=B1");
        assert.equal(request.text, "SELECT {v:String}");
        assert.deepEqual(
            [...request.parameters],
            [
                ["param_v", "a\r\n--B\r\nü"],
                ["param_e", ""],
            ],
        );
        assert.throws(() => addMultipart(read(""), Buffer.from(body), "multipart/form-data"), { code: 36 });
    });

    it("chooses a compression both sides know", () => {
        assert.deepEqual(chooseEncoding("gzip, br;q=0.5", undefined), { name: "br", level: 3 });
        assert.deepEqual(chooseEncoding("GZIP", "9"), { name: "gzip", level: 9 });
        assert.deepEqual(chooseEncoding("zstd", "77"), { name: "zstd", level: 9 });
        assert.equal(chooseEncoding("snappy", undefined), undefined);
        assert.equal(chooseEncoding(undefined, undefined), undefined);
    });

    it("lets programs of this machine in, pages of other sites and foreign names not", () => {
        const refused = (headers: Record<string, string>, method = "POST") =>
            refusal(message(headers, method), "127.0.0.1") !== undefined;
        for (const host of ["localhost", "localhost:8123", "127.0.0.1:1", "[::1]:8123", "app.localhost"]) {
            assert.equal(refused({ host }), false, host);
        }
        for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1"]) {
            assert.equal(refused({ host }), true, host);
            assert.equal(refused({ host }, "GET"), true, host);
        }
        assert.equal(refused({ host: "localhost:1", origin: "http://localhost:1" }), false);
        assert.equal(refused({ host: "localhost:1", origin: "http://localhost:2" }), true);
        assert.equal(refused({ host: "localhost:1", origin: "http://localhost:2" }, "GET"), false);
        assert.equal(refused({ host: "localhost:1", "sec-fetch-site": "same-origin" }), false);
        assert.equal(refused({ host: "localhost:1", "sec-fetch-site": "cross-site" }), true);
    });

    it("makes exceptions of the engine's texts, wrapped ones unwrapped, unknown ones as they stand", () => {
        const plain = engineException(
            new Error("Query failed: Code: 60. DB::Exception: No table (x). (UNKNOWN_TABLE)"),
        );
        assert.deepEqual(
            [plain.code, plain.codeName, plain.text, plain.status],
            [60, "UNKNOWN_TABLE", "No table (x).", 404],
        );
        const wrapped = engineException(
            new Error(
                "Code: 27. DB::Exception: Code: 27. DB::Exception: Cannot parse: (at row 2)\n: (in file/uri /x/pipes/p1): While executing File: data for INSERT was parsed from file. (CANNOT_PARSE_INPUT_ASSERTION_FAILED) (version 26.7.2.1). (CANNOT_PARSE_INPUT_ASSERTION_FAILED)",
            ),
        );
        assert.match(wrapped.text, /^Cannot parse: \(at row 2\)/);
        assert.doesNotMatch(wrapped.message, /pipes|Code: 27.*Code: 27|version/s);
        assert.deepEqual([wrapped.code, wrapped.status], [27, 400]);
        for (const odd of [new Error(""), new Error("boom"), "text", undefined, null]) {
            const exception = engineException(odd);
            assert.deepEqual([exception.code, exception.status], [1002, 500]);
            assert.notEqual(exception.text, "");
        }
    });

    it("writes the engine's configuration, escaped", () => {
        const xml = engineConfig({ folder: "/a & <b>", maxServerMemoryBytes: 5, fsync: true });
        assert.match(xml, /^<clickhouse>\n/);
        assert.match(xml, /<path>\/a &amp; &lt;b&gt;\/named_collections<\/path>/);
        assert.match(xml, /<max_server_memory_usage>5<\/max_server_memory_usage>/);
        assert.match(xml, /<merge_tree>\s*<fsync_after_insert>1</);
        assert.match(engineConfig({ folder: "/a", maxServerMemoryBytes: 5, fsync: false }), /<fsync_after_insert>0</);
    });
});
