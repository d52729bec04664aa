// Proves, on the whole stack: secrets that its configuration holds for the worker of alerts (a target's URL and signing secret, the key of pseudonyms) reach that worker
// and stand nowhere else: not in previews of any form, nor in the exported state, nor in what the CLI says of the stack; not in files of the project, its state, logs and
// data, but for the supervisor's own file, which is its user's alone; not in ClickHouse's DDL and queries; not in arguments of processes.
// Does not prove: the provider's ways with a secret that changes (tests/engine/provider/secrets.spec.ts); what a docker or kubernetes target shows of one.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { supervisorPaths } from "../../../infra/embedded/supervisor/paths";
import { type TestStack, sharedStack } from "../../support/stack";

const signing = Buffer.from("never-to-be-seen-signing-secret!").toString("base64");
const canaries = [signing, "never-to-be-seen-url", "never-to-be-seen-pseudonym-key"];
const [, url = "", pseudonyms = ""] = canaries;

/** Those that stand in a text. */
const seenIn = (text: string): string[] => canaries.filter((canary) => text.includes(canary));

/** Files below a folder in which one stands. */
function filesIn(folder: string): string[] {
    const patterns = canaries.flatMap((canary) => ["-e", canary]);
    const found = spawnSync("grep", ["-rlaF", "-D", "skip", ...patterns, folder], { encoding: "utf8" });
    assert.ok(found.status === 0 || found.status === 1 || found.stdout !== "", found.stderr);
    return found.stdout.split("\n").filter((line) => line !== "");
}

function argumentsOfAll(): string {
    return readdirSync("/proc")
        .filter((entry) => /^\d+$/.test(entry))
        .map((pid) => {
            try {
                return readFileSync(`/proc/${pid}/cmdline`, "utf8");
            } catch {
                return ""; // Ended meanwhile.
            }
        })
        .join("\n");
}

describe("secrets of a stack's configuration", function () {
    this.timeout(300_000);
    let stack: TestStack;
    const pulumi = async (...args: string[]): Promise<string> =>
        (await stack.project.run([...args, "--stack", "test"])).output;

    before(async () => {
        stack = await sharedStack();
        const targets = [
            { name: "canary", kind: "webhook", url: `https://example.invalid/${url}`, secrets: [`whsec_${signing}`] },
        ];
        await pulumi("config", "set", "--secret", "alertTargets", JSON.stringify(targets));
        await pulumi("config", "set", "--secret", "pseudonymKey", pseudonyms);
    });
    after(async () => {
        await pulumi("config", "rm-all", "alertTargets", "pseudonymKey");
        await stack.project.up();
    });

    it("are masked in every form of a preview that brings them", async () => {
        const forms = [[], ["--diff"], ["--json"]];
        for (const form of forms) {
            const said = await pulumi("preview", ...form);
            assert.match(said, /alerts/);
            assert.deepEqual(seenIn(said), [], form.join(" "));
        }
    });

    it("reach their worker and stand nowhere else", async () => {
        const { output } = await stack.project.up();
        assert.deepEqual(seenIn(output), []);
        const worker = await stack.supervisor.get("alerts");
        const environment = JSON.stringify(worker?.spec.env);
        assert.equal(seenIn(environment).length, canaries.length, "the worker has not got them");
        await stack.supervisor.waitHealthy("alerts");

        for (const args of [["stack"], ["stack", "output", "--json"], ["stack", "export"], ["config"]])
            assert.deepEqual(seenIn(await pulumi(...args)), [], args.join(" "));

        const own = supervisorPaths(stack.supervisor.dir).processes;
        assert.equal(statSync(own).mode & 0o077, 0, "the supervisor's file is for its user alone");
        const found = filesIn(path.dirname(stack.project.dir));
        assert.ok(found.includes(own), "a search that does not find them there finds nothing");
        const elsewhere = found.filter((file) => file !== own);
        assert.deepEqual(
            elsewhere.filter((file) => !file.includes(`${path.sep}tests${path.sep}`)),
            [],
        );

        const ddl = await stack.rows<{ text: string }>(
            `SELECT create_table_query AS text FROM system.tables WHERE database NOT IN ('system')
             UNION ALL SELECT query FROM system.processes`,
        );
        assert.ok(ddl.length > 100);
        assert.deepEqual(seenIn(JSON.stringify(ddl)), []);
        assert.deepEqual(seenIn(argumentsOfAll()), []);
    });
});
