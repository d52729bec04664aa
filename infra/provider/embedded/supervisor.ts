// Kind: the supervisor of a stack's local processes, itself a detached process that outlives Pulumi.
import { z } from "zod";
import { type Changes, compare, replacing } from "../changes";
import { type Kind } from "../kind";

/** A supervisor's inputs. */
export interface SupervisorInputs {
    dir: string;
    /** Added by the provider, absent where a refresh found it dead: so a preview shows `+ running: true` where up will start it. */
    running?: true;
}

export const supervisor: Kind<SupervisorInputs> = {
    shape: z.strictObject({
        dir: z.string().startsWith("/", "must be an absolute path"),
        running: z.literal(true).exactOptional(),
    }),
    complete: ({ dir }) => ({ dir, running: true }),

    title: ({ dir }) => `supervisor of ${dir}`,

    async diff({ clients, log }, old, inputs): Promise<Changes> {
        const changes = replacing(compare(old.inputs, inputs), "dir");
        if (changes.length > 0 || (await clients.supervisors.alive(inputs.dir)) !== undefined) return { changes };
        log.warn(`the supervisor of ${inputs.dir} is not running; pulumi up starts it`);
        return { changes: [{ path: ["running"], kind: "add" }] };
    },
    async create({ clients }, inputs) {
        await clients.supervisors.ensure(inputs.dir);
        return { id: inputs.dir, outputs: { dir: inputs.dir } };
    },
    async update({ clients }, _old, inputs) {
        await clients.supervisors.ensure(inputs.dir);
        return { dir: inputs.dir };
    },
    async read({ clients }, id) {
        // Dead is not gone: its folder, and the processes it is to run, are still there.
        const alive = (await clients.supervisors.alive(id)) !== undefined;
        const inputs: SupervisorInputs = alive ? { dir: id, running: true } : { dir: id };
        return { id, inputs, outputs: { dir: id } };
    },
    async delete({ clients }, { inputs: { dir } }) {
        if ((await clients.supervisors.alive(dir)) !== undefined) await clients.supervisors.of(dir).shutdown();
    },
};
