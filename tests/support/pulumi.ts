/** For tests: a Pulumi project in a folder of its own, with a backend of its own, driven by the real CLI that `make start` would use. */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** The repository this test belongs to. */
export const repository = path.resolve(__dirname, "../..");

/** What a command of the CLI came to. */
export interface Outcome {
    /** Exit code; null when a signal ended it. */
    code: number | null;
    /** What it printed on both streams, in order of arrival. */
    output: string;
    seconds: number;
}

/** How a project is set up. */
export interface ProjectOptions {
    /** Name of the stack; default `test`. */
    stack?: string;
    /** Added to the environment of every command. */
    env?: Record<string, string>;
}

/** What one command may take, and whether it is expected to fail. */
export interface RunOptions {
    timeoutSeconds?: number;
    env?: Record<string, string>;
    /** Give back an exit code other than 0 instead of throwing. */
    mayFail?: boolean;
}

const notCopied = new Set(["node_modules", ".trading", ".git"]);

/** One project; `dispose` removes it. Commands run one after another or beside those of other projects. */
export class PulumiProject {
    private constructor(
        readonly dir: string,
        readonly stack: string,
        private readonly env: Record<string, string>,
    ) {}

    /**
     * Copies a project folder (without node_modules, which is linked) into a temporary one and creates the stack. A project that has no infra/
     * finds the repository's there, for what loads its program.
     * @param source folder with a Pulumi.yaml
     * @throws Error with the CLI's output when the stack cannot be created
     */
    static async create(source: string, options: ProjectOptions = {}): Promise<PulumiProject> {
        const base = mkdtempSync(path.join(realpathSync(tmpdir()), "pulumi-test-"));
        const dir = path.join(base, "project");
        cpSync(source, dir, { recursive: true, filter: (file) => !notCopied.has(path.basename(file)) });
        for (const linked of ["node_modules", "infra"])
            if (!existsSync(path.join(dir, linked))) symlinkSync(path.join(repository, linked), path.join(dir, linked));
        for (const folder of ["state", "home"]) mkdirSync(path.join(base, folder));
        // No debug log of each command, as in the project's own PULUMI_HOME (infra/cli/toolchain.sh).
        symlinkSync("/dev/null", path.join(base, "home", "logs"));
        const env = {
            PULUMI_BACKEND_URL: `file://${path.join(base, "state")}`,
            PULUMI_HOME: path.join(base, "home"),
            PULUMI_CONFIG_PASSPHRASE: "trading-dev",
            ...options.env,
        };
        const project = new PulumiProject(dir, options.stack ?? "test", env);
        await project.run(["stack", "select", "--create", project.stack]);
        return project;
    }

    /** Writes a file of the project. */
    write(file: string, content: string): void {
        writeFileSync(path.join(this.dir, file), content);
    }

    up(options?: RunOptions): Promise<Outcome> {
        return this.run(["up", "--yes", "--skip-preview", "--stack", this.stack], options);
    }

    preview(options?: RunOptions): Promise<Outcome> {
        return this.run(["preview", "--diff", "--stack", this.stack], options);
    }

    refresh(options?: RunOptions): Promise<Outcome> {
        return this.run(["refresh", "--yes", "--skip-preview", "--stack", this.stack], options);
    }

    destroy(options?: RunOptions): Promise<Outcome> {
        return this.run(["destroy", "--yes", "--skip-preview", "--stack", this.stack], options);
    }

    /** @param values config keys without the project's name */
    async config(values: Record<string, string>): Promise<void> {
        const pairs = Object.entries(values).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
        await this.run(["config", "set-all", ...pairs, "--stack", this.stack]);
    }

    /** The stack's outputs, secrets in clear. */
    async outputs(): Promise<Record<string, unknown>> {
        const { output } = await this.run(["stack", "output", "--json", "--show-secrets", "--stack", this.stack]);
        return JSON.parse(output.slice(output.indexOf("{"))) as Record<string, unknown>;
    }

    /**
     * Runs any command of the CLI to its end.
     * @throws Error with its output when it fails or takes longer than the limit (default 120 s); it is killed then
     */
    async run(args: string[], options: RunOptions = {}): Promise<Outcome> {
        const began = Date.now();
        const limit = (options.timeoutSeconds ?? 120) * 1000;
        const child = this.spawn(args, options.env);
        let output = "";
        for (const stream of [child.stdout, child.stderr])
            stream?.on("data", (data: Buffer) => (output += data.toString()));
        const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
        const code = await Promise.race([ended, pause(limit, "late" as const, { ref: false })]);
        if (code === "late") {
            killGroup(child);
            throw new Error(`pulumi ${args.join(" ")}: no end within ${String(limit / 1000)} s\n${output}`);
        }
        const seconds = (Date.now() - began) / 1000;
        if (code !== 0 && options.mayFail !== true) {
            throw new Error(`pulumi ${args.join(" ")}: exit code ${String(code)}\n${output}`);
        }
        return { code, output, seconds };
    }

    /** Starts a command and leaves it running; its pid is the CLI's own and leads a process group. */
    spawn(args: string[], env: Record<string, string> = {}): ChildProcess {
        return spawn(path.join(repository, "infra/cli/pulumi.sh"), args, {
            cwd: this.dir,
            env: { ...process.env, ...this.env, ...env },
            stdio: ["ignore", "pipe", "pipe"],
            detached: true,
        });
    }

    /** Removes the project and its state; what the stack itself made elsewhere is for `destroy`. */
    dispose(): void {
        rmSync(path.dirname(this.dir), { recursive: true, force: true });
    }
}

function killGroup(child: ChildProcess): void {
    if (child.pid === undefined) return;
    try {
        process.kill(-child.pid, "SIGKILL");
    } catch {
        // Ended meanwhile.
    }
}
