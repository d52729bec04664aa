// For tests: a worker as its own process, as a supervisor starts it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { freePort, kill9, until } from "./processes";
import { repository } from "./pulumi";

/** A running worker of functions/<room>. */
export class WorkerProcess {
    private text = "";

    private constructor(
        private readonly room: string,
        private readonly child: ChildProcess,
        private readonly port: number,
    ) {
        for (const stream of [child.stdout, child.stderr])
            stream?.setEncoding("utf8").on("data", (chunk: string) => (this.text += chunk));
    }

    /** Starts one; `env` has what a stack would set. */
    static async start(room: string, env: Readonly<Record<string, string>>): Promise<WorkerProcess> {
        const port = await freePort();
        const { PATH, HOME } = process.env;
        const quiet = "--disable-warning=TimeoutNegativeWarning";
        const child = spawn(process.execPath, [quiet, "--require", "tsx/cjs", `functions/${room}/main.ts`], {
            cwd: repository,
            env: { PATH, HOME, METRICS_PORT: String(port), ...env },
            stdio: ["ignore", "pipe", "pipe"],
        });
        return new WorkerProcess(room, child, port);
    }

    /** All it wrote to standard output and error. */
    get output(): string {
        return this.text;
    }

    /** Its health page; undefined while it does not answer. */
    async health(): Promise<{ status: string; reasons: string[] } | undefined> {
        const response = await fetch(`http://127.0.0.1:${String(this.port)}/healthz`).catch(() => undefined);
        return (await response?.json()) as { status: string; reasons: string[] } | undefined;
    }

    /** Its figures. */
    async metrics(): Promise<string> {
        return (await fetch(`http://127.0.0.1:${String(this.port)}/metrics`)).text();
    }

    /** Waits until it has written what matches. */
    async says(pattern: RegExp): Promise<void> {
        await until(
            `${this.room} says ${String(pattern)}`,
            () => {
                if (this.child.exitCode !== null) throw new Error(`${this.room} ended: ${this.text}`);
                return pattern.test(this.text);
            },
            60_000,
        );
    }

    /** Waits for its end; resolves with its exit code. */
    async ended(): Promise<number | null> {
        if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "exit");
        return this.child.exitCode;
    }

    /** SIGTERM; resolves with its exit code. */
    stop(): Promise<number | null> {
        this.child.kill("SIGTERM");
        return this.ended();
    }

    /** SIGKILL, and waits for the end. */
    async kill9(): Promise<void> {
        kill9(this.child.pid ?? 0);
        await this.ended();
    }
}
