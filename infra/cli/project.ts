/** Which project and stack a command of `make` is about, and what that stack says of itself. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { LocalBackend } from "./backend";
import { UserError } from "./terminal";

/** Folder of the project. */
export const root = path.resolve(__dirname, "../..");

/** Folder of everything that is not source. */
export const state = path.join(root, ".trading");

/** The stack by STACK, as the Makefile has it. */
export const stack = process.env["STACK"] ?? "dev";

/** Folder of the stack's data, logs and processes. */
export const stackDir = path.join(state, stack);

/** A command of `make` for this stack, to be shown: `make start`, or `make start STACK=mine`. */
export const makeCommand = (goal: string): string => `make ${goal}${stack === "dev" ? "" : ` STACK=${stack}`}`;

const project = /^name: *(\S+)/m.exec(readFileSync(path.join(root, "Pulumi.yaml"), "utf8"))?.[1] ?? "";

/** Where Pulumi keeps the state; the default is that of toolchain.sh. */
export const backend = new LocalBackend(
    process.env["PULUMI_BACKEND_URL"] ?? `file://${path.join(state, "pulumi")}`,
    project,
);

/**
 * The stack's outputs, none where it is not up. Of a file:// backend they are read from its file, which takes no time;
 * of any other the CLI is asked.
 * @throws UserError with the CLI's words when the backend cannot be asked within `limitMs`
 */
export async function outputs(limitMs = 120_000): Promise<Record<string, unknown>> {
    if (backend.isLocal) return backend.outputs(stack);
    try {
        const args = ["stack", "output", "--json", "--stack", stack, "--non-interactive"];
        const { stdout } = await promisify(execFile)(path.join(root, "infra/cli/pulumi.sh"), args, {
            timeout: limitMs,
        });
        return JSON.parse(stdout) as Record<string, unknown>;
    } catch (cause) {
        const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : String(cause);
        if (/no stack named/.test(said)) return {};
        const why = said === "" ? `no answer within ${String(limitMs / 1000)} s` : said;
        throw new UserError(`stack ${stack}: its outputs cannot be read, ${why}`, { cause });
    }
}

/** Outputs of a stack that is up: where its services are, and what else it says of itself. */
export type Up = Readonly<Record<string, unknown> & { clickhouseUrl: string; kafkaBrokers: string }>;

/** What is said where the stack is not up. */
export const notUp = `stack ${stack} is not up; start it with: ${makeCommand("start")}`;

/**
 * The outputs of the stack where it is up, undefined where it is not.
 * @throws UserError as `outputs`
 */
export async function findUp(limitMs?: number): Promise<Up | undefined> {
    const found = await outputs(limitMs);
    const { clickhouseUrl, kafkaBrokers } = found;
    if (typeof clickhouseUrl !== "string" || typeof kafkaBrokers !== "string") return undefined;
    return { ...found, clickhouseUrl, kafkaBrokers };
}

/**
 * The outputs of the stack.
 * @throws UserError where it is not up, and as `outputs`
 */
export async function up(): Promise<Up> {
    const found = await findUp();
    if (found === undefined) throw new UserError(notUp);
    return found;
}
