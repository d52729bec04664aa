// Proves: the provider reaches a ClickHouse that only a cluster knows through a kubectl of its own: asked for the right Service, without the stack's secrets in its
// environment, another one when it has ended, gone when it is closed, and its absence and its refusals said in words. Does not prove: that a real kubectl gets
// through to a real pod, for which a cluster with nodes would be needed; here a program of that name answers in ClickHouse's place.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClickHouseService } from "../../../infra/provider/clients/clickhouse";
import { Forward, reached } from "../../../infra/provider/clients/forward";
import { Rejected, Unreachable } from "../../../infra/provider/clients/reach";

const target = { context: "prod", namespace: "watch", service: "clickhouse", port: 8123 };
const url = "http://clickhouse.watch.svc:8123";

/** Answers any query with how it was started; ends after one that says so. */
const standIn = `#!${process.execPath}
const server = require("node:http").createServer((request, response) => {
    let query = "";
    request.on("data", (data) => (query += data)).on("end", () => {
        const { PULUMI_CONFIG_PASSPHRASE: passphrase = "" } = process.env;
        response.end(JSON.stringify({ args: process.argv.slice(2), pid: process.pid, passphrase }) + "\\n");
        if (query.includes("the last one")) response.on("close", () => process.exit(1));
    });
});
server.listen(0, "127.0.0.1", () => console.log("Forwarding from 127.0.0.1:" + server.address().port + " -> 8123"));
`;

interface Answer {
    args: string[];
    pid: number;
    passphrase: string;
}

function alive(pid: number): boolean {
    try {
        return process.kill(pid, 0);
    } catch {
        return false;
    }
}

describe("the provider's way into a cluster", () => {
    const { PATH, PULUMI_CONFIG_PASSPHRASE } = process.env;
    let folder: string;
    let forward: Forward;

    const withKubectl = (text: string): void => {
        const file = join(folder, "kubectl");
        writeFileSync(file, text);
        chmodSync(file, 0o755);
        process.env["PATH"] = folder;
    };
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "forward-"));
        forward = new Forward(target);
        process.env["PULUMI_CONFIG_PASSPHRASE"] = "canary";
    });
    afterEach(() => {
        forward.close();
        process.env["PATH"] = PATH;
        if (PULUMI_CONFIG_PASSPHRASE === undefined) delete process.env["PULUMI_CONFIG_PASSPHRASE"];
        else process.env["PULUMI_CONFIG_PASSPHRASE"] = PULUMI_CONFIG_PASSPHRASE;
        rmSync(folder, { recursive: true });
    });

    it("forwards a free port of loopback to the Service, and asks ClickHouse there", async () => {
        withKubectl(standIn);
        const clickhouse = new ClickHouseService({ url, forward }).with({ seconds: 0 });
        const [first] = await clickhouse.rows<Answer>("SELECT 1");
        assert.deepEqual(first?.args, [
            "port-forward",
            "--address=127.0.0.1",
            "--context=prod",
            "--namespace=watch",
            "service/clickhouse",
            ":8123",
        ]);
        assert.equal(first.passphrase, "");
        const [second] = await clickhouse.rows<Answer>("SELECT 2");
        assert.equal(second?.pid, first.pid);
        const connection = await reached({ url, user: "trading", forward });
        assert.match(connection.url, /^http:\/\/127\.0\.0\.1:\d+$/);
        assert.deepEqual(Object.keys(connection).sort(), ["url", "user"]);
    });

    it("opens another when it has ended, and ends it when it is closed", async () => {
        withKubectl(standIn);
        const clickhouse = new ClickHouseService({ url, forward }).with({ seconds: 60 });
        const [first] = await clickhouse.rows<Answer>("SELECT 'the last one'");
        const [second] = await clickhouse.rows<Answer>("SELECT 2");
        assert.ok(first !== undefined && second !== undefined && first.pid !== second.pid);
        forward.close();
        while (alive(second.pid)) await new Promise((resolve) => setTimeout(resolve, 10));
    });

    it("counts a refusal of kubectl as a service that does not answer, in kubectl's words", async () => {
        withKubectl(`#!/bin/sh\necho 'Error from server (NotFound): services "clickhouse" not found' >&2\nexit 1\n`);
        const clickhouse = new ClickHouseService({ url, forward }).with({ seconds: 0 });
        await assert.rejects(clickhouse.rows("SELECT 1"), (cause: unknown) => {
            assert.ok(cause instanceof Unreachable);
            assert.match(cause.message, /^ClickHouse at http:\/\/clickhouse\.watch\.svc:8123 cannot be reached: /);
            assert.match(cause.message, /kubectl port-forward ended: .*services "clickhouse" not found$/);
            return true;
        });
    });

    it("says what is missing where there is no kubectl", async () => {
        process.env["PATH"] = folder;
        const clickhouse = new ClickHouseService({ url, forward }).with({ seconds: 60 });
        await assert.rejects(clickhouse.rows("SELECT 1"), (cause: unknown) => {
            assert.ok(cause instanceof Rejected);
            assert.match(cause.message, /^kubectl cannot be run, it is not on PATH; .*install kubectl/);
            return true;
        });
    });
});
