// Kind: a database. It goes only when it is empty, unless its declaration says otherwise.
import { z } from "zod";
import { literal, name as quoted } from "../../../schema/ddl";
import { compare, omit, replacing } from "../changes";
import { type ClickHouse } from "../clients";
import { type Kind, type OnDelete } from "../kind";
import { mayDrop } from "../retain";
import { nameShape, onDeleteShape } from "./shapes";

/** A database's inputs. */
export interface DatabaseInputs {
    name: string;
    comment?: string;
    onDelete?: OnDelete;
}

interface Row {
    comment: string;
    tables: string;
}

async function observe(clickhouse: ClickHouse, name: string): Promise<Row | undefined> {
    const [row] = await clickhouse.rows<Row>(
        "SELECT comment, toString((SELECT count() FROM system.tables WHERE database = {name:String})) AS tables FROM system.databases WHERE name = {name:String}",
        { name },
    );
    return row;
}

async function apply(clickhouse: ClickHouse, { name, comment = "" }: DatabaseInputs): Promise<void> {
    await clickhouse.run(`CREATE DATABASE IF NOT EXISTS ${quoted(name)} COMMENT ${literal(comment)}`);
    if ((await observe(clickhouse, name))?.comment !== comment)
        await clickhouse.run(`ALTER DATABASE ${quoted(name)} MODIFY COMMENT ${literal(comment)}`);
}

export const database: Kind<DatabaseInputs> = {
    shape: z.strictObject({
        name: nameShape,
        comment: z.string().exactOptional(),
        onDelete: onDeleteShape.exactOptional(),
    }),
    title: ({ name }) => `database ${name}`,
    diff: (_context, old, inputs) => ({ changes: replacing(compare(old.inputs, inputs), "name") }),
    async create({ clients }, inputs) {
        await apply(clients.clickhouse, inputs);
        return { id: inputs.name, outputs: { name: inputs.name } };
    },
    async update({ clients }, _old, inputs) {
        await apply(clients.clickhouse, inputs);
        return { name: inputs.name };
    },
    async read({ clients }, id, old) {
        const row = await observe(clients.clickhouse, id);
        if (row === undefined) return undefined;
        const declared = omit<DatabaseInputs, "comment">(old?.inputs ?? { name: id }, "comment");
        const inputs = { ...declared, ...(row.comment === "" ? {} : { comment: row.comment }) };
        return { id, inputs, outputs: { name: id } };
    },
    async delete({ clients, log }, { inputs: { name, onDelete } }) {
        const row = await observe(clients.clickhouse, name);
        if (row === undefined) return;
        const holding = { what: `database ${name}`, count: Number(row.tables), noun: "table" };
        if (mayDrop(holding, onDelete, log))
            await clients.clickhouse.run(`DROP DATABASE IF EXISTS ${quoted(name)} SYNC`);
    },
};
