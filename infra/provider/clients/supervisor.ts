// The provider's way to the supervisors of local processes, by the client that lives beside the supervisor itself.
import {
    ensureSupervisor,
    SupervisorClient,
    SupervisorError,
    supervisorIfAlive,
    SupervisorUnreachable,
} from "../../embedded/supervisor/client";
import {
    type ProcessDetails,
    type ProcessSpec,
    type ProcessStatus,
    type SupervisorInfo,
} from "../../embedded/supervisor/protocol";
import { Rejected, said, Unreachable } from "./reach";

/** What the kinds ask of a supervisor. */
export interface Supervisor {
    list(): Promise<ProcessStatus[]>;
    get(name: string): Promise<ProcessDetails | undefined>;
    /** Starts or changes a process, and waits until it is healthy. */
    start(name: string, spec: ProcessSpec, onProgress: (line: string) => void): Promise<ProcessStatus>;
    remove(name: string): Promise<void>;
    /** Stops the supervisor and all it runs. */
    shutdown(): Promise<void>;
}

/** The supervisors of this machine, by their folder. */
export interface Supervisors {
    /** Starts the folder's supervisor, detached, if none is alive. */
    ensure(dir: string): Promise<SupervisorInfo>;
    alive(dir: string): Promise<SupervisorInfo | undefined>;
    of(dir: string): Supervisor;
}

async function translated<T>(dir: string, work: () => Promise<T>): Promise<T> {
    try {
        return await work();
    } catch (cause) {
        if (cause instanceof SupervisorUnreachable) throw new Unreachable("the supervisor", dir, cause);
        if (cause instanceof SupervisorError) throw new Rejected(said(cause), { cause });
        throw cause;
    }
}

/** The supervisors of this machine. */
export const supervisors: Supervisors = {
    ensure: (dir) => translated(dir, async () => (await ensureSupervisor(dir)).info()),
    alive: (dir) => translated(dir, async () => (await supervisorIfAlive(dir))?.info()),
    of(dir) {
        const client = new SupervisorClient(dir);
        return {
            list: () => translated(dir, () => client.list()),
            get: (name) => translated(dir, () => client.get(name)),
            start: (name, spec, onProgress) =>
                translated(dir, async () => {
                    await client.put(name, spec);
                    const timeoutSeconds = spec.healthTimeoutSeconds;
                    return client.waitHealthy(name, {
                        ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
                        onProgress,
                    });
                }),
            remove: (name) =>
                translated(dir, async () => {
                    await client.remove(name);
                }),
            shutdown: () => translated(dir, () => client.shutdown()),
        };
    },
};
