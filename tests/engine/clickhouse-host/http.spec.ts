// Proves: the HTTP interface itself, as curl and browsers see it: routes, where a query may stand, headers, credentials, read-only GET,
// multipart, who is refused, and that garbage costs nobody but its sender. Does not prove: what SQL gives (formats.spec, errors.spec).
import assert from "node:assert/strict";
import { request } from "node:http";
import { connect } from "node:net";
import { useClickHouseHost } from "../../support/clickhouse";

interface Answer {
    status: number;
    headers: Record<string, string | string[] | undefined>;
    body: string;
}

describe("ClickHouse host: HTTP", function () {
    this.timeout(60_000);
    const host = useClickHouseHost();

    before(async () => {
        await ask("POST", "/", "CREATE TABLE t (a UInt32, b String) ENGINE = MergeTree ORDER BY a");
    });

    /** Plain node:http, since fetch hides some headers and sets others itself. */
    const ask = (method: string, path: string, body = "", headers: Record<string, string> = {}) =>
        new Promise<Answer>((resolve, reject) => {
            const sent = request(`${host.url}${path}`, { method, headers, agent: false }, (response) => {
                let text = "";
                response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
                response.on("end", () =>
                    resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
                );
                response.on("error", reject);
            });
            sent.on("error", reject).end(body);
        });
    const encoded = (sql: string) => `/?query=${encodeURIComponent(sql)}`;

    it("/ping, / and /replicas_status say Ok.", async () => {
        for (const path of ["/ping", "/", "/replicas_status"]) {
            const answer = await ask("GET", path);
            assert.deepEqual([answer.status, answer.body], [200, "Ok.\n"], path);
        }
        assert.deepEqual((await ask("HEAD", "/ping")).body, "");
    });

    it("another path is 404 and says where to go", async () => {
        for (const [method, path] of [
            ["GET", "/nosuch"],
            ["POST", "/nosuch?query=SELECT+1"],
            ["GET", "//"],
        ] as const) {
            const answer = await ask(method, path);
            assert.equal(answer.status, 404);
            assert.match(answer.body, /^There is no handle .* Send queries/);
        }
    });

    it("a query in the body, in the URL, or begun in the URL and ended in the body", async () => {
        assert.equal((await ask("POST", "/", "SELECT 1")).body, "1\n");
        assert.equal((await ask("POST", encoded("SELECT 2"))).body, "2\n");
        assert.equal((await ask("GET", encoded("SELECT 3"))).body, "3\n");
        assert.equal((await ask("POST", "/?query=SELECT", " 4")).body, "4\n");
        assert.equal((await ask("POST", "/", "  -- remark\n /* x */ SELECT '-- 5;' ; -- end")).body, "-- 5;\n");
    });

    it("data of an INSERT in the body behind the query in the URL, or behind the query in the body", async () => {
        await ask("POST", encoded("INSERT INTO t FORMAT TSV"), "1\tone\n");
        await ask("POST", "/", 'INSERT INTO t FORMAT JSONEachRow\n{"a":2,"b":"two; FORMAT \'"}');
        await ask("POST", "/", "INSERT INTO t VALUES (3, 'thr''ee')");
        await ask("POST", encoded("INSERT INTO t (b, a) VALUES"), "('four', 4), ('5', 2 + 3)");
        await ask("POST", encoded("INSERT INTO t SETTINGS max_insert_threads = 1 FORMAT CSV"), '6,"six"\n');
        const answer = await ask("POST", "/", "SELECT * FROM t ORDER BY a FORMAT CSV");
        assert.equal(answer.body, `1,"one"\n2,"two; FORMAT '"\n3,"thr'ee"\n4,"four"\n5,"5"\n6,"six"\n`);
    });

    it("headers of a result", async () => {
        const answer = await ask("POST", "/?query_id=my-id", "SELECT 1 AS x FORMAT JSONEachRow");
        assert.equal(answer.headers["x-clickhouse-format"], "JSONEachRow");
        assert.equal(answer.headers["content-type"], "application/x-ndjson; charset=UTF-8");
        assert.equal(answer.headers["x-clickhouse-query-id"], "my-id");
        assert.equal(answer.headers["x-clickhouse-timezone"], "UTC");
        assert.ok(answer.headers["x-clickhouse-server-display-name"]);
        assert.match(String(answer.headers["keep-alive"] ?? "timeout=0"), /timeout=\d+/);
        const summary = JSON.parse(String(answer.headers["x-clickhouse-summary"])) as Record<string, string>;
        assert.equal(summary.result_rows, "1");
        assert.ok(Number(summary.elapsed_ns) > 0);
        assert.equal(answer.headers["access-control-allow-origin"], undefined);
    });

    it("a query id of its own when none is given", async () => {
        assert.match(String((await ask("POST", "/", "SELECT 1")).headers["x-clickhouse-query-id"]), /^[0-9a-f-]{36}$/);
    });

    it("default format by parameter, by header, TabSeparated without; FORMAT in the query prevails", async () => {
        const format = async (path: string, headers = {}, sql = "SELECT 'x' AS x") =>
            (await ask("POST", path, sql, headers)).headers["x-clickhouse-format"];
        assert.equal(await format("/"), "TabSeparated");
        assert.equal(await format("/?default_format=CSV"), "CSV");
        assert.equal(await format("/", { "X-ClickHouse-Format": "XML" }), "XML");
        assert.equal(await format("/?default_format=CSV", {}, "SELECT 1 FORMAT JSON"), "JSON");
        assert.equal((await ask("POST", "/?default_format=CSV", "SHOW TABLES")).body, '"t"\n');
        assert.equal((await ask("POST", "/", "EXISTS TABLE t FORMAT JSONCompactEachRow")).body, "[1]\n");
    });

    it("content types by format", async () => {
        const type = async (format: string) =>
            (await ask("POST", "/", `SELECT 1 FORMAT ${format}`)).headers["content-type"];
        assert.equal(await type("TSV"), "text/tab-separated-values; charset=UTF-8");
        assert.equal(await type("CSVWithNames"), "text/csv; charset=UTF-8; header=present");
        assert.equal(await type("JSON"), "application/json; charset=UTF-8");
        assert.equal(await type("XML"), "application/xml; charset=UTF-8");
        assert.equal(await type("Parquet"), "application/octet-stream");
        assert.equal(await type("PrettyCompact"), "text/plain; charset=UTF-8");
    });

    it("GET may read but not change", async () => {
        for (const sql of [
            "INSERT INTO t VALUES (9, '')",
            "CREATE TABLE u (a Int8) ENGINE = Memory",
            "DROP TABLE t",
            "ALTER TABLE t DELETE WHERE 1",
        ]) {
            for (const session of ["", "&session_id=get"]) {
                const answer = await ask("GET", `${encoded(sql)}${session}`);
                assert.equal(answer.headers["x-clickhouse-exception-code"], "164", sql);
                assert.match(answer.body, /readonly mode.*POST/s);
            }
        }
        assert.equal((await ask("GET", encoded("SELECT count() FROM t WHERE a = 9"))).body, "0\n");
        assert.equal((await ask("GET", encoded("SHOW TABLES"))).status, 200);
        assert.equal((await ask("GET", `${encoded("SELECT getSetting('max_threads')")}&max_threads=3`)).body, "3\n");
        const head = await ask("HEAD", encoded("SELECT 1"));
        assert.deepEqual([head.status, head.body], [200, ""]);
    });

    it("parameters by URL and by multipart", async () => {
        assert.equal(
            (await ask("POST", "/?param_a=5&param_b=it%5C%27s", "SELECT {a:UInt8} + 1, {b:String} FORMAT CSV")).body,
            `6,"it's"\n`,
        );
        const part = (name: string, value: string) =>
            `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
        const body = `${part("query", "SELECT {v:Array(String)} AS v FORMAT JSONEachRow")}${part("param_v", "['a\\n','--B']")}--B--\r\n`;
        const answer = await ask("POST", "/", body, { "Content-Type": "multipart/form-data; boundary=B" });
        assert.equal(answer.body, '{"v":["a\\n","--B"]}\n');
        const file = `--B\r\nContent-Disposition: form-data; name="ext"; filename="x"\r\n\r\n1\r\n--B--\r\n`;
        assert.equal(
            (
                await ask("POST", encoded("SELECT * FROM ext"), file, {
                    "Content-Type": "multipart/form-data; boundary=B",
                })
            ).status,
            501,
        );
    });

    it("credentials: user default without a password, nobody else", async () => {
        const basic = (user: string, password: string) => ({
            Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
        });
        for (const headers of [
            basic("default", ""),
            { "X-ClickHouse-User": "default" },
            { "X-ClickHouse-User": "default", "X-ClickHouse-Key": "" },
        ]) {
            assert.equal((await ask("POST", "/", "SELECT 1", headers as Record<string, string>)).status, 200);
        }
        for (const headers of [
            basic("bob", ""),
            basic("default", "secret"),
            { "X-ClickHouse-User": "bob" },
            { Authorization: "Bearer x" },
        ]) {
            const answer = await ask("POST", "/", "SELECT 1", headers);
            assert.deepEqual([answer.status, answer.headers["x-clickhouse-exception-code"]], [403, "516"]);
        }
        assert.equal((await ask("POST", "/?user=bob", "SELECT 1")).status, 403);
    });

    it("pages of other sites and foreign host names are refused", async () => {
        const status = async (method: string, headers: Record<string, string>) =>
            (
                await ask(
                    method,
                    method === "GET" ? encoded("SELECT 1") : "/",
                    method === "GET" ? "" : "SELECT 1",
                    headers,
                )
            ).status;
        assert.equal(await status("POST", { Origin: "http://evil.example" }), 403);
        assert.equal(await status("POST", { Origin: "null" }), 403);
        assert.equal(await status("POST", { "Sec-Fetch-Site": "cross-site" }), 403);
        assert.equal(await status("POST", { Host: "evil.example" }), 403);
        assert.equal(await status("GET", { Host: "evil.example:8123" }), 403);
        assert.equal(await status("POST", { Origin: host.url }), 200);
        assert.equal(await status("POST", { Host: "localhost:8123" }), 200);
        assert.equal(
            (await ask("OPTIONS", "/", "", { Origin: "http://evil.example" })).headers["access-control-allow-origin"],
            undefined,
        );
    });

    it("compressed responses only where asked for twice", async () => {
        const encoding = async (path: string, headers: Record<string, string>) =>
            (await ask("POST", path, "SELECT 1", headers)).headers["content-encoding"];
        assert.equal(await encoding("/", { "Accept-Encoding": "gzip" }), undefined);
        assert.equal(await encoding("/?enable_http_compression=1", {}), undefined);
        assert.equal(await encoding("/?enable_http_compression=1", { "Accept-Encoding": "gzip, deflate" }), "gzip");
        assert.equal(await encoding("/?enable_http_compression=1", { "Accept-Encoding": "snappy" }), undefined);
    });

    it("what the embedded engine has not is said so", async () => {
        assert.equal((await ask("POST", "/?compress=1", "SELECT 1")).status, 501);
        assert.equal((await ask("POST", "/", "SELECT 1", { "Content-Encoding": "snappy" })).status, 501);
    });

    it("garbage instead of HTTP, a broken request, a URL of 500 kB", async () => {
        assert.match(await raw("\x16\x03\x01garbage\r\n\r\n"), /^HTTP\/1\.1 400 /);
        assert.match(
            await raw("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: nonsense\r\n\r\n"),
            /^HTTP\/1\.1 400 /,
        );
        assert.match(await raw("GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n"), /^HTTP\/1\.1 400 /);
        const long = `/* ${"x".repeat(200_000)} */ SELECT 1`;
        assert.equal((await ask("GET", encoded(long))).body, "1\n");
        assert.equal(
            (await ask("GET", "/?query=SELECT+1&nosuch%20name=1")).headers["x-clickhouse-exception-code"],
            "115",
        );
        assert.equal((await ask("GET", "/ping")).body, "Ok.\n");
    });

    it("/metrics tells the host's numbers", async () => {
        const { body } = await ask("GET", "/metrics");
        assert.match(body, /clickhouse_host_queries_total\{outcome="ok"\} [1-9]/);
        assert.match(body, /clickhouse_host_engine_memory_bytes [1-9]/);
        assert.match(body, /process_start_time_seconds/);
    });

    const raw = (text: string) =>
        new Promise<string>((resolve, reject) => {
            const socket = connect(Number(new URL(host.url).port), "127.0.0.1", () => socket.end(text, "latin1"));
            let answer = "";
            socket.setEncoding("latin1").on("data", (chunk: string) => (answer += chunk));
            socket.on("close", () => resolve(answer)).on("error", reject);
        });
});
