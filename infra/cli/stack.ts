/** The TypeScript part of `make start`, `make stop` and `make clean`: from a machine with all tools to a stack that runs, or to none. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { LocalBackend, type StackLock } from "./backend";
import { UserError, operate, pulumi, say } from "./engine";
import { processInfo, stopLeftovers } from "./processes";
import { welcome } from "./welcome";

const root = path.resolve(__dirname, "../..");
const state = path.join(root, ".trading");
const stack = process.env["STACK"] ?? "dev";
const project = /^name: *(\S+)/m.exec(readFileSync(path.join(root, "Pulumi.yaml"), "utf8"))?.[1] ?? "";
const backend = new LocalBackend(process.env["PULUMI_BACKEND_URL"] ?? "", project);
/** Milliseconds for all processes to become healthy again; each has a shorter limit of its own. */
const REVIVE_MS = 300_000;
const revive = path.join(root, "infra/embedded/supervisor/revive.ts");

/** A holder on another machine cannot be looked at, so it counts as alive. */
function isHeld(lock: StackLock): boolean {
    return lock.hostname !== hostname() || processInfo(lock.pid, "comm").includes("pulumi");
}

/** A killed `pulumi` leaves its lock; one that runs is left alone. */
function clearLocks(): void {
    const locks = backend.locks(stack);
    const held = locks.find(isHeld);
    if (held !== undefined) {
        throw new UserError(
            `stack ${stack}: process ${String(held.pid)} of ${held.username}@${held.hostname} has been changing it since ${held.timestamp}; ` +
                `wait for its end, or end it, then run the same command again`,
        );
    }
    if (locks.length === 0) return;
    pulumi(["cancel", "--yes", "--stack", stack]);
    say(`lock: an earlier pulumi (process ${String(locks[0]?.pid)}) was killed; its lock is cleared`);
}

/** What a killed run left half done is looked at anew by `up`: the provider adopts what is there. Importing the state drops the marks. */
function clearInterrupted(): void {
    const urns = backend.interrupted(stack);
    if (urns.length === 0) return;
    pulumi(["stack", "import", "--stack", stack], pulumi(["stack", "export", "--stack", stack]));
    say(`state: an earlier run was cut short at ${String(urns.length)} resource(s), which are looked at anew`);
}

/** Processes that were killed, or ended with the machine, come back before Pulumi talks to them. */
async function reviveProcesses(): Promise<void> {
    const dir = path.join(state, stack);
    if (!existsSync(path.join(dir, "supervisor"))) return;
    const child = spawn(process.execPath, ["--require", "tsx/cjs", revive, "--dir", dir], {
        cwd: root,
        timeout: REVIVE_MS,
        stdio: ["ignore", "pipe", "pipe"],
    });
    let errors = "";
    createInterface(child.stdout).on("line", say);
    child.stderr.on("data", (data: Buffer) => (errors += data.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    if (code === 0) return;
    const why = errors.trim() || `no end within ${String(REVIVE_MS / 1000)} s`;
    throw new UserError(`supervisor: the stack's processes could not be brought back, ${why}\nTheir logs: ${dir}/logs`);
}

/** Everything between an earlier end, however it came, and the next operation. */
async function recover(): Promise<void> {
    clearLocks();
    clearInterrupted();
    await reviveProcesses();
}

async function startStack(): Promise<void> {
    if (!backend.hasStack(stack)) pulumi(["stack", "select", "--create", stack]);
    await recover();
    say(`pulumi up, stack ${stack}`);
    say(`pulumi up: ${await operate(["up", "--yes", "--skip-preview", "--stack", stack])}`);
    process.stdout.write(welcome(stack, outputs()));
}

function outputs(): Record<string, unknown> {
    if (backend.isLocal) return backend.outputs(stack);
    return JSON.parse(pulumi(["stack", "output", "--json", "--stack", stack])) as Record<string, unknown>;
}

async function stopStack(): Promise<void> {
    if (!backend.isLocal || backend.resourceTypes(stack).length > 0) {
        await recover();
        say(`pulumi destroy, stack ${stack}`);
        say(`pulumi destroy: ${await operate(["destroy", "--yes", "--skip-preview", "--stack", stack])}`);
    }
    await endProcesses(stack);
    say(`stack ${stack}: nothing of it runs`);
}

async function endProcesses(name: string): Promise<void> {
    const ended = await stopLeftovers(path.join(state, name));
    if (ended.length > 0) say(`stack ${name}: ended ${ended.join(", ")}`);
}

/** What this project's provider made lives in .trading altogether and needs no destroy; what others made would be lost from sight. */
async function clean(): Promise<void> {
    const foreign = (type: string): boolean => !/^(pulumi|trading):/.test(type);
    const elsewhere = backend.stacks().find((name) => backend.resourceTypes(name).some(foreign));
    if (elsewhere !== undefined) {
        throw new UserError(
            `stack ${elsewhere}: it has resources outside ${state}; run first: make stop STACK=${elsewhere}`,
        );
    }
    for (const name of readdirSync(state)) await endProcesses(name);
    rmSync(state, { recursive: true, force: true });
    say(`removed ${state}`);
}

const goals: Record<string, () => Promise<void>> = { start: startStack, stop: stopStack, clean };

async function main(): Promise<void> {
    const goal = goals[process.argv[2] ?? ""];
    if (goal === undefined) throw new UserError(`stack.ts: goals are ${Object.keys(goals).join(", ")}`);
    await goal();
}

main().catch((cause: unknown) => {
    const message = cause instanceof Error ? cause.message : String(cause);
    const full = message.includes("ENOSPC")
        ? `the disk is full: ${message}; free some and run the same command again`
        : message;
    process.stderr.write(`\nerror: ${full}\n`);
    process.exitCode = 1;
});
