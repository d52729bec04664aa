// Proves: large results and large inserts pass through the host in bounded memory with a slow client on either side, and a client that goes
// away takes its query with it, leaving no part of a broken INSERT. Does not prove: throughput (scripts measure it), nor a slow disk.
import assert from "node:assert/strict";
import { request } from "node:http";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { useClickHouseHost } from "../../support/clickhouse";

const MB = 1e6;

describe("ClickHouse host: streams", function () {
    this.timeout(180_000);
    const host = useClickHouseHost({ request_timeout: 150_000 });

    before(async () => {
        await host.client.command({ query: "CREATE TABLE t (a UInt64, b String) ENGINE = MergeTree ORDER BY a" });
    });

    const rss = async () => {
        const status = await readFile(`/proc/${host.pid}/status`, "utf8");
        return (Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024) / MB;
    };
    const value = async (sql: string) => {
        const result = await host.client.query({ query: sql, format: "TabSeparated" });
        return (await result.text()).trimEnd();
    };
    const running = (part: string) =>
        value(
            `SELECT count() FROM system.processes WHERE query LIKE '%${part}%' AND query NOT LIKE '%system.processes%'`,
        );
    const until = async (what: string, look: () => Promise<boolean>) => {
        const deadline = Date.now() + 15_000;
        while (!(await look())) {
            assert.ok(Date.now() < deadline, `waited in vain: ${what}`);
            await delay(20);
        }
    };

    it("a row stream of 2 million rows", async () => {
        const result = await host.client.query({ query: "SELECT number FROM numbers(2000000)", format: "JSONEachRow" });
        let rows = 0;
        for await (const chunk of result.stream<{ number: number }>()) {
            rows += chunk.length;
        }
        assert.equal(rows, 2_000_000);
    });

    it("a huge result (4 GB) and a reader that stops: the host waits, its memory does not grow", async () => {
        const before = await rss();
        const sql = "/* slow reader */ SELECT number, repeat('x', 100) FROM numbers(40000000)";
        const { response, destroy } = await open(sql);
        await until("the query runs", async () => (await running("slow reader")) === "1");
        let most = 0;
        for (let look = 0; look < 20; look++) {
            response.read();
            most = Math.max(most, await rss());
            await delay(50);
        }
        assert.ok(most - before < 250, `grew from ${before} to ${most} MB`);
        destroy();
        await until("the query is gone", async () => (await running("slow reader")) === "0");
    });

    it("an endless query that gives nothing yet ends with its client", async () => {
        const sql = "/* endless */ SELECT count() FROM numbers(10000000000000) WHERE NOT ignore(sipHash64(number))";
        const { destroy } = await open(sql, false);
        await until("the query runs", async () => (await running("endless")) === "1");
        destroy();
        await until("the query is gone", async () => (await running("endless")) === "0");
    });

    it("abort by @clickhouse/client: the query is gone", async () => {
        const controller = new AbortController();
        const query = "/* aborted */ SELECT count() FROM numbers(10000000000000) WHERE NOT ignore(sipHash64(number))";
        const asked = host.client.query({ query, abort_signal: controller.signal });
        await until("the query runs", async () => (await running("aborted")) === "1");
        controller.abort();
        await assert.rejects(asked, /aborted/);
        await until("the query is gone", async () => (await running("aborted")) === "0");
    });

    it("an INSERT … SELECT is stopped with its client too", async () => {
        const controller = new AbortController();
        const query =
            "/* inserting */ INSERT INTO FUNCTION null('a UInt64') SELECT sipHash64(number) FROM numbers(10000000000000)";
        const asked = host.client.command({ query, abort_signal: controller.signal });
        await until("the query runs", async () => (await running("inserting")) === "1");
        controller.abort();
        await assert.rejects(asked, /aborted/);
        await until("the query is gone", async () => (await running("inserting")) === "0");
    });

    it("300 MB inserted as one stream: all rows, bounded memory", async () => {
        const line = `{"a":123456,"b":"${"y".repeat(80)}"}\n`;
        const piece = Buffer.from(line.repeat(1000));
        const pieces = Math.ceil((300 * MB) / piece.length);
        let most = 0;
        const watch = setInterval(() => {
            void rss().then((now) => {
                most = Math.max(most, now);
            });
        }, 100);
        const before = await rss();
        const result = await host.client.exec({
            query: "INSERT INTO t FORMAT JSONEachRow",
            values: Readable.from(
                Array.from({ length: pieces }, () => piece),
                { objectMode: false },
            ),
        });
        clearInterval(watch);
        assert.equal(result.summary?.written_rows, String(pieces * 1000));
        assert.equal(await value("SELECT count() FROM t"), String(pieces * 1000));
        assert.ok(most - before < 1100, `grew from ${before} to ${most} MB`);
    });

    it("an INSERT whose client goes away midway leaves no row, at a line's end too", async () => {
        await host.client.command({ query: "TRUNCATE TABLE t" });
        for (const head of ["1\tx\n2\ty\n", "1\tx\n2\t"]) {
            const sent = request(`${host.url}/?query=INSERT+INTO+t+FORMAT+TSV`, {
                method: "POST",
                agent: false,
            });
            sent.on("error", () => undefined);
            sent.write(head);
            await until("the INSERT runs", async () => (await running("INSERT INTO t")) === "1");
            sent.destroy();
            await until("the INSERT is gone", async () => (await running("INSERT INTO t")) === "0");
            assert.equal(await value("SELECT count() FROM t"), "0");
        }
    });

    it("a slow sender: rows arrive whole once it has ended", async () => {
        const values = Readable.from(
            (async function* () {
                for (let index = 0; index < 5; index++) {
                    yield `{"a":${index},`;
                    await delay(50);
                    yield `"b":"slow"}\n`;
                }
            })(),
            { objectMode: false },
        );
        await host.client.exec({ query: "INSERT INTO t FORMAT JSONEachRow", values });
        assert.equal(await value("SELECT count(), sum(a) FROM t WHERE b = 'slow'"), "5\t10");
    });

    it("100 broken clients later nothing is left over", async () => {
        for (let round = 0; round < 10; round++) {
            const opened = await Promise.all(
                Array.from({ length: 10 }, (_, index) =>
                    open(`/* many ${round} ${index} */ SELECT number FROM numbers(100000000000)`),
                ),
            );
            opened.forEach(({ destroy }) => destroy());
        }
        await until("all are gone", async () => (await running("many")) === "0");
        assert.equal(await value("SELECT 1"), "1");
        await until("the host has forgotten them", async () => {
            const metrics = await (await fetch(`${host.url}/metrics`)).text();
            return metrics.includes("clickhouse_host_running_queries 0\n");
        });
    });

    /** Sends a query and does not read its answer; resolves with the response, or at once where none is to be awaited. */
    const open = async (sql: string, awaitResponse = true) => {
        const sent = request(host.url, { method: "POST", agent: false });
        const answered = new Promise<Readable>((resolve) =>
            sent.on("response", (message) => {
                resolve(message.pause());
            }),
        );
        sent.on("error", () => undefined).end(sql);
        const response = awaitResponse ? await answered : Readable.from([]);
        response.on("error", () => undefined);
        const destroy = () => {
            sent.destroy();
        };
        return { response, destroy };
    };
});
