// For tests of the driver: a project of its own with the real `make`, CLI and dependencies, but the smallest program.
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { LocalBackend } from "../../../infra/cli/backend";
import { removeFolder, temporaryFolder } from "../../support/processes";
import { repository } from "../../support/pulumi";

const salt = "v1:ihaoxyLGJqI=:v1:U3X06EDDayUsMXHz:JQzCGmZKWQM0i0/qUFBC/aLMLcXDYQ==";
const names = ["PATH", "HOME", "XDG_CACHE_HOME"];

/** What a command came to. */
export interface Made {
    status: number | null;
    output: string;
}

/** The project; its stack is `dev`. The test's own Pulumi settings do not reach it. */
export class MiniProject {
    readonly dir = path.join(temporaryFolder("driver"), "a project");
    readonly config = path.join(this.dir, "Pulumi.dev.yaml");
    readonly backend = new LocalBackend(`file://${this.dir}/.trading/pulumi`, "mini");
    readonly env: NodeJS.ProcessEnv = Object.fromEntries(names.map((name) => [name, process.env[name]]));

    constructor() {
        mkdirSync(this.dir);
        cpSync(path.join(__dirname, "project"), this.dir, { recursive: true });
        for (const part of ["infra", "schema", "functions", "Makefile", "package-lock.json"])
            cpSync(path.join(repository, part), path.join(this.dir, part), { recursive: true });
        symlinkSync(path.join(repository, "node_modules"), path.join(this.dir, "node_modules"));
        appendFileSync(
            this.config,
            `# kept as it is\nencryptionsalt: ${salt}\nconfig:\n  # and this\n  mini:word: hi\n`,
        );
    }

    /** Runs make to its end. */
    make(args: string[], env: NodeJS.ProcessEnv = {}): Made {
        const done = spawnSync("make", ["--no-print-directory", ...args], {
            cwd: this.dir,
            env: { ...this.env, ...env },
            encoding: "utf8",
            timeout: 120_000,
        });
        return { status: done.status, output: done.stdout + done.stderr };
    }

    /** Sets a config value of the stack, which exists. */
    set(key: string, value: string): void {
        const { status, output } = this.make(["pulumi", `ARGS=config set ${key} ${value}`]);
        assert.equal(status, 0, output);
    }

    /** Starts make and leaves it running, in a process group of its own as on a terminal. */
    spawn(args: string[], env: NodeJS.ProcessEnv = {}): { child: ChildProcess; output: () => string } {
        const child = spawn("make", ["--no-print-directory", ...args], {
            cwd: this.dir,
            env: { ...this.env, ...env },
            stdio: ["ignore", "pipe", "pipe"],
            detached: true,
        });
        let output = "";
        for (const stream of [child.stdout, child.stderr])
            stream.on("data", (data: Buffer) => (output += data.toString()));
        return { child, output: () => output };
    }

    dispose(): void {
        removeFolder(path.dirname(this.dir));
    }
}
