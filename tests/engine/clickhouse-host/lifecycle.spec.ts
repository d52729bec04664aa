// Proves: starting, stopping, being killed, starting again on the same folder, and the refusals with their sentences. Does not prove: a power
// loss (see the durability notes); the Kafka feeds (the soak run does).
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { runFailingHost, runs, startClickHouseHost } from "../../support/clickhouse";

describe("ClickHouse host: life cycle", function () {
    this.timeout(120_000);
    let path: string;

    beforeEach(async () => {
        path = await mkdtemp(join(tmpdir(), "clickhouse-life-"));
    });
    afterEach(() => rm(path, { recursive: true, force: true }));

    const ask = async (url: string, sql: string) => {
        const response = await fetch(url, { method: "POST", body: sql });
        const text = await response.text();
        assert.ok(response.ok, text);
        return text.trimEnd();
    };

    it("keeps tables, rows, views and named collections over SIGTERM and over kill -9", async () => {
        let host = await startClickHouseHost({ path });
        await ask(host.url, "CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a");
        await ask(host.url, "CREATE VIEW v AS SELECT a * 2 AS b FROM t WHERE a > {least:UInt32}");
        await ask(host.url, "CREATE NAMED COLLECTION kafka AS kafka_broker_list = '127.0.0.1:1', secret = 'x'");
        await ask(host.url, "INSERT INTO t VALUES (1)");
        assert.equal(await host.stop(), 0);
        host = await startClickHouseHost({ path });
        await ask(host.url, "INSERT INTO t VALUES (2)");
        await host.kill9();
        host = await startClickHouseHost({ path });
        assert.equal(await ask(host.url, "SELECT count(), sum(a) FROM t"), "2\t3");
        assert.equal(await ask(host.url, "SELECT sum(b) FROM v(least = 1)"), "4");
        assert.equal(await ask(host.url, "SELECT name, source FROM system.named_collections"), "kafka\tSQL");
        await host.stop();
    });

    it("kill -9 in the midst of inserts: every acknowledged row is there, the host starts again", async () => {
        let host = await startClickHouseHost({ path });
        await ask(host.url, "CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a");
        let acknowledged = 0;
        const inserting = (async () => {
            for (;;) {
                await ask(host.url, `INSERT INTO t VALUES (${acknowledged})`);
                acknowledged++;
            }
        })().catch(() => undefined);
        while (acknowledged < 20) {
            await delay(5);
        }
        await host.kill9();
        await inserting;
        host = await startClickHouseHost({ path });
        const rows = Number(await ask(host.url, "SELECT count() FROM t"));
        assert.ok(rows === acknowledged || rows === acknowledged + 1, `${rows} rows, ${acknowledged} acknowledged`);
        await host.stop();
    });

    it("SIGTERM: running queries may end, longer ones are stopped", async () => {
        const host = await startClickHouseHost({ path });
        const endless = "SELECT count() FROM numbers(10000000000000) WHERE NOT ignore(sipHash64(number))";
        const long = fetch(host.url, { method: "POST", body: endless });
        await runs(host.url, endless);
        const short = ask(host.url, "SELECT sleep(2)");
        await runs(host.url, "SELECT sleep(2)");
        const [code, answer, stopped] = await Promise.all([host.stop(), short, long]);
        assert.equal(code, 0);
        assert.equal(answer, "0");
        assert.equal(stopped.headers.get("x-clickhouse-exception-code"), "394");
    });

    it("SIGTERM without work ends it in good order", async () => {
        const host = await startClickHouseHost({ path });
        assert.equal(await host.stop(), 0);
    });

    it("a second host on the same folder is refused by name of the first", async () => {
        const host = await startClickHouseHost({ path });
        const second = await runFailingHost({ path });
        assert.equal(second.code, 1);
        assert.match(
            second.output,
            new RegExp(`data folder is in use, .* is held by process ${host.pid}; stop that host`),
        );
        assert.doesNotMatch(second.output, /\n\s+at /);
        assert.equal(await ask(host.url, "SELECT 1"), "1");
        await host.stop();
    });

    it("a lock of a dead process, of a reused process number, or half written does not hold", async () => {
        for (const lock of ['{"pid":999999999,"started":"1"}', `{"pid":${process.pid},"started":"1"}`, '{"pi']) {
            await writeFile(join(path, "host.lock"), lock);
            const host = await startClickHouseHost({ path });
            const held = JSON.parse(await readFile(join(path, "host.lock"), "utf8")) as { pid: number };
            assert.equal(held.pid, host.pid);
            await host.stop();
        }
    });

    it("a port in use: one sentence, exit code 1, no stack trace", async () => {
        const other = createServer().listen(0, "127.0.0.1");
        await new Promise((resolve) => other.once("listening", resolve));
        const { port } = other.address() as AddressInfo;
        const failed = await runFailingHost({ path, port });
        other.close();
        assert.equal(failed.code, 1);
        assert.match(failed.output, new RegExp(`clickhouse-host: port ${port} is in use`));
        assert.doesNotMatch(failed.output, /\n\s+at /);
        const host = await startClickHouseHost({ path });
        await host.stop();
    });

    it("a path that is no folder, bad arguments: a sentence, exit code 1", async () => {
        const file = join(path, "file");
        await writeFile(file, "");
        const failed = await runFailingHost({ path: file });
        assert.equal(failed.code, 1);
        assert.doesNotMatch(failed.output, /\n\s+at /);
        const bad = await runFailingHost({ path, args: ["--max-query-memory", "much"] });
        assert.equal(bad.code, 1);
        assert.match(bad.output, /a whole number is needed, 'much' was found/);
    });

    it("limits of the command line hold for queries that set none", async () => {
        const host = await startClickHouseHost({
            path,
            args: ["--max-query-memory", "100", "--max-execution-time", "1"],
        });
        const code = async (sql: string) =>
            (await fetch(host.url, { method: "POST", body: sql })).headers.get("x-clickhouse-exception-code");
        assert.equal(await code("SELECT groupArray(number) FROM numbers(100000000)"), "241");
        assert.equal(
            await code("SELECT count() FROM numbers(10000000000000) WHERE NOT ignore(sipHash64(number))"),
            "159",
        );
        await host.stop();
    });
});
