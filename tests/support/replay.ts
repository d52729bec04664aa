// For tests: the replay server as its own process, as a developer runs it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { repository } from "./pulumi";
import { until } from "./processes";

/** A running replay server. */
export class Replay {
    /** Status lines it has printed. */
    readonly lines: Record<string, unknown>[] = [];

    private constructor(private readonly child: ChildProcess) {}

    /** Serves a folder on a port; resolves when it listens. */
    static async start(folder: string, port: number, options: { speed: string; run?: string }): Promise<Replay> {
        const args = ["--recordings", folder, "--port", String(port), "--speed", options.speed];
        if (options.run !== undefined) args.push("--run", options.run);
        const child = spawn("node", ["--require", "tsx/cjs", "functions/replay/main.ts", ...args], {
            cwd: repository,
            stdio: ["ignore", "pipe", "inherit"],
        });
        const replay = new Replay(child);
        createInterface(child.stdout).on("line", (line) =>
            replay.lines.push(JSON.parse(line) as Record<string, unknown>),
        );
        await until("the replay server listens", () => replay.lines.some((line) => line["status"] === "listening"));
        return replay;
    }

    async stop(): Promise<void> {
        if (this.child.exitCode !== null) return;
        const closed = once(this.child, "close");
        this.child.kill("SIGTERM");
        await closed;
    }
}
