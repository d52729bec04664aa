// What HyperDX's connections, sources and dashboards have in common: a list of things with ids the server gives, and names that need not be unique.
import { type Hyperdx } from "../clients";
import { type Context } from "../kind";
import { Problem } from "../problem";

/** A thing as the server answers it. */
export type Stored = Readonly<Record<string, unknown>> & { readonly id: string };

/** One router of the API. */
export interface Things {
    /** `/sources` */
    readonly path: string;
    /** How errors call one of them. */
    readonly noun: string;
}

/** Ids are MongoDB's. */
const idShape = /^[0-9a-f]{24}$/;

/** The thing of an id; undefined if it is not there. */
export function stored({ clients }: Context, { path, noun }: Things, id: string): Promise<Stored | undefined> {
    if (!idShape.test(id)) throw new Problem(`${noun} ${id}: is no id; HyperDX's are 24 hexadecimal digits`);
    return clients.hyperdx.get<Stored>(`${path}/${id}`);
}

async function ofName(hyperdx: Hyperdx, { path, noun }: Things, name: string): Promise<Stored | undefined> {
    const [first, ...others] = (await hyperdx.list<Stored>(path)).filter((each) => each["name"] === name);
    if (others.length > 0)
        throw new Problem(
            `${noun} ${name}: there are ${String(others.length + 1)} of this name in HyperDX, and it is not clear which is meant; rename or delete those that are not`,
        );
    return first;
}

/** Takes over the one thing of this name, or undefined if there is none: what was made when an answer got lost is not made twice. */
export async function adopted({ clients, log }: Context, things: Things, name: string): Promise<Stored | undefined> {
    const found = await ofName(clients.hyperdx, things, name);
    if (found !== undefined) log.info(`${things.noun} ${name}: there was one in HyperDX, it is taken over`);
    return found;
}

/** What the server adds to anything by itself. */
const own = ["id", "createdAt", "updatedAt"];

/** Of an answer, what can be declared. */
export const declarable = (answer: Stored): Record<string, unknown> =>
    Object.fromEntries(Object.entries(answer).filter(([key, value]) => !own.includes(key) && value !== null));

/** Why some things cannot be imported: what the server adds to them by itself could not be told from what somebody wants. */
export const notImported = ({ noun }: Things, id: string): Problem =>
    new Problem(`${noun} ${id}: is not to be imported; pulumi up takes over the one of the declared name`);
