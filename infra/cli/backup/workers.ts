/** The workers of a stack, out of the way while its tables are filled: an evaluator that reads half of the facts raises alerts about what it does not see. */
import { type SupervisorClient } from "../../embedded/supervisor/client";
import { type ProcessDetails } from "../../embedded/supervisor/protocol";
import { say } from "../terminal";

/** Processes that are no workers. */
const services = ["kafka", "clickhouse"];

/** Runs work while no worker runs; then they are back, also after it failed. */
export async function withoutWorkers(supervisor: SupervisorClient, work: () => Promise<void>): Promise<void> {
    const workers: ProcessDetails[] = [];
    for (const { name } of await supervisor.list()) {
        const found = services.includes(name) ? undefined : await supervisor.get(name);
        if (found !== undefined) workers.push(found);
    }
    say(`workers stopped meanwhile: ${workers.map(({ name }) => name).join(", ")}`);
    try {
        for (const { name } of workers.toReversed()) await supervisor.remove(name);
        await work();
    } finally {
        for (const { name, spec } of workers) await supervisor.put(name, spec);
        for (const { name } of workers) await supervisor.waitHealthy(name);
        say("workers run again");
    }
}
