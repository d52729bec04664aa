// Kind: a plain or parameterized view. It holds no rows, so every change is made by replacing its query in place.
import { z } from "zod";
import { literal, qualified } from "../../../schema/ddl";
import { type Changes, compare, pick, replacing, without } from "../changes";
import { type Context, type Kind } from "../kind";
import { reconciled, type ServerForms, serverForms } from "../forms";
import { Problem } from "../problem";
import { promptly } from "../reachable";
import { observeView } from "./observe";
import { nameShape } from "./shapes";
import { squeezed } from "./text";

/** A view's inputs. */
export interface ViewInputs {
    database: string;
    name: string;
    query: string;
    comment?: string;
}

const statement = ({ database, name, query, comment }: ViewInputs): string =>
    `CREATE OR REPLACE VIEW ${qualified(database, name)} AS\n${query}${comment === undefined ? "" : `\nCOMMENT ${literal(comment)}`}`;

const idOf = ({ database, name }: ViewInputs): string => `${database}.${name}`;
const title = (inputs: ViewInputs): string => `view ${idOf(inputs)}`;

async function apply({ clients: { clickhouse } }: Context, inputs: ViewInputs): Promise<object> {
    await clickhouse.run(statement(inputs));
    const made = await observeView(clickhouse, inputs.database, inputs.name);
    if (made === undefined)
        throw new Problem(`${title(inputs)}: is not there right after it was made; look at the server's log`);
    return outputsOf(inputs, serverForms(leaves(inputs), leaves({ ...inputs, ...made })));
}

const outputsOf = (inputs: ViewInputs, server: ServerForms): object => ({
    ...pick(inputs, "database", "name"),
    server,
});

const leaves = ({ query, comment = "" }: ViewInputs): { query: string; comment: string } => ({ query, comment });

/** Whether two queries are the same to the server. */
async function sameQuery({ clients }: Context, one: string, other: string): Promise<boolean> {
    if (squeezed(one) === squeezed(other)) return true;
    try {
        const [row] = await promptly(
            clients.clickhouse.rows<{ same: number }>(
                "SELECT formatQuerySingleLine({one:String}) = formatQuerySingleLine({other:String}) AS same",
                { one, other },
            ),
        );
        return row?.same === 1;
    } catch {
        // Without the server the texts are compared as they are written.
        return false;
    }
}

export const view: Kind<ViewInputs> = {
    shape: z.strictObject({
        database: nameShape,
        name: nameShape,
        query: z.string().min(1, "must not be empty"),
        comment: z.string().exactOptional(),
    }),

    title,

    async diff(context, old, inputs): Promise<Changes> {
        const changes = compare(old.inputs, inputs);
        const same = old.inputs.query === inputs.query || (await sameQuery(context, old.inputs.query, inputs.query));
        return { changes: replacing(same ? without(changes, "query") : changes, "database", "name") };
    },
    async create(context, inputs) {
        return { id: idOf(inputs), outputs: await apply(context, inputs) };
    },
    update: (context, _old, inputs) => apply(context, inputs),
    async read({ clients }, id, old) {
        const [database = "", name = ""] = id.split(".");
        if (database === "" || name === "")
            throw new Problem(`view ${id}: is no view's id; import it as database.view`);
        const live = await observeView(clients.clickhouse, database, name);
        if (live === undefined) return undefined;
        const forms = (old?.outputs["server"] ?? {}) as ServerForms;
        const { query, comment } = old === undefined ? live : reconciled(leaves(old.inputs), forms, live);
        const inputs: ViewInputs = { database, name, query, ...(comment === "" ? {} : { comment }) };
        return { id, inputs, outputs: outputsOf(inputs, forms) };
    },
    async delete({ clients }, { inputs }) {
        await clients.clickhouse.run(`DROP VIEW IF EXISTS ${qualified(inputs.database, inputs.name)}`);
    },
};
