// Proves: where nobody listens, reconcile and backfill say in one line what does not answer, where, and what to do; a password in an address stays
// unsaid; and what cannot be understood ends with 2. Does not prove: what they do with a stack that is up (tests/engine/completeness).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { removeFolder, temporaryFolder } from "../../support/processes";
import { repository } from "../../support/pulumi";

interface Ran {
    code: number | null;
    out: string;
    err: string;
}

/** Ports below 10 are nobody's on loopback. */
function command(name: string, ...args: string[]): Ran {
    const script = path.join(repository, `functions/completeness/${name}.ts`);
    const ran = spawnSync(process.execPath, ["--require", "tsx/cjs", script, ...args], {
        cwd: repository,
        encoding: "utf8",
        timeout: 60_000,
    });
    return { code: ran.status, out: ran.stdout, err: ran.stderr };
}

describe("a stack that is not up", function () {
    this.timeout(90_000);
    const folder = temporaryFolder("away");
    after(() => removeFolder(folder));

    it("is named by reconcile: Kafka and ClickHouse at once", () => {
        const { code, out, err } = command(
            ...(["reconcile", "--brokers", "127.0.0.1:2", "--clickhouse", "http://me:secret@127.0.0.1:1"] as const),
        );
        assert.deepEqual([code, out], [2, ""]);
        assert.match(
            err,
            /^reconcile: Kafka at 127\.0\.0\.1:2 does not answer \([^\n]*\), ClickHouse at 127\.0\.0\.1:1 does not answer \([^\n]*\); is the stack up\? make start\n$/,
        );
        assert.doesNotMatch(err, /secret/);
    });

    it("is named by backfill, which sends nothing then", () => {
        const file = path.join(folder, "history.ndjson");
        writeFileSync(file, "{}\n");
        const { code, out, err } = command(
            ...(["backfill", "--brokers", "127.0.0.1:2", "--fact", "market_trades", "--file", file] as const),
        );
        assert.deepEqual([code, out], [2, ""]);
        assert.match(
            err,
            /^backfill: Kafka at 127\.0\.0\.1:2 does not answer \([^\n]*\); is the stack up\? make start\n$/,
        );
    });

    it("is not asked by a command that cannot be understood, which ends with 2", () => {
        const cases: [string[], RegExp][] = [
            [
                ["reconcile", "--from", "2026-11-24", "--until", "2026-11-23"],
                /^reconcile: --from must be before --until, found 2026-11-24T/,
            ],
            [["reconcile", "--from", "yesterday"], /must be a day or a time with its zone/],
            [["reconcile", "blah"], /too many arguments/],
            [["backfill", "--fact", "no_fact", "--file", "x"], /no_fact/],
            [["backfill", "--fact", "market_trades"], /--file <path>' not specified/],
            [["backfill", "--fact", "market_trades", "--file", folder], /^backfill: cannot read .*: it is a folder\n$/],
        ];
        for (const [[name = "", ...args], message] of cases) {
            const { code, out, err } = command(name, ...args);
            assert.match(err, message);
            assert.deepEqual([code, out], [2, ""], name);
        }
        assert.equal(command("reconcile", "--help").code, 0);
    });
});
