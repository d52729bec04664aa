// Kind: a ClickHouse connection of HyperDX. The server never shows its password again, so a foreign one is not found out.
import { z } from "zod";
import { compare, pick } from "../changes";
import { type Context, type Kind } from "../kind";
import { adopted, type Stored, stored, type Things } from "./things";

/** A connection's inputs. */
export interface ConnectionInputs {
    name: string;
    /** ClickHouse's HTTP interface as HyperDX reaches it. */
    host: string;
    username: string;
    password?: string;
}

const things: Things = { path: "/connections", noun: "connection" };
const pathOf = (id: string): string => `${things.path}/${id}`;

const send = ({ clients }: Context, method: "POST" | "PUT", path: string, inputs: ConnectionInputs): Promise<Stored> =>
    // Left out, a password is kept: one that is not declared any more is taken back.
    clients.hyperdx.send<Stored>(method, path, { ...inputs, password: inputs.password ?? "" }, [inputs.password ?? ""]);

const outputsOf = ({ name }: ConnectionInputs): object => ({ name });

export const connection: Kind<ConnectionInputs> = {
    shape: z.strictObject({
        name: z.string().min(1, "must not be empty"),
        // The server takes any text.
        host: z.url({ protocol: /^https?$/, error: "must be an http:// or https:// address" }),
        username: z.string(),
        password: z.string().exactOptional(),
    }),
    title: ({ name }) => `connection ${name}`,
    diff: (_context, old, inputs) => ({ changes: compare(old.inputs, inputs) }),
    async create(context, inputs) {
        const existing = await adopted(context, things, inputs.name);
        const { id } =
            existing === undefined
                ? await send(context, "POST", things.path, inputs)
                : await send(context, "PUT", pathOf(existing.id), inputs);
        return { id, outputs: outputsOf(inputs) };
    },
    async update(context, old, inputs) {
        await send(context, "PUT", pathOf(old.id), inputs);
        return outputsOf(inputs);
    },
    async read(context, id, old) {
        const found = await stored(context, things, id);
        if (found === undefined) return undefined;
        const { name, host, username } = found as unknown as ConnectionInputs;
        const inputs = { ...(old === undefined ? {} : pick(old.inputs, "password")), name, host, username };
        return { id, inputs, outputs: outputsOf(inputs) };
    },
    async delete({ clients }, { id }) {
        await clients.hyperdx.delete(pathOf(id));
    },
};
