// Proves: the policy pack runs in a real `pulumi preview` of the whole embedded program without fetching anything, has nothing to say of it, and ends a preview of a program
// that it objects to, with the policy, the resource and what to do. Does not prove: its judgements one by one, nor those of resources of docker and kubernetes
// (tests/unit/policy).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { PulumiProject, repository } from "../../support/pulumi";

describe("policy pack", function () {
    this.timeout(240_000);
    let project: PulumiProject;

    before(async () => {
        project = await PulumiProject.create(repository);
    });
    after(() => {
        project.dispose();
    });

    const preview = (): ReturnType<PulumiProject["run"]> =>
        project.run(["preview", "--policy-pack", "infra/policy", "--stack", "test"], { mayFail: true });

    it("has nothing to say of the program as it is", async () => {
        const { code, output } = await preview();
        assert.equal(code, 0, output);
        assert.match(output, /✅ trading-monitoring@v0\.1\.0/);
        assert.doesNotMatch(output, /\[mandatory\]/);
    });

    it("ends the preview of a stack whose data would go with it", async () => {
        await project.config({ onDelete: "drop" });
        const { code, output } = await preview();
        assert.notEqual(code, 0);
        assert.match(output, /\[mandatory\] +data-is-protected +\(trading:clickhouse:Table: market-trades\)/);
        assert.match(output, /set the stack's onDelete to refuse or keep/);
        await project.config({ onDelete: "refuse" });
    });

    it("ends the preview of a program with a fact that is kept for ever", async () => {
        const file = "schema/ddl/tables.ts";
        const source = readFileSync(path.join(project.dir, file), "utf8");
        const without = source.replace(/ttl: \{ column: "event_time", days: [^}]*\},/, "");
        assert.notEqual(without, source);
        project.write(file, without);
        const { code, output } = await preview();
        assert.notEqual(code, 0);
        assert.match(output, /facts-expire/);
        assert.match(output, /a fact without an end would fill the disk/);
    });
});
