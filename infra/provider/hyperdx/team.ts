// Kind: HyperDX's first user, with the team that comes with him and the keys both have. There is one of it in each HyperDX, and no way to take it back.
import { z } from "zod";
import { compare } from "../changes";
import { type Account } from "../clients";
import { type Context, type Kind } from "../kind";
import { Problem } from "../problem";

/** A team's inputs. */
export interface TeamInputs {
    /** Of its first user: the one the provider comes in as. */
    email: string;
}

const outputsOf = ({ email, accessKey, ingestionKey }: Account): object => ({ email, accessKey, ingestionKey });

async function registered({ clients }: Context, { email }: TeamInputs): Promise<Account> {
    const account = await clients.hyperdx.register();
    if (account.email.toLowerCase() === email.toLowerCase()) return account;
    throw new Problem(`HyperDX's first user: is ${account.email}, not ${email}; give the Provider the same e-mail`);
}

export const team: Kind<TeamInputs> = {
    shape: z.strictObject({ email: z.email("must be an e-mail address") }),
    title: ({ email }) => `HyperDX's first user ${email}`,
    secretOutputs: [["accessKey"], ["ingestionKey"]],
    diff: (_context, old, inputs) => ({ changes: compare(old.inputs, inputs) }),
    async create(context, inputs) {
        const account = await registered(context, inputs);
        return { id: account.teamId, outputs: outputsOf(account) };
    },
    update: async (context, _old, inputs) => outputsOf(await registered(context, inputs)),
    async read({ clients }, id) {
        const account = await clients.hyperdx.account();
        // Another team is another HyperDX: nothing of what was made is there.
        if (account?.teamId !== id) return undefined;
        return { id, inputs: { email: account.email }, outputs: outputsOf(account) };
    },
    delete({ log }) {
        log.info("HyperDX keeps its first user and team: they go with MongoDB's volume");
        return Promise.resolve();
    },
};
