// Kind: a feed, all objects between a topic and its table as one thing. It is changed by dropping and making all of them again under the
// same consumer group: Kafka keeps what arrives meanwhile.
import { createHash } from "node:crypto";
import { feedStatements, qualified } from "../../../schema/ddl";
import { type Changes, compare, omit, pick, replacing, touches, without } from "../changes";
import { type ClickHouse } from "../clients";
import { type Context, type Kind, type State } from "../kind";
import { Problem } from "../problem";
import { type FeedInputs, feedShape, feedSpec } from "./shapes";
import { lostColumns } from "./writers";

const idOf = ({ database, name }: FeedInputs): string => `${database}.${name}`;
const title = (inputs: FeedInputs): string => `feed ${idOf(inputs)}`;
const problem = (inputs: FeedInputs, text: string): Problem => new Problem(`${title(inputs)}: ${text}`);
const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

/** `database`.`name` without the quotes. */
const bare = (qualifiedName: string): string => qualifiedName.replaceAll("`", "");

export const feed: Kind<FeedInputs> = {
    shape: feedShape,
    title,

    complete: (inputs) => ({ ...inputs, definition: digest(JSON.stringify(feedStatements(feedSpec(inputs)).create)) }),

    diff(_context, old, inputs): Changes {
        const all = without(compare(old.inputs, inputs), "columnOrder");
        const declared = without(all, "definition");
        // A renderer that changed shows as a new definition; with a declared change it would only repeat it.
        const changes = declared.length > 0 ? declared : all;
        const moved = touches(changes, "database", "name") && !touches(changes, "group");
        return { changes: moved ? replacing(changes, "database", "name") : changes, deleteBeforeReplace: true };
    },

    rehearse(_context, inputs, old) {
        if (old !== undefined) refuseGroup(old, inputs);
    },

    async create(context, inputs) {
        return { id: idOf(inputs), outputs: await build(context, inputs, []) };
    },

    async update(context, old, inputs) {
        refuseGroup(old, inputs);
        return build(context, inputs, made(old));
    },

    async read({ clients }, id, old) {
        if (old === undefined)
            throw new Problem(
                `feed ${id}: cannot be imported, its declaration cannot be told from its objects; create it, which takes over what is there`,
            );
        const former = recorded(old);
        const expected = former.objects;
        const found = await observe(clients.clickhouse, Object.keys(expected));
        if (Object.keys(found).length === 0) return undefined;
        const drift = Object.entries(expected)
            .filter(([object, definition]) => found[object] !== definition)
            .map(([object]) => [object, found[object] === undefined ? "missing" : "changed by hand"] as const);
        // What was found otherwise stands beside the inputs, so that the next preview names it and the next up makes the feed again.
        const differing = drift.length === 0 ? {} : { drift: Object.fromEntries(drift) };
        const inputs: FeedInputs = { ...omit(old.inputs, "drift"), ...differing };
        return { id, inputs, outputs: outputsOf(inputs, former) };
    },

    async delete({ clients: { clickhouse } }, state) {
        await drop(clickhouse, made(state));
    },
};

/** What the state keeps of a feed's objects. */
interface Objects {
    /** What each is on the server, as a digest of its own words. */
    objects: Record<string, string>;
    /** The same in the order in which they go, joined by commas: whoever renders them otherwise later does not know it. */
    dropOrder: string;
}

const recorded = ({ outputs: { objects = {}, dropOrder = "" } }: State<FeedInputs>): Objects =>
    ({ objects, dropOrder }) as Objects;

const outputsOf = (inputs: FeedInputs, objects: Objects): object => ({ ...pick(inputs, "group", "topic"), ...objects });

/**
 * What was made for a state, in the order in which it goes: first the view that reads the topic, then views before the tables they use.
 * With it what today's renderer makes: an update may have broken off before it was recorded.
 */
function made(state: State<FeedInputs>): string[] {
    const { database } = state.inputs;
    const { objects, dropOrder } = recorded(state);
    const today = feedStatements(feedSpec(state.inputs)).dropOrder.map(bare);
    const names = new Set([...dropOrder.split(",").filter(Boolean), ...today, ...Object.keys(objects)]);
    return [...names].map((object) => qualified(database, object.slice(database.length + 1)));
}

function refuseGroup({ inputs: old }: State<FeedInputs>, next: FeedInputs): void {
    if (old.group === next.group) return;
    throw problem(
        next,
        `group would change from ${old.group} to ${next.group}, which would read the topic again from its start or skip what was not read yet; keep the group, it is the feed's place in the topic`,
    );
}

/** Drops what is there, old and new, and makes the feed; then makes sure that no view writes into a column that does not exist. */
async function build(
    { clients: { clickhouse } }: Context,
    inputs: FeedInputs,
    formerObjects: readonly string[],
): Promise<object> {
    const { create, dropOrder } = feedStatements(feedSpec(inputs));
    await requireColumns(clickhouse, inputs);
    await drop(clickhouse, [...formerObjects, ...dropOrder.filter((object) => !formerObjects.includes(object))]);
    for (const { sql } of create) await clickhouse.run(sql);
    await refuseLostColumns(clickhouse, inputs, dropOrder);
    const objects = await observe(
        clickhouse,
        create.map(({ name }) => bare(name)),
    );
    return outputsOf(inputs, { objects, dropOrder: dropOrder.map(bare).join(",") });
}

async function drop(clickhouse: ClickHouse, objects: readonly string[]): Promise<void> {
    for (const object of objects) await clickhouse.run(`DROP TABLE IF EXISTS ${object} SYNC`);
}

/** A view silently leaves out what its target does not have, so the target is looked at before anything is consumed. */
async function requireColumns(clickhouse: ClickHouse, inputs: FeedInputs): Promise<void> {
    const { database, table } = inputs.target;
    const rows = await clickhouse.rows<{ name: string }>(
        "SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String}",
        { database, table },
    );
    if (rows.length === 0)
        throw problem(inputs, `its target ${database}.${table} does not exist; make the feed depend on the table`);
    const missing = Object.keys(inputs.columns).filter((column) => !rows.some(({ name }) => name === column));
    if (missing.length > 0)
        throw problem(
            inputs,
            `its target ${database}.${table} has no column ${missing.join(", ")}; add it to the table first`,
        );
}

async function refuseLostColumns(
    clickhouse: ClickHouse,
    inputs: FeedInputs,
    dropOrder: readonly string[],
): Promise<void> {
    const { target, deadLetters } = inputs;
    const own = dropOrder.map((object) => bare(object).slice(inputs.database.length + 1));
    for (const { database, table } of [target, deadLetters]) {
        const lost = await lostColumns(clickhouse, database, table, { database: inputs.database, names: own });
        if (lost.length === 0) continue;
        await drop(clickhouse, dropOrder);
        const names = lost.map(({ view, column }) => `${column} (written by ${view})`).join(", ");
        throw problem(
            inputs,
            `${database}.${table} has no column ${names}, so its values would vanish; add it to the table first. The feed is stopped, Kafka keeps its messages`,
        );
    }
}

/** What each object is on the server, as a digest of its own words. */
async function observe(clickhouse: ClickHouse, objects: readonly string[]): Promise<Record<string, string>> {
    // Database and name as columns of their own: behind any expression the server writes out every table it has first.
    const database = objects[0]?.split(".")[0] ?? "";
    const names = objects.map((object) => object.slice(database.length + 1));
    const rows = await clickhouse.rows<{ name: string; create_table_query: string }>(
        "SELECT name, create_table_query FROM system.tables WHERE database = {database:String} AND name IN {names:Array(String)} ORDER BY name",
        { database, names },
    );
    return Object.fromEntries(
        rows.map(({ name, create_table_query }) => [`${database}.${name}`, digest(create_table_query)]),
    );
}
