// Kind: a named collection, where broker addresses and credentials are kept out of statements. The server never shows its values again.
import { z } from "zod";
import { literal, name as quoted } from "../../../schema/ddl";
import { compare, replacing } from "../changes";
import { type ClickHouse } from "../clients";
import { type Context, type Kind } from "../kind";
import { nameShape } from "./shapes";

/** A named collection's inputs. */
export interface NamedCollectionInputs {
    name: string;
    entries: Record<string, string>;
}

/** librdkafka settings have a dot: `kafka.session_timeout_ms`. */
const keyShape = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.]*$/, "must be letters, digits, _ or .");

/** Stands for a value that somebody else put there. */
const hidden = "[hidden by the server]";

/** Its keys; undefined if it is not there. */
async function keysOf(clickhouse: ClickHouse, name: string): Promise<string[] | undefined> {
    const [row] = await clickhouse.rows<{ keys: string[] }>(
        "SELECT mapKeys(collection) AS keys FROM system.named_collections WHERE name = {name:String}",
        { name },
    );
    return row?.keys;
}

async function apply(
    { clients: { clickhouse }, log }: Context,
    { name, entries }: NamedCollectionInputs,
): Promise<void> {
    const keys = await keysOf(clickhouse, name);
    const pairs = Object.entries(entries).map(([key, value]) => `${quoted(key)} = ${literal(value)}`);
    const gone = (keys ?? []).filter((key) => !(key in entries)).map(quoted);
    const statement =
        keys === undefined
            ? `CREATE NAMED COLLECTION IF NOT EXISTS ${quoted(name)} AS ${pairs.join(", ")}`
            : `ALTER NAMED COLLECTION ${quoted(name)} SET ${pairs.join(", ")}${gone.length > 0 ? ` DELETE ${gone.join(", ")}` : ""}`;
    await clickhouse.run(statement, Object.values(entries));
    const readers = keys === undefined ? [] : await kafkaTables(clickhouse, name);
    if (readers.length > 0)
        log.warn(
            `named collection ${name}: ${readers.join(", ")} still use the former entries; they take the new ones when their feeds are made again or ClickHouse is restarted`,
        );
}

async function kafkaTables(clickhouse: ClickHouse, name: string): Promise<string[]> {
    const rows = await clickhouse.rows<{ name: string }>(
        "SELECT concat(database, '.', name) AS name FROM system.tables WHERE engine = 'Kafka' AND startsWith(engine_full, {engine:String}) ORDER BY name",
        { engine: `Kafka(${name}` },
    );
    return rows.map((row) => row.name);
}

export const namedCollection: Kind<NamedCollectionInputs> = {
    shape: z.strictObject({
        name: nameShape,
        entries: z
            .record(keyShape, z.string("must be text"))
            .refine((entries) => Object.keys(entries).length > 0, "must hold at least one entry"),
    }),
    title: ({ name }) => `named collection ${name}`,
    diff: (_context, old, inputs) => ({ changes: replacing(compare(old.inputs, inputs), "name") }),
    async create(context, inputs) {
        await apply(context, inputs);
        return { id: inputs.name, outputs: { name: inputs.name } };
    },
    async update(context, _old, inputs) {
        await apply(context, inputs);
        return { name: inputs.name };
    },
    async read({ clients }, id, old) {
        const keys = await keysOf(clients.clickhouse, id);
        if (keys === undefined) return undefined;
        const known = old?.inputs.entries ?? {};
        const inputs = { name: id, entries: Object.fromEntries(keys.map((key) => [key, known[key] ?? hidden])) };
        return { id, inputs, outputs: { name: id } };
    },
    async delete({ clients }, { inputs }) {
        await clients.clickhouse.run(`DROP NAMED COLLECTION IF EXISTS ${quoted(inputs.name)}`);
    },
};
