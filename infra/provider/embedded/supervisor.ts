// Kind: the supervisor of a stack's local processes, itself a detached process that outlives Pulumi.
import { z } from "zod";
import { type Changes, compare, replacing } from "../changes";
import { type Kind } from "../kind";

/** A supervisor's inputs. */
export interface SupervisorInputs {
    dir: string;
}

export const supervisor: Kind<SupervisorInputs> = {
    shape: z.strictObject({ dir: z.string().startsWith("/", "must be an absolute path") }),

    async diff({ clients, log }, old, inputs): Promise<Changes> {
        const changes = replacing(compare(old.inputs, inputs), "dir");
        if (changes.length > 0 || (await clients.supervisors.alive(inputs.dir)) !== undefined) return { changes };
        log.warn(`the supervisor of ${inputs.dir} is not running; pulumi up starts it`);
        return { changes: [{ path: ["running"], kind: "update", ofOutput: true }] };
    },
    async create({ clients }, { dir }) {
        await clients.supervisors.ensure(dir);
        return { id: dir, outputs: { dir, running: true } };
    },
    async update({ clients }, _old, { dir }) {
        await clients.supervisors.ensure(dir);
        return { dir, running: true };
    },
    async read({ clients }, id) {
        // Dead is not gone: its folder, and the processes it is to run, are still there.
        const running = (await clients.supervisors.alive(id)) !== undefined;
        return { id, inputs: { dir: id }, outputs: { dir: id, running } };
    },
    async delete({ clients }, { inputs: { dir } }) {
        if ((await clients.supervisors.alive(dir)) !== undefined) await clients.supervisors.of(dir).shutdown();
    },
};
