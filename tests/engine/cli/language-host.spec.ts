// Proves: the CLI found or built on this machine, with whatever language host goes with it, runs a TypeScript program without compiling
// it: config, secrets, outputs, a provider by path, no-op runs, failures told once and without noise, an engine that is killed.
// Does not prove: the same for the official CLI's own language host where the machine has only a built CLI, nor policy packs.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { LocalBackend } from "../../../infra/cli/backend";
import { PulumiProject } from "../../support/pulumi";
import { until } from "../../support/processes";

describe("the Pulumi CLI with its language host", function () {
    this.timeout(180_000);
    let project: PulumiProject;
    before(async () => {
        project = await PulumiProject.create(path.join(__dirname, "project"));
    });
    after(() => project.dispose());

    it("creates, with config, secrets and names passed on", async () => {
        await project.run(["config", "set", "--secret", "password", "s3cret", "--stack", project.stack]);
        const { output } = await project.up();
        assert.match(output, /2 created/);
        assert.match(output, /printed by the program/);
        assert.doesNotMatch(output, /s3cret|warning/);
        assert.deepEqual(await project.outputs(), {
            word: "hello",
            password: "s3cret",
            place: "organization/mini/test",
            isSecretKnown: "password",
        });
    });

    it("changes nothing the second time", async () => {
        assert.match((await project.preview()).output, /2 unchanged/);
        assert.match((await project.up()).output, /2 unchanged/);
    });

    it("shows a changed property and nothing else", async () => {
        await project.config({ word: "world" });
        const { output } = await project.preview();
        assert.match(output, /~ word +: "hello" => "world"/);
        assert.match(output, /1 to update/);
        assert.match((await project.up()).output, /1 updated/);
    });

    for (const [failure, told] of [
        ["exception", /TypeError: thrown on purpose/],
        ["told", /told on purpose/],
        ["killed", /the program was killed by SIGKILL/],
    ] as const) {
        it(`reports a program that ends by: ${failure}`, async () => {
            await project.config({ failure });
            const { code, output } = await project.up({ mayFail: true });
            await project.run(["config", "rm", "failure", "--stack", project.stack]);
            assert.notEqual(code, 0);
            assert.match(output, told);
            assert.doesNotMatch(output, /deleted/);
            if (failure === "told") assert.doesNotMatch(output, /\bat .*:\d+:\d+/);
        });
    }

    it("destroys", async () => {
        assert.match((await project.destroy()).output, /2 deleted/);
    });

    it("leaves no process behind when the CLI is killed", async () => {
        await project.config({ seconds: "120" });
        const child = project.spawn(["up", "--yes", "--skip-preview", "--stack", project.stack]);
        const backend = new LocalBackend(`file://${path.dirname(project.dir)}/state`, "mini");
        await until("the creation has begun", () => backend.interrupted(project.stack).length > 0, 60_000);
        child.kill("SIGKILL");
        await until("nothing of it runs", () => !processes().includes(project.dir), 30_000);
        assert.equal(backend.locks(project.stack).length, 1);
    });
});

function processes(): string {
    return execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
}
