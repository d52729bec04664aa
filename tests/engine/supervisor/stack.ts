/** A throw-away stack folder with a supervisor and workers for the suites of this folder. */
import path from "node:path";
import { type SupervisorClient, ensureSupervisor, supervisorIfAlive } from "../../../infra/embedded/supervisor/client";
import type { ProcessSpec } from "../../../infra/embedded/supervisor/protocol";
import { freePort, kill9, removeFolder, temporaryFolder } from "../../support/processes";

/** One supervisor's folder, and the way to be rid of everything in it. */
export interface TestStack {
    dir: string;
    supervisor(): Promise<SupervisorClient>;
    /** A worker's spec on a port of its own. */
    worker(env?: Record<string, string>): Promise<ProcessSpec & { health: { url: string } }>;
    /** kill -9 of the supervisor; returns once it is gone. */
    killSupervisor(): Promise<void>;
    close(): Promise<void>;
}

/** Nothing runs yet. */
export function testStack(): TestStack {
    const dir = temporaryFolder("supervisor");
    return {
        dir,
        supervisor: () => ensureSupervisor(dir),
        async worker(env = {}) {
            const port = await freePort();
            // Node strips the types itself, which starts sooner than with tsx.
            const command = [
                "node",
                "--disable-warning=ExperimentalWarning",
                path.join(__dirname, "worker.ts"),
                String(port),
            ];
            return { command, env, health: { url: `http://127.0.0.1:${port}/` } };
        },
        async killSupervisor() {
            const client = await supervisorIfAlive(dir);
            if (client === undefined) return;
            kill9((await client.info()).pid);
            while ((await supervisorIfAlive(dir)) !== undefined);
        },
        async close() {
            const client = await supervisorIfAlive(dir);
            await client?.shutdown();
            removeFolder(dir);
        },
    };
}
