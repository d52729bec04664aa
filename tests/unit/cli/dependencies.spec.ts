// Proves: when `make` calls npm ci and when not, and that package-lock.json keeps what npm drops where a registry mirror lacks a platform.
// Does not prove: that npm ci succeeds on those platforms.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { removeFolder, temporaryFolder } from "../../support/processes";
import { repository } from "../../support/pulumi";

interface Locked {
    version?: string;
    optional?: boolean;
    os?: string[];
    cpu?: string[];
}

function read(...file: string[]): unknown {
    return JSON.parse(readFileSync(path.join(...file), "utf8"));
}

describe("dependencies", () => {
    const root = temporaryFolder("dependencies");
    const hidden = path.join(root, "node_modules/.package-lock.json");
    const wanted = {
        "": {},
        "node_modules/a": { version: "1.0.0" },
        "node_modules/b": { version: "2.0.0", optional: true },
    };

    function difference(): string {
        const script = path.join(repository, "infra/cli/dependencies.js");
        const done = spawnSync(process.execPath, [script, root], { encoding: "utf8" });
        assert.equal(done.status, done.stdout === "" ? 0 : 1, done.stderr);
        return done.stdout.trim();
    }
    function install(packages: Record<string, Locked>): void {
        for (const name of Object.keys(packages)) mkdirSync(path.join(root, name), { recursive: true });
        writeFileSync(hidden, JSON.stringify({ packages }));
    }

    before(() => writeFileSync(path.join(root, "package-lock.json"), JSON.stringify({ packages: wanted })));
    after(() => removeFolder(root));

    it("are not there", () => assert.equal(difference(), "not installed"));

    it("are there, an optional one of another platform aside", () => {
        install({ "node_modules/a": { version: "1.0.0" } });
        assert.equal(difference(), "");
    });

    it("are of another version, or lack one", () => {
        install({ "node_modules/a": { version: "1.0.1" } });
        assert.equal(difference(), "node_modules/a is 1.0.1, not 1.0.0");
        install({ "node_modules/b": { version: "2.0.0" } });
        assert.equal(difference(), "node_modules/a is missing, not 1.0.0");
    });

    it("were half installed, or lost a folder", () => {
        install({ "node_modules/a": { version: "1.0.0" } });
        rmSync(path.join(root, "node_modules/a"), { recursive: true });
        assert.equal(difference(), "node_modules/a is gone");
        rmSync(hidden);
        assert.equal(difference(), "not installed");
    });

    it("name every platform's chdb in package-lock.json (npm ci refuses the file otherwise)", () => {
        const { packages } = read(repository, "package-lock.json") as { packages: Record<string, Locked> };
        const chdb = read(repository, "node_modules/chdb/package.json") as {
            optionalDependencies: Record<string, string>;
        };
        for (const [name, version] of Object.entries(chdb.optionalDependencies)) {
            const locked = packages[`node_modules/${name}`];
            assert.equal(
                locked?.version,
                version,
                `${name}: put it into package-lock.json by hand, as its neighbours are`,
            );
            assert.equal(locked.optional, true);
            assert.ok(locked.os !== undefined && locked.cpu !== undefined, `${name}: os and cpu must be named`);
        }
    });
});
