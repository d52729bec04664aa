// For tests: the commands of functions/completeness as a person runs them.
import { execFile } from "node:child_process";
import { repository } from "../../support/pulumi";

/** What a command said and how it ended. */
export interface Ended {
    readonly code: number;
    readonly out: string;
    readonly err: string;
}

/** Runs a command with its options to its end. */
export function command(name: "reconcile" | "backfill", ...options: string[]): Promise<Ended> {
    const args = ["--require", "tsx/cjs", `functions/completeness/${name}.ts`, ...options];
    return new Promise((resolve) =>
        execFile("node", args, { cwd: repository }, (error, out, err) =>
            resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, out, err }),
        ),
    );
}
