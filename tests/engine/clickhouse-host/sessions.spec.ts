// Proves: requests are apart from each other, 20 at once included; a session_id keeps temporary tables and SET between requests, for one
// client at a time and only for its timeout; a query can be named and killed by that name. Does not prove: sessions across a restart (none).
import assert from "node:assert/strict";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { runs, useClickHouseHost } from "../../support/clickhouse";

describe("ClickHouse host: sessions and concurrency", function () {
    this.timeout(60_000);
    const host = useClickHouseHost({ max_open_connections: 50 });

    const post = async (query: string, sql: string) => {
        const response = await fetch(`${host.url}/?${query}`, { method: "POST", body: sql });
        return { code: response.headers.get("x-clickhouse-exception-code"), text: (await response.text()).trimEnd() };
    };

    it("20 queries at once, each with its own parameters and settings, really side by side", async () => {
        const started = Date.now();
        const answers = await Promise.all(
            Array.from({ length: 20 }, async (_, index) => {
                const result = await host.client.query({
                    query: "SELECT {n:UInt32} AS n, getSetting('log_comment') AS c, sleep(1) AS s",
                    query_params: { n: index },
                    clickhouse_settings: { log_comment: `c${index}` },
                    format: "JSONEachRow",
                });
                const [row] = await result.json<{ n: number; c: string }>();
                return [row?.n, row?.c];
            }),
        );
        assert.deepEqual(
            answers,
            Array.from({ length: 20 }, (_, index) => [index, `c${index}`]),
        );
        assert.ok(Date.now() - started < 15_000, `took ${Date.now() - started} ms: one after another would be 20 s`);
    });

    it("20 inserts and 20 selects at once", async () => {
        await host.client.command({ query: "CREATE TABLE many (a UInt32, b UInt32) ENGINE = MergeTree ORDER BY a" });
        await Promise.all(
            Array.from({ length: 20 }, async (_, index) => {
                const values = Array.from({ length: 1000 }, (_row, b) => ({ a: index, b }));
                await host.client.insert({ table: "many", values, format: "JSONEachRow" });
                const result = await host.client.query({
                    query: `SELECT count() AS n FROM many WHERE a = ${index}`,
                    format: "JSONEachRow",
                });
                assert.deepEqual(await result.json(), [{ n: 1000 }]);
            }),
        );
    });

    it("100 queries at once are all answered", async () => {
        const answers = await Promise.all(
            Array.from({ length: 90 }, (_, index) => post("", `SELECT ${index}, sleep(0.2)`)),
        );
        assert.deepEqual(
            answers.map(({ text }) => text),
            Array.from({ length: 90 }, (_, index) => `${index}\t0`),
        );
    });

    it("more than it admits at once are refused with the server's error, not hung", async () => {
        const answers = await Promise.all(Array.from({ length: 110 }, () => post("", "SELECT sleep(1)")));
        const refused = answers.filter(({ code }) => code === "202").length;
        assert.equal(refused, 14);
        assert.equal((await post("", "SELECT 1")).text, "1");
    });

    it("without a session, temporary tables and SET end with the request", async () => {
        await post("", "CREATE TEMPORARY TABLE gone (a UInt8)");
        assert.equal((await post("", "SELECT * FROM gone")).code, "60");
        await post("", "SET max_block_size = 77");
        assert.notEqual((await post("", "SELECT getSetting('max_block_size')")).text, "77");
    });

    it("a session keeps temporary tables, SET and USE", async () => {
        const own = createClient({ url: host.url, session_id: randomUUID(), log: { level: ClickHouseLogLevel.OFF } });
        await own.command({ query: "CREATE TEMPORARY TABLE kept (a UInt8)" });
        await own.insert({ table: "kept", values: [{ a: 1 }, { a: 2 }], format: "JSONEachRow" });
        await own.command({ query: "SET max_block_size = 77" });
        await own.command({ query: "USE system" });
        const result = await own.query({
            query: "SELECT sum(a) AS s, getSetting('max_block_size') AS b, currentDatabase() AS d FROM kept",
            format: "JSONEachRow",
        });
        assert.deepEqual(await result.json(), [{ s: 3, b: 77, d: "system" }]);
        await own.close();
        assert.equal((await post("", "SELECT * FROM kept")).code, "60");
    });

    it("settings and database of one request do not stay in the session", async () => {
        const id = `session_id=${randomUUID()}`;
        await post(id, "SET max_block_size = 77");
        const ask = "SELECT getSetting('max_block_size'), getSetting('max_threads') = 3, currentDatabase()";
        assert.equal((await post(`${id}&max_block_size=78&max_threads=3&database=system`, ask)).text, "78\t1\tsystem");
        assert.equal((await post(id, ask)).text, "77\t0\tdefault");
        assert.equal((await post(`${id}&max_block_size=79`, "SELECT nosuch")).code, "47");
        assert.equal((await post(id, ask)).text, "77\t0\tdefault");
    });

    it("session_check, session_timeout, close_session, and one client at a time", async () => {
        const id = randomUUID();
        assert.equal((await post(`session_id=${id}&session_check=1`, "SELECT 1")).code, "372");
        assert.equal((await post(`session_id=${id}&session_timeout=x`, "SELECT 1")).code, "374");
        assert.equal((await post(`session_id=${id}&session_timeout=99999`, "SELECT 1")).code, "374");
        assert.equal((await post(`session_id=${id}`, "SELECT 1")).code, null);
        assert.equal((await post(`session_id=${id}&session_check=1`, "SELECT 1")).code, null);
        const [one, two] = await Promise.all([
            post(`session_id=${id}`, "SELECT sleep(3)"),
            runs(host.url, "SELECT sleep(3)").then(() => post(`session_id=${id}`, "SELECT 2")),
        ]);
        assert.deepEqual([one.code, two.code], [null, "373"]);
        assert.equal((await post(`session_id=${id}&close_session=1`, "SELECT 1")).code, null);
        assert.equal((await post(`session_id=${id}&session_check=1`, "SELECT 1")).code, "372");
        const short = `session_id=${randomUUID()}&session_timeout=1`;
        await post(short, "SELECT 1");
        const deadline = Date.now() + 10_000;
        while ((await post(`${short}&session_check=1`, "SELECT 1")).code === null) {
            assert.ok(Date.now() < deadline, "the session never ended");
            await delay(1200);
        }
    });

    it("a query is killed by the id its client gave; the same id twice at once is refused", async () => {
        const endless = "SELECT count() FROM numbers(10000000000000) WHERE NOT ignore(sipHash64(number))";
        const asked = post("query_id=it's%20mine", endless);
        const deadline = Date.now() + 10_000;
        const listed = "SELECT count() FROM system.processes WHERE Settings['chdb_client_name'] = 'it\\'s mine'";
        while ((await post("", listed)).text !== "1") {
            assert.ok(Date.now() < deadline, "the query is not listed");
            await delay(20);
        }
        assert.equal((await post("query_id=it's%20mine", "SELECT 1")).code, "216");
        const killed = await post("", "KILL QUERY WHERE query_id = 'it\\'s mine' ASYNC FORMAT JSONEachRow");
        assert.match(killed.text, /"kill_status":"waiting"/);
        assert.equal((await asked).code, "394");
    });

    it("KILL QUERY … SYNC ends as well", async () => {
        const asked = post(
            "query_id=sync",
            "SELECT count() FROM numbers(10000000000000) WHERE NOT ignore(sipHash64(number))",
        );
        const deadline = Date.now() + 10_000;
        while ((await post("", "KILL QUERY WHERE query_id = 'sync' SYNC FORMAT JSONEachRow")).text === "") {
            assert.ok(Date.now() < deadline, "nothing to kill");
            await delay(20);
        }
        assert.equal((await asked).code, "394");
    });
});
