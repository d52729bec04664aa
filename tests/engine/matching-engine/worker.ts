// For tests: the matching engine feed as its own process, as a stack runs it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { repository } from "../../support/pulumi";

/** A running feed. */
export class FeedWorker {
    private text = "";

    private constructor(private readonly child: ChildProcess) {
        for (const stream of [child.stdout, child.stderr])
            stream?.setEncoding("utf8").on("data", (chunk: string) => (this.text += chunk));
    }

    /** Starts it with nothing but its environment; `input` is written to its standard input, which then ends. */
    static start(env: Record<string, string>, input?: string): FeedWorker {
        const { PATH, HOME } = process.env;
        const child = spawn("node", ["--require", "tsx/cjs", "functions/matching-engine/main.ts"], {
            cwd: repository,
            env: { PATH, HOME, METRICS_PORT: "0", ...env },
            stdio: ["pipe", "pipe", "pipe"],
        });
        child.stdin.end(input ?? "");
        return new FeedWorker(child);
    }

    /** What it has said so far. */
    get output(): string {
        return this.text;
    }

    /** Port of its health server, once it has one. */
    get port(): number | undefined {
        const port = /"port":(\d+),.*"msg":"reading"/.exec(this.text)?.[1];
        return port === undefined ? undefined : Number(port);
    }

    /** Resolves with its exit code. */
    async ended(): Promise<number | null> {
        if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "close");
        return this.child.exitCode;
    }

    async stop(): Promise<number | null> {
        this.child.kill("SIGTERM");
        return this.ended();
    }

    async kill9(): Promise<void> {
        this.child.kill("SIGKILL");
        await this.ended();
    }
}
