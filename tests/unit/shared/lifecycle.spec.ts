// Proves: a worker stops in order and in bounded time, its health page answers 200 or 503 with reasons, and its log hides secrets.
// Not: that the process itself ends (tests/engine/market-data).
import assert from "node:assert/strict";
import { Counter, Registry } from "prom-client";
import { Health, serveHealth } from "../../../functions/shared/health";
import { createLog, sampler } from "../../../functions/shared/log";
import { Shutdown } from "../../../functions/shared/shutdown";

function capture(level = "debug"): { log: ReturnType<typeof createLog>; lines: Record<string, unknown>[] } {
    const lines: Record<string, unknown>[] = [];
    const log = createLog("worker", level, {
        write: (text: string) => void lines.push(JSON.parse(text) as Record<string, unknown>),
    });
    return { log, lines };
}

describe("shutdown", () => {
    it("stops in the order of the flow, once, also when one fails", async () => {
        const order: string[] = [];
        const exits: number[] = [];
        const shutdown = new Shutdown(capture().log, 1_000, (code) => void exits.push(code));
        shutdown.add("source", async () => {
            await Promise.resolve();
            order.push("source");
        });
        shutdown.add("broken", () => {
            throw new Error("no");
        });
        shutdown.add("outbox", () => order.push("outbox"));
        await Promise.all([shutdown.run("SIGTERM"), shutdown.run("SIGINT")]);
        assert.deepEqual(order, ["source", "outbox"]);
        assert.deepEqual(exits, [1]);
    });

    it("ends with 0 when all went well, and with the given code after an error", async () => {
        for (const code of [0, 1]) {
            const exits: number[] = [];
            await new Shutdown(capture().log, 1_000, (found) => void exits.push(found)).run("reason", code);
            assert.deepEqual(exits, [code]);
        }
    });

    it("ends with 1 after a stop in order as well, when something is left that people have to hear of", async () => {
        const { log, lines } = capture();
        const exits: number[] = [];
        const shutdown = new Shutdown(log, 1_000, (code) => void exits.push(code));
        shutdown.add("source", () => shutdown.fail("3 lines are not delivered"));
        await shutdown.run("SIGTERM");
        assert.deepEqual(exits, [1]);
        assert.ok(lines.some(({ level, msg }) => level === "error" && msg === "3 lines are not delivered"));
    });

    it("does not wait for what hangs, and says what it was", async () => {
        const { log, lines } = capture();
        const exits: number[] = [];
        const shutdown = new Shutdown(log, 20, (code) => void exits.push(code));
        shutdown.add("stuck", () => new Promise<void>(() => undefined));
        await shutdown.run("SIGTERM");
        assert.deepEqual(exits, [1]);
        assert.ok(lines.some(({ msg }) => String(msg).includes("stuck still running")));
    });
});

describe("health page", () => {
    it("answers 200, then 503 with the reasons, and stays alive", async () => {
        const health = new Health();
        const registry = new Registry();
        new Counter({ name: "things_total", help: "Things", registers: [registry] }).inc(3);
        let kafka: string | undefined;
        health.fails("kafka", () => kafka);
        health.warns("books", () => (kafka === undefined ? undefined : "out of step"));
        const server = await serveHealth(0, health, registry);
        const get = async (path: string): Promise<{ status: number; text: string }> => {
            const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
            return { status: response.status, text: await response.text() };
        };
        try {
            assert.equal((await get("/healthz")).status, 200);
            kafka = "away";
            const failing = await get("/healthz");
            assert.equal(failing.status, 503);
            const state = JSON.parse(failing.text) as { status: string; reasons: string[] };
            assert.deepEqual([state.status, state.reasons], ["failing", ["kafka: away", "books: out of step"]]);
            assert.equal((await get("/livez")).status, 200);
            assert.match((await get("/metrics")).text, /^things_total 3$/m);
            assert.equal((await get("/other")).status, 404);
        } finally {
            await server.close();
        }
    });

    it("is degraded, not failing, by a warning", () => {
        const health = new Health();
        health.warns("books", () => "out of step");
        assert.equal(health.state().status, "degraded");
    });

    it("says so when its port is taken", async () => {
        const server = await serveHealth(0, new Health(), new Registry());
        await assert.rejects(
            serveHealth(server.port, new Health(), new Registry()),
            /the port is in use; set METRICS_PORT/,
        );
        await server.close();
    });
});

describe("log", () => {
    it("writes JSON with level words and without secrets", () => {
        const { log, lines } = capture("info");
        log.debug("not shown");
        log.info({ kafka: { password: "hunter2" }, token: "t" }, "hello");
        assert.equal(lines.length, 1);
        assert.deepEqual([lines[0]?.["level"], lines[0]?.["msg"], lines[0]?.["worker"]], ["info", "hello", "worker"]);
        assert.ok(!JSON.stringify(lines).includes("hunter2"));
        assert.equal(lines[0]?.["token"], "[redacted]");
    });

    it("samples what may happen often, and counts what it held back", () => {
        let now = 0;
        const seen: number[] = [];
        const sampled = sampler(100, () => now);
        for (now = 0; now < 250; now += 10) sampled((held) => seen.push(held));
        assert.deepEqual(seen, [0, 9, 9]);
    });
});
