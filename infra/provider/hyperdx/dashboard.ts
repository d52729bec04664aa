// Kind: a dashboard of HyperDX. Its tiles keep their ids over every change, and what somebody changed in the pages shows as drift, tile by tile.
import { compare } from "../changes";
import { type Context, type Kind, type State } from "../kind";
import { reconciled, type ServerForms, serverForms } from "../forms";
import { Problem } from "../problem";
import { createBody, type Named, namedBy, observed, updateBody } from "./dashboardBody";
import { type DashboardInputs, dashboardShape } from "./dashboardShape";
import { adopted, notImported, type Stored, stored, type Things } from "./things";

export { type DashboardInputs } from "./dashboardShape";

const things: Things = { path: "/dashboards", noun: "dashboard" };
const pathOf = (id: string): string => `${things.path}/${id}`;
const title = ({ name }: DashboardInputs): string => `dashboard ${name}`;
const none: Named = { tileIds: {}, filterIds: {} };

const namedOf = ({ outputs }: State<DashboardInputs>): Named => ({ ...none, ...(outputs as unknown as Named) });

function outputsOf(inputs: DashboardInputs, answer: Stored): object {
    const named = namedBy(inputs, answer);
    // The server adds its defaults to every tile: what it shows of ours right after it was written is no drift.
    return { name: inputs.name, ...named, server: serverForms(inputs, observed(answer, named).inputs) };
}

/** Asks the server what is wrong, which it knows of ids and sources, and not of queries. */
async function validate({ clients }: Context, inputs: DashboardInputs): Promise<void> {
    interface Verdict {
        valid: boolean;
        errors?: { path: string; message: string }[];
    }
    const { valid, errors = [] } = await clients.hyperdx.send<Verdict>(
        "POST",
        `${things.path}/validate`,
        createBody(inputs),
    );
    if (!valid)
        throw new Problem(
            `${title(inputs)}: HyperDX would refuse it: ${errors.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ")}`,
        );
}

async function change({ clients }: Context, id: string, named: Named, inputs: DashboardInputs): Promise<object> {
    const answer = await clients.hyperdx.send<Stored>("PUT", pathOf(id), updateBody(inputs, named));
    return outputsOf(inputs, answer);
}

export const dashboard: Kind<DashboardInputs> = {
    shape: dashboardShape,
    title,
    diff: (_context, old, inputs) => ({ changes: compare(old.inputs, inputs) }),
    rehearse: (context, inputs) => validate(context, inputs),
    async create(context, inputs) {
        const existing = await adopted(context, things, inputs.name);
        if (existing !== undefined)
            return { id: existing.id, outputs: await change(context, existing.id, none, inputs) };
        const answer = await context.clients.hyperdx.send<Stored>("POST", things.path, createBody(inputs));
        return { id: answer.id, outputs: outputsOf(inputs, answer) };
    },
    update: (context, old, inputs) => change(context, old.id, namedOf(old), inputs),
    async read(context, id, old) {
        if (old === undefined) throw notImported(things, id);
        const answer = await stored(context, things, id);
        if (answer === undefined) return undefined;
        const { inputs: found, named } = observed(answer, namedOf(old));
        const forms = (old.outputs["server"] ?? {}) as ServerForms;
        const inputs = reconciled<DashboardInputs>(old.inputs, forms, found as DashboardInputs);
        return { id, inputs, outputs: { name: inputs.name, ...named, server: forms } };
    },
    async delete({ clients }, { id }) {
        await clients.hyperdx.delete(pathOf(id));
    },
};
