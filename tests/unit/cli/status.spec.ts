// Proves: what `make status` makes of what supervisor, workers (a real health server), ClickHouse and Kafka say, of silence, and its time limits.
// Does not prove: that they say so; tests/engine/cli/status.spec.ts does, on a stack whose processes are killed and stopped.
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { healthOf } from "../../../infra/cli/health";
import { counted, factLines } from "../../../infra/cli/status/facts";
import { processLines, supervised } from "../../../infra/cli/status/processes";
import { within } from "../../../infra/cli/status/within";
import { type ProcessDetails } from "../../../infra/embedded/supervisor/protocol";
import { Health, serveHealth } from "../../../functions/shared/health";
import { createRegistry } from "../../../functions/shared/metrics";
import { catalogue } from "../../../schema";

const now = Date.parse("2026-01-01T00:05:00.000Z");
const worker: ProcessDetails = {
    name: "market-data",
    pid: 42,
    state: "running",
    since: "2026-01-01T00:00:00.000Z",
    restarts: 1,
    lastExit: null,
    healthy: true,
    command: ["node"],
    logFile: "/logs/market-data.log",
    specHash: "",
    fingerprint: null,
    adopted: false,
    spec: { command: ["node"], env: { TOKEN: "s3cret" }, health: { url: "http://127.0.0.1:9465/livez" } },
};

describe("status of a process", () => {
    it("has its port, and is running when it says nothing else", () => {
        const row = supervised(worker, { status: "ok", reasons: [] }, now);
        assert.deepEqual(row, {
            name: "market-data",
            state: "running",
            pid: "42",
            since: "5 min",
            restarts: "1",
            port: "9465",
            reasons: [],
            down: false,
        });
    });

    it("has the worker's own reasons, which are no reason to start it again", () => {
        const health = { status: "failing", reasons: ["venue: no connection, ENOTFOUND"] } as const;
        const row = supervised(worker, { ...health, reasons: [...health.reasons] }, now);
        assert.deepEqual([row.state, row.reasons, row.down], ["failing", ["venue: no connection, ENOTFOUND"], false]);
    });

    for (const [change, state, reason] of [
        [
            { healthy: false },
            "no answer",
            /health check fails; kill -9 42 has it started again; see \/logs\/market-data\.log/,
        ],
        [
            { state: "backoff", pid: null, lastExit: { code: 1, signal: null, at: "" } },
            "backoff",
            /last end: exit code 1; see/,
        ],
        [{ state: "backoff", pid: null, lastExit: { code: null, signal: "SIGKILL", at: "" } }, "backoff", /SIGKILL/],
        [{ state: "starting", healthy: false }, "starting", /starting; see/],
    ] as const) {
        it(`is down when it is: ${JSON.stringify(change)}`, () => {
            const row = supervised({ ...worker, ...change }, undefined, now);
            assert.deepEqual([row.state, row.down], [state, true]);
            assert.match(row.reasons.join(), reason);
        });
    }

    it("shows no environment, and of long reasons the beginning and the end, where the cause stands", () => {
        const reason = `venue: ${"x".repeat(1000)}, ECONNREFUSED`;
        const row = supervised(worker, { status: "degraded", reasons: [reason] }, now);
        const lines = processLines([row]);
        assert.match(lines[0] ?? "", /^process +state +pid +for +restarts +port$/);
        assert.match(lines[2] ?? "", /^ {2}market-data: venue: x{1,288}…x{1,190}, ECONNREFUSED$/);
        assert.doesNotMatch(lines.join(), /s3cret/);
    });
});

describe("what a worker says of itself", () => {
    it("is read from its /healthz, failing or not, and silence is failing", async () => {
        const health = new Health();
        let trouble: string | undefined = "no connection";
        health.fails("venue", () => trouble);
        const server = await serveHealth(0, health, createRegistry("test"));
        const url = `http://127.0.0.1:${String(server.port)}/healthz`;
        assert.deepEqual(await healthOf(url), { status: "failing", reasons: ["venue: no connection"] });
        trouble = undefined;
        assert.deepEqual(await healthOf(url), { status: "ok", reasons: [] });
        await server.close();
        assert.deepEqual(await healthOf(url), { status: "failing", reasons: [`no answer at ${url}`] });
    });
});

describe("status of the facts", () => {
    const [first, second] = catalogue;
    const line = (lines: string[], name = first?.name): string =>
        lines.find((each) => each.startsWith(`${name ?? ""} `))?.replace(/ {2,}/g, "|") ?? "";

    it("marks counts that may hold resends", () => {
        assert.equal(counted(12_345, true), "12,345");
        assert.equal(counted(12_000_345, false), "~12,000,345");
    });

    it("has a line for each declaration, also for one without a table or a topic", () => {
        const stored = new Map([[first?.name ?? "", { rows: "12", last: now - 3_000, dead: "1" }]]);
        const lag = new Map([
            [first?.name ?? "", "7"],
            [second?.name ?? "", "no topic"],
        ]);
        const lines = factLines(stored, lag, now);
        assert.equal(lines.length, catalogue.length + 1);
        assert.equal(line(lines), `${first?.name ?? ""}|12|3.0 s|7|1`);
        assert.equal(line(lines, second?.name), `${second?.name ?? ""}|no table|-|no topic|?`);
    });

    it("has a question mark for what nobody answered", () => {
        assert.equal(line(factLines(undefined, undefined, now)), `${first?.name ?? ""}|?|-|?|?`);
    });
});

describe("a part of the status", () => {
    it("that does not come in time is an error with its name, and holds nothing up", async () => {
        const never = new Promise<never>(() => undefined);
        await assert.rejects(within(10, "Kafka at x", never), /^Error: Kafka at x gave no answer within 0.01 s$/);
    });

    it("that comes is passed on, and that fails as well", async () => {
        assert.equal(await within(10_000, "x", pause(1, "found")), "found");
        await assert.rejects(within(10_000, "x", Promise.reject(new Error("refused"))), /refused/);
    });
});
