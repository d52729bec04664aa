/** Keeps one declared process alive: start, health, restart with backoff, stop. */
import { backoffMs, countCrash } from "./backoff";
import { type Child, adoptChild, spawnChild, terminate } from "./child";
import { probe } from "./health";
import { noteInLog } from "./logs";
import {
    type LastExit,
    type ProcessDetails,
    type ProcessSpec,
    type ProcessState,
    type ProcessStatus,
    specHash,
} from "./protocol";

/** Milliseconds. Often while somebody waits for a start, seldom later: probes are most of an idle supervisor's work. */
const PROBE_MS = { starting: 250, running: 5_000, timeout: 2_000 } as const;

/** A stopping process has this long, in ms, from SIGTERM to SIGKILL. */
export const STOP_GRACE_MS = 10_000;

/** What a process needs from its supervisor. */
export interface Surroundings {
    logFile: string;
    /** Working directory where the spec gives none. */
    defaultCwd: string;
    /** Given to every process, below the spec's own. */
    baseEnv: Record<string, string>;
    /** Called whenever a process was started or ended, synchronously. */
    onChange(): void;
    /** Writes a line to the supervisor's own log. */
    log(text: string): void;
}

/** The state machine of one process. Callers do not overlap `replace` and `stop`. */
export class ManagedProcess {
    private child: Child | undefined;
    private state: ProcessState = "stopped";
    private since = new Date();
    private wanted = false;
    private restarts = 0;
    private crashes = 0;
    private lastExit: LastExit | null = null;
    private failedProbes = 0;
    private healthySince: number | undefined;
    private probeTimer: NodeJS.Timeout | undefined;
    private restartTimer: NodeJS.Timeout | undefined;

    constructor(
        readonly name: string,
        private spec: ProcessSpec,
        private readonly around: Surroundings,
    ) {}

    /** What to write down so that a later supervisor can adopt it; undefined when it is not alive. */
    get running(): { name: string; pid: number; identity: string; specHash: string } | undefined {
        const { pid, identity } = this.child ?? {};
        if (pid === undefined || identity === undefined) return undefined;
        return { name: this.name, pid, identity, specHash: specHash(this.spec) };
    }

    status(): ProcessStatus {
        return {
            name: this.name,
            pid: this.child?.pid ?? null,
            state: this.state,
            since: this.since.toISOString(),
            restarts: this.restarts,
            lastExit: this.lastExit,
            healthy: this.healthySince !== undefined,
            command: this.spec.command,
            logFile: this.around.logFile,
            specHash: specHash(this.spec),
            fingerprint: this.spec.fingerprint ?? null,
            adopted: this.child?.adopted ?? false,
        };
    }

    details(): ProcessDetails {
        return { ...this.status(), spec: this.spec };
    }

    /** Starts it, or, when it waits out a backoff, starts it now. Nothing when it is alive. */
    start(): void {
        this.wanted = true;
        if (this.child !== undefined) return;
        clearTimeout(this.restartTimer);
        const { command, env, cwd = this.around.defaultCwd } = this.spec;
        const { logFile, baseEnv } = this.around;
        const child = spawnChild({ command, cwd, env: { ...baseEnv, ...env }, logFile });
        if (child.pid !== undefined) this.say(`started ${command.join(" ")} as pid ${child.pid}`);
        this.follow(child);
    }

    /** Takes over a process that is alive and runs this spec. */
    adopt(pid: number, identity: string): void {
        this.wanted = true;
        this.say(`adopted pid ${pid}`);
        this.follow(adoptChild(pid, identity));
    }

    /** Runs another spec: the old process is stopped first. */
    async replace(spec: ProcessSpec): Promise<void> {
        await this.stop();
        this.spec = spec;
        this.restarts = 0;
        this.crashes = 0;
        this.start();
    }

    /** SIGTERM, ten seconds, SIGKILL; resolves once it is gone. */
    async stop(): Promise<void> {
        this.wanted = false;
        clearTimeout(this.restartTimer);
        if (this.child !== undefined) await terminate(this.child, STOP_GRACE_MS);
        this.enter("stopped");
    }

    private follow(child: Child): void {
        this.child = child;
        this.failedProbes = 0;
        this.healthySince = undefined;
        this.enter("starting");
        this.around.onChange();
        this.probeLater(child, 0);
        void child.exited.then((exit) => this.ended(child, exit));
    }

    private ended(child: Child, exit: LastExit): void {
        this.lastExit = exit;
        this.say(`ended: ${exit.error ?? exit.signal ?? `exit code ${exit.code ?? "unknown"}`}`);
        if (this.child !== child) return;
        clearTimeout(this.probeTimer);
        const healthyMs = this.healthySince === undefined ? 0 : Date.now() - this.healthySince;
        this.child = undefined;
        this.healthySince = undefined;
        this.around.onChange();
        if (this.wanted) this.restartLater(healthyMs);
        else this.enter("stopped");
    }

    private restartLater(healthyMs: number): void {
        this.crashes = countCrash(this.crashes, healthyMs);
        this.restarts += 1;
        const wait = backoffMs(this.crashes - 1);
        this.say(`restart number ${this.restarts} in ${(wait / 1000).toFixed(1)} s`);
        this.enter("backoff");
        this.restartTimer = setTimeout(() => this.start(), wait);
    }

    private probeLater(child: Child, delayMs: number): void {
        this.probeTimer = setTimeout(() => void this.probeNow(child), delayMs);
    }

    private async probeNow(child: Child): Promise<void> {
        const healthy = await probe(this.spec.health, PROBE_MS.timeout);
        if (this.child !== child) return;
        this.noteHealth(healthy);
        this.probeLater(child, this.state === "starting" ? PROBE_MS.starting : PROBE_MS.running);
    }

    private noteHealth(healthy: boolean): void {
        this.failedProbes = healthy ? 0 : this.failedProbes + 1;
        if (healthy && this.healthySince === undefined) {
            this.healthySince = Date.now();
            if (this.state === "starting") this.enter("running");
            this.around.log(`${this.name}: healthy`);
        } else if (this.failedProbes === 2 && this.healthySince !== undefined) {
            this.healthySince = undefined;
            this.say("alive, but its health check fails");
        }
    }

    private enter(state: ProcessState): void {
        if (state === this.state) return;
        this.state = state;
        this.since = new Date();
    }

    private say(text: string): void {
        this.around.log(`${this.name}: ${text}`);
        noteInLog(this.around.logFile, text);
    }
}
