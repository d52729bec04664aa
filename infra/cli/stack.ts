/** The TypeScript part of `make start`, `preview`, `stop` and `clean`: from a machine with all tools to a stack that runs, or to none. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { type StackLock } from "./backend";
import { endPrograms } from "./beside";
import { operate, pulumi, show } from "./engine";
import { processInfo, stopLeftovers } from "./processes";
import { backend, makeCommand, outputs, root, stack, stackDir, state } from "./project";
import { UserError, run, say } from "./terminal";
import { welcome } from "./welcome";

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
    if (!existsSync(path.join(stackDir, "supervisor"))) return;
    const child = spawn(process.execPath, ["--require", "tsx/cjs", revive, "--dir", stackDir], {
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
    throw new UserError(
        `supervisor: the stack's processes could not be brought back, ${why}\nTheir logs: ${stackDir}/logs`,
    );
}

/** Everything between an earlier end, however it came, and the next operation. */
async function recover(): Promise<void> {
    clearLocks();
    clearInterrupted();
    await reviveProcesses();
}

function createWhereMissing(): void {
    if (!backend.hasStack(stack)) pulumi(["stack", "select", "--create", stack]);
}

async function startStack(): Promise<void> {
    createWhereMissing();
    await recover();
    say(`pulumi up, stack ${stack}`);
    say(`pulumi up: ${await operate(["up", "--yes", "--skip-preview", "--stack", stack])}`);
    process.stdout.write(welcome(stack, await outputs()));
}

async function preview(args: string[]): Promise<void> {
    createWhereMissing();
    await show(["preview", "--diff", "--stack", stack, ...args]);
}

async function stopStack(): Promise<void> {
    await endProgramsOf(stack);
    const onDelete = backend.onDelete(stack);
    if (!backend.isLocal || backend.resourceTypes(stack).length > 0) {
        await recover();
        say(`pulumi destroy, stack ${stack}`);
        say(`pulumi destroy: ${await operate(["destroy", "--yes", "--skip-preview", "--stack", stack])}`);
    }
    await endProcesses(stack);
    say(`stack ${stack}: nothing of it runs`);
    if (onDelete.includes("keep"))
        say(`data kept in ${shown(stackDir)}: ${makeCommand("start")} takes it up again, make clean removes it`);
    else if (onDelete.includes("drop")) say(`data gone: the stack's onDelete is drop`);
}

async function endProgramsOf(name: string): Promise<void> {
    const ended = await endPrograms(path.join(state, name));
    if (ended.length > 0) say(`stack ${name}: ended ${ended.join(", ")}`);
}

async function endProcesses(name: string): Promise<void> {
    const ended = await stopLeftovers(path.join(state, name));
    if (ended.length > 0) say(`stack ${name}: ended ${ended.join(", ")}`);
}

const shown = (folder: string): string => path.relative(root, folder);

/** What this project's provider made lives in .trading altogether and needs no destroy; what others made would be lost from sight. */
async function clean(): Promise<void> {
    const foreign = (type: string): boolean => !/^(pulumi|trading):/.test(type);
    const elsewhere = backend.stacks().find((name) => backend.resourceTypes(name).some(foreign));
    if (elsewhere !== undefined) {
        throw new UserError(
            `stack ${elsewhere}: it has resources outside ${state}; run first: make stop STACK=${elsewhere}`,
        );
    }
    const stacks = readdirSync(state).filter((name) => existsSync(path.join(state, name, "supervisor")));
    for (const name of readdirSync(state)) {
        await endProgramsOf(name);
        await endProcesses(name);
    }
    rmSync(state, { recursive: true, force: true });
    const whose = stacks.length === 0 ? "no stack had any" : `of stack ${stacks.join(", ")}`;
    const record = backend.isLocal ? "and Pulumi's state" : "but not Pulumi's state, which is kept elsewhere";
    say(`removed ${shown(state)}: data and logs (${whose}), ${record}`);
    say("kept: node_modules, and what all clones of this machine share (the Pulumi CLI, Kafka's jars) in the cache");
}

const goals: Record<string, (args: string[]) => Promise<void>> = { start: startStack, preview, stop: stopStack, clean };

run(async () => {
    const [name = "", ...args] = process.argv.slice(2);
    const goal = goals[name];
    if (goal === undefined) throw new UserError(`stack.ts: goals are ${Object.keys(goals).join(", ")}`);
    await goal(args);
});
