/** The set of processes of one stack: desired state on disk, what runs beside it, and the changes from one to the other. */
import { statSync } from "node:fs";
import path from "node:path";
import { adoptChild, killOrphanedGroup, terminate } from "./child";
import { isAlive } from "./identity";
import { rotateLog } from "./logs";
import { ManagedProcess, STOP_GRACE_MS } from "./managed";
import { type SupervisorPaths, PROJECT_DIR } from "./paths";
import { type ProcessDetails, type ProcessSpec, type ProcessStatus, specHash } from "./protocol";
import { type Running, readDesired, readRunning, writeDesired, writeRunning } from "./state";

/** A request that cannot be carried out now: 409. */
export class Conflict extends Error {}

/** Owns the processes; one instance per stack folder, guarded by the lock that its caller holds. */
export class Supervisor {
    private readonly processes = new Map<string, ManagedProcess>();
    /** Changes to one process wait for each other. */
    private readonly queues = new Map<string, Promise<unknown>>();
    /** Found alive when the supervisor started, and not adopted: another spec's, or nobody's any more. */
    private strays: Running = [];
    /** No longer wanted, and on their way out. */
    private readonly leaving = new Set<string>();
    private stopping = false;
    private pidsSaved = true;

    constructor(
        private readonly paths: SupervisorPaths,
        private readonly log: (text: string) => void,
    ) {}

    /** Brings the desired state about again: adopts what is alive, stops what is no longer wanted, starts the rest. */
    async open(): Promise<void> {
        for (const { name, spec } of readDesired(this.paths.processes)) this.manage(name, spec);
        for (const entry of readRunning(this.paths.pids)) {
            if (isAlive(entry.pid, entry.identity)) this.strays.push(entry);
            else killOrphanedGroup(entry.pid);
        }
        for (const managed of this.processes.values()) this.adoptIfAlive(managed);
        await Promise.all(this.strays.map((entry) => this.stopStray(entry)));
        for (const managed of this.processes.values()) managed.start();
    }

    /** In start order. */
    list(): ProcessStatus[] {
        return [...this.processes.values()].map((managed) => managed.status());
    }

    get(name: string): ProcessDetails | undefined {
        return this.processes.get(name)?.details();
    }

    /**
     * Makes a process be as its spec says; returns once it was spawned.
     * @throws Conflict while the supervisor shuts down
     */
    put(name: string, spec: ProcessSpec): Promise<ProcessStatus> {
        return this.inTurn(name, async () => {
            this.refuseWhenStopping(name);
            const existing = this.processes.get(name);
            if (existing !== undefined && specHash(existing.details().spec) === specHash(spec)) {
                existing.start();
                return existing.status();
            }
            // Written first: when we are killed in between, the next supervisor sees that the wrong spec runs and replaces it.
            this.save({ name, spec });
            const managed = existing ?? this.manage(name, spec);
            await managed.replace(spec);
            return managed.status();
        });
    }

    /** @returns false when there was none of that name */
    remove(name: string): Promise<boolean> {
        return this.inTurn(name, async () => {
            this.refuseWhenStopping(name);
            const managed = this.processes.get(name);
            if (managed === undefined) return false;
            this.leaving.add(name);
            this.save();
            await managed.stop();
            this.processes.delete(name);
            this.leaving.delete(name);
            this.saveRunning();
            this.log(`${name}: removed`);
            return true;
        });
    }

    /** Stops all, the last started first. The desired state stays, so that a later supervisor brings all back. */
    async shutdown(): Promise<void> {
        this.stopping = true;
        await Promise.allSettled(this.queues.values());
        for (const managed of [...this.processes.values()].reverse()) await managed.stop();
    }

    /** To be called every few seconds: bounds the log files and saves what could not be saved earlier. Never throws. */
    housekeeping(): void {
        if (!this.pidsSaved) this.saveRunning();
        for (const file of [this.paths.ownLog, ...this.list().map((status) => status.logFile)]) {
            try {
                if (rotateLog(file)) this.log(`rotated ${file}`);
            } catch (error) {
                this.log(`cannot rotate ${file}: ${String(error)}`);
            }
        }
    }

    private manage(name: string, spec: ProcessSpec): ManagedProcess {
        const managed = new ManagedProcess(name, spec, {
            logFile: path.join(this.paths.logs, `${name}.log`),
            defaultCwd: PROJECT_DIR,
            baseEnv: baseEnvironment(process.env),
            onChange: () => this.saveRunning(),
            log: this.log,
        });
        this.processes.set(name, managed);
        return managed;
    }

    private adoptIfAlive(managed: ManagedProcess): void {
        const hash = managed.status().specHash;
        const own = this.strays.find((entry) => entry.name === managed.name && entry.specHash === hash);
        if (own === undefined) return;
        this.strays = this.strays.filter((entry) => entry !== own);
        managed.adopt(own.pid, own.identity);
    }

    private async stopStray(entry: Running[number]): Promise<void> {
        this.log(`${entry.name}: stopping pid ${entry.pid}, which runs what is no longer wanted`);
        await terminate(adoptChild(entry.pid, entry.identity), STOP_GRACE_MS);
        this.strays = this.strays.filter((other) => other !== entry);
    }

    /** Writes down what is wanted; with a spec that a process is about to get, if one is given. */
    private save(about?: { name: string; spec: ProcessSpec }): void {
        const staying = [...this.processes.values()].filter((each) => !this.leaving.has(each.name));
        const desired = new Map(staying.map((each) => [each.name, each.details().spec]));
        if (about !== undefined) desired.set(about.name, about.spec);
        writeDesired(
            this.paths.processes,
            [...desired].map(([name, spec]) => ({ name, spec })),
        );
    }

    /** Never throws: on a full disk the processes go on, and it is tried again. */
    private saveRunning(): void {
        const managed = [...this.processes.values()].map((each) => each.running);
        const running = [...managed.filter((entry) => entry !== undefined), ...this.strays];
        try {
            writeRunning(this.paths.pids, running);
            this.pidsSaved = true;
        } catch (error) {
            this.pidsSaved = false;
            this.log(`cannot save ${this.paths.pids}, trying again later: ${String(error)}`);
        }
    }

    private refuseWhenStopping(name: string): void {
        if (this.stopping) throw new Conflict(`${name}: the supervisor is shutting down; try again when it has ended`);
    }

    private inTurn<T>(name: string, change: () => Promise<T>): Promise<T> {
        const turn = (this.queues.get(name) ?? Promise.resolve()).catch(() => undefined).then(change);
        this.queues.set(name, turn);
        return turn;
    }
}

/** What every process gets beside its spec's own: enough to find programs and to write times and text alike everywhere. */
export function baseEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
    const base: Record<string, string> = { TZ: "UTC", LANG: env["LANG"] ?? "C.UTF-8" };
    // The Node that runs the supervisor goes first, so that "node" in a command means this one.
    base["PATH"] = [path.dirname(process.execPath), env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"].join(path.delimiter);
    if (env["HOME"] !== undefined) base["HOME"] = env["HOME"];
    return base;
}

/**
 * Tells later whether the file now at that path is still there; false once its folder was removed or made anew.
 * It must not open the file: to close any descriptor of a locked file drops its process's POSIX locks, all of them.
 */
export function watchPlace(file: string): () => boolean {
    const { ino } = statSync(file);
    return () => statSync(file, { throwIfNoEntry: false })?.ino === ino;
}
