// Proves: every committed Pulumi.<stack>.yaml has keys that the project knows, with values it takes, and makes a target. Does not prove: that a stack comes up.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { projectRoot } from "../../../infra/names";
import { project } from "../../support/settings";
import { runTarget } from "../../support/target";

const targets: Record<string, string> = {
    ...{ dev: "embedded", replay: "embedded", docker: "docker", staging: "docker", prod: "kubernetes" },
};

describe("committed stacks", () => {
    const names = readdirSync(projectRoot).flatMap((file) => /^Pulumi\.(\w+)\.yaml$/.exec(file)?.[1] ?? []);

    it("are the ones of the docs, each with the target it is an example of", () => {
        assert.deepEqual(names.filter((name) => name in targets).sort(), Object.keys(targets).sort());
    });

    for (const name of Object.keys(targets))
        it(`${name} is understood`, async function () {
            this.timeout(60_000);
            const file = readFileSync(join(projectRoot, `Pulumi.${name}.yaml`), "utf8");
            const { config } = parse(file) as { config: Record<string, unknown> };
            const keys = Object.entries(config).map(([key, value]) => {
                assert.ok(key.startsWith(`${project}:`), key);
                return [key.slice(project.length + 1), value] as const;
            });
            const known = parse(readFileSync(join(projectRoot, "Pulumi.yaml"), "utf8")) as {
                config: Record<string, unknown>;
            };
            for (const [key] of keys) assert.ok(key in known.config, `${name}: ${key}`);
            const { made } = await runTarget(Object.fromEntries(keys));
            assert.equal(Object.fromEntries(keys)["target"], targets[name]);
            assert.ok(made.length > 0);
        });
});
