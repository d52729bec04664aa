// Proves: what the driver prints of a run of the engine, on events as CLI 3.250.0 sends them. Does not prove: that other versions send the same.
import assert from "node:assert/strict";
import { Progress, shortName } from "../../../infra/cli/progress";
import { welcome } from "../../../infra/cli/welcome";

const table = "urn:pulumi:dev::monitoring::trading:clickhouse:Table::market_trades";
const root = "urn:pulumi:dev::monitoring::pulumi:pulumi:Stack::monitoring-dev";

function shown(...events: (object | string)[]): { lines: string[]; progress: Progress } {
    const lines: string[] = [];
    const progress = new Progress((line) => lines.push(line), "/a");
    for (const event of events) progress.line(typeof event === "string" ? event : JSON.stringify(event));
    return { lines, progress };
}
const step = (op: string, urn = table, type = "trading:clickhouse:Table"): object => ({ metadata: { op, urn, type } });

describe("progress of pulumi up", () => {
    it("tells what is done, once, and what it waits for", () => {
        const { lines, progress } = shown({ resourcePreEvent: step("create") });
        assert.deepEqual(lines, []);
        assert.equal(progress.waitingFor(), "creating Table market_trades");
        progress.line(JSON.stringify({ resOutputsEvent: step("create") }));
        assert.deepEqual(lines, ["created Table market_trades"]);
        assert.equal(progress.waitingFor(), "");
    });

    it("is silent about what stays the same and about the stack itself", () => {
        const same = [{ resourcePreEvent: step("same") }, { resOutputsEvent: step("same") }];
        const stack = [{ resourcePreEvent: step("create", root, "pulumi:pulumi:Stack") }];
        assert.deepEqual(shown(...same, ...stack).lines, []);
    });

    it("tells a failure with its error, without the stack trace", () => {
        const message =
            "Error: no room\n    at create (/a/b.ts:1:2)\n    at async /a/c.ts:3:4\n  the table has 7 rows\n";
        const { lines } = shown(
            { resourcePreEvent: step("update") },
            { diagnosticEvent: { urn: table, message, severity: "error" } },
            { resOpFailedEvent: step("update") },
        );
        assert.deepEqual(lines, [
            "error: Table market_trades: Error: no room\n  at b.ts:1\n  the table has 7 rows",
            "FAILED updating Table market_trades",
        ]);
    });

    it("shows messages without a level, and leaves out debug and passing ones", () => {
        const { lines } = shown(
            { diagnosticEvent: { urn: table, message: "kept in place\n", severity: "info" } },
            { diagnosticEvent: { message: "by the program\n", severity: "info#err" } },
            { diagnosticEvent: { message: "detail", severity: "debug" } },
            { diagnosticEvent: { message: "step 2", severity: "info", ephemeral: true } },
        );
        assert.deepEqual(lines, ["Table market_trades: kept in place", "by the program"]);
    });

    it("passes on what is no event", () => {
        assert.deepEqual(shown("error: no stack selected", "{broken").lines, ["error: no stack selected", "{broken"]);
    });

    it("sums up", () => {
        const { progress } = shown({ summaryEvent: { resourceChanges: { create: 3, same: 12, update: 1 } } });
        assert.equal(progress.summary(), "3 created, 12 unchanged, 1 updated");
        assert.equal(shown().progress.summary(), "");
    });

    it("shortens names", () => assert.equal(shortName(table), "Table market_trades"));

    it("repeats the cause in one sentence: a resource's error before the engine's own", () => {
        const refusal = "deleting it is refused, it holds 7 rows\n  more about it";
        const { progress } = shown(
            { diagnosticEvent: { urn: root, message: "update failed", severity: "error" } },
            { diagnosticEvent: { urn: table, message: refusal, severity: "error" } },
        );
        assert.equal(progress.cause(), "Table market_trades: deleting it is refused, it holds 7 rows");
        assert.equal(shown("error: no stack selected").progress.cause(), "no stack selected");
        assert.equal(shown().progress.cause(), "");
    });

    it("repeats a program's error with its place", () => {
        const message =
            "Running program '/a/index.ts' failed with an unhandled exception:\nTypeError: no such column\n    at /a/schema/facts/fills.ts:7:9\n";
        const { progress } = shown({ diagnosticEvent: { urn: root, message, severity: "error" } });
        assert.equal(progress.cause(), "TypeError: no such column at schema/facts/fills.ts:7");
    });
});

describe("the end of make start", () => {
    it("lists plain outputs and how to ask ClickHouse", () => {
        const text = welcome("dev", {
            clickhouseUrl: "http://127.0.0.1:1",
            secret: { ciphertext: "x" },
            kafkaBrokers: "127.0.0.1:2",
        });
        assert.match(text, /clickhouseUrl {2}http:\/\/127.0.0.1:1\n {2}kafkaBrokers {3}127.0.0.1:2\n/);
        assert.match(text, /curl 'http:\/\/127.0.0.1:1\/\?default_format=PrettyCompact'/);
        assert.doesNotMatch(text, /secret|ciphertext/);
        assert.match(text, /More: make status, make preview, make stop\n/);
        assert.match(welcome("mine", {}), /More: make status STACK=mine, /);
    });
});
