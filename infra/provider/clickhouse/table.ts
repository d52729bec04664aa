// Kind: a MergeTree table and the view people read it through. Changes are made in place or refused, never by losing rows.
import { createTable, qualified, readingViewSql } from "../../../schema/ddl";
import { type TableSpec } from "../../../schema/ddl/spec";
import { type Change, type Changes, compare, pick, replacing, touches, without } from "../changes";
import { type ClickHouse } from "../clients";
import { reconciled, type ServerForms, serverForms } from "../forms";
import { type Context, type Kind, type State } from "../kind";
import { counted, Problem } from "../problem";
import { ifReachable, notChecked } from "../reachable";
import { mayDrop, moveRefused } from "../retain";
import { type Alteration, alterTable, type Refusal, viewChanges } from "./alter";
import { normalForm, type ObservedTable, observeTable, observeView, rowsOf } from "./observe";
import { type TableInputs, tableShape, tableSpec } from "./shapes";
import { squeezed } from "./text";
import { inTurn } from "../turns";
import { viewsThatWrite } from "./writers";

/** Properties that only a new table can have otherwise. */
const layout = ["engine", "orderBy", "partitionBy"];
const place = ["database", "name"];
/** Properties that say how to treat the table, not what it is. */
const handling = ["allowDrop", "onDelete"];

const idOf = ({ database, name }: { database: string; name: string }): string => `${database}.${name}`;
const title = (inputs: TableSpec): string => `table ${idOf(inputs)}`;
const problem = (inputs: TableSpec, text: string): Problem => new Problem(`${title(inputs)}: ${text}`);

export const table: Kind<TableInputs> = {
    shape: tableShape,
    title,

    async diff(context, old, inputs): Promise<Changes> {
        if (compare(old.inputs, inputs).length === 0) return { changes: [] };
        const declared = without(compare(spelled(old.inputs), spelled(inputs)), "columnOrder");
        if (declared.length === 0) return { changes: [] };
        const real = await realChanges(context, old.inputs, inputs, declared);
        if (!touches(real, ...layout, ...place)) return { changes: real };
        const keeps = (old.inputs.onDelete ?? "refuse") !== "refuse";
        const rows = await rowsKnown(context, old.inputs);
        const mayMove = touches(real, ...place) && (keeps || rows === 0);
        // What may not be replaced stays an update here, which rehearse and update then refuse, with the reason.
        const replaced = [...(mayMove ? place : []), ...(rows === 0 ? layout : [])];
        return { changes: replacing(real, ...replaced), deleteBeforeReplace: !touches(real, ...place) };
    },

    async rehearse(context, inputs, old) {
        const { clickhouse } = context.clients;
        const live = await ifReachable(context, notChecked, () => observe(clickhouse, inputs), undefined);
        if (old !== undefined && moves(old.inputs, inputs))
            refuseMove(old.inputs, await rowsKnown(context, old.inputs));
        const wanted = await ifReachable(context, notChecked, () => normal(clickhouse, inputs), undefined);
        if (live !== undefined && wanted !== undefined) await announce(context, live, wanted, inputs, old);
        else if (old !== undefined && live === undefined)
            // Nothing to compare with: what the declaration alone says is still refused.
            refuse(inputs, alterTable(tableSpec(old.inputs), tableSpec(inputs), inputs.allowDrop).refusals, undefined);
    },

    async create(context, inputs) {
        return { id: idOf(inputs), outputs: await apply(context, inputs) };
    },

    async update(context, old, inputs) {
        const { clickhouse } = context.clients;
        const { database, name, readingView: before } = old.inputs;
        if (moves(old.inputs, inputs)) refuseMove(old.inputs, await rowsOf(clickhouse, database, name));
        const outputs = await apply(context, inputs, old);
        const after = inputs.readingView;
        if (before?.database !== after?.database || before?.name !== after?.name)
            await dropView(clickhouse, old.inputs);
        return outputs;
    },

    async read({ clients }, id, old) {
        const [database = "", name = ""] = id.split(".");
        if (database === "" || name === "")
            throw new Problem(`table ${id}: is no table's id; import it as database.table`);
        const live = await observeTable(clients.clickhouse, database, name, old?.inputs.readingView);
        if (live === undefined) return undefined;
        return { id, ...(old === undefined ? imported(live.spec) : refreshed(old, live.spec)) };
    },

    async delete({ clients: { clickhouse }, log }, { inputs }) {
        const holding = {
            what: title(inputs),
            noun: "row",
            count: await rowsOf(clickhouse, inputs.database, inputs.name),
        };
        if (!mayDrop(holding, inputs.onDelete, log)) return;
        await dropView(clickhouse, inputs);
        await clickhouse.run(`DROP TABLE IF EXISTS ${qualified(inputs.database, inputs.name)} SYNC`);
    },
};

/** The inputs with SQL texts squeezed, so that white space is no change. */
function spelled(inputs: TableInputs): unknown {
    const squeeze = (value: unknown): unknown => {
        if (typeof value === "string") return squeezed(value);
        if (Array.isArray(value)) return value.map(squeeze);
        if (typeof value !== "object" || value === null) return value;
        return Object.fromEntries(
            Object.entries(value).map(([key, item]) => [key, key === "comment" ? item : squeeze(item)]),
        );
    };
    return squeeze(inputs);
}

/** The changes that are left when the server has put both sides into its own words. */
async function realChanges(
    { clients }: Context,
    old: TableInputs,
    next: TableInputs,
    declared: Change[],
): Promise<Change[]> {
    const aside = [...handling, ...place, "readingView"];
    if (without(declared, ...aside, "comment").length === 0) return declared;
    try {
        const before = await normalForm(clients.clickhouse, tableSpec(old));
        const after = await normalForm(clients.clickhouse, tableSpec(next));
        const kept = declared.filter((change) => touches([change], ...aside));
        return [...compare({ ...before, database: "", name: "" }, { ...after, database: "", name: "" }), ...kept];
    } catch {
        // Without the server, or where it refuses one of the sides, the declarations are compared as they are written.
        return declared;
    }
}

const rowsKnown = (context: Context, { database, name }: TableSpec): Promise<number | undefined> =>
    ifReachable<number | undefined>(
        context,
        notChecked,
        () => rowsOf(context.clients.clickhouse, database, name),
        undefined,
    );

const observe = (clickhouse: ClickHouse, inputs: TableInputs): Promise<ObservedTable | undefined> =>
    observeTable(clickhouse, inputs.database, inputs.name, inputs.readingView);

const normal = (clickhouse: ClickHouse, inputs: TableInputs): Promise<TableSpec> =>
    normalForm(clickhouse, tableSpec(inputs));

const moves = (old: TableInputs, next: TableInputs): boolean => idOf(old) !== idOf(next);

function refuseMove(old: TableInputs, rows: number | undefined): void {
    if (rows !== 0) throw moveRefused({ what: title(old), count: rows, noun: "row" }, "database or name");
}

/** Drops the reading view, unless another table (its successor) has taken it over. */
async function dropView(clickhouse: ClickHouse, { database, name, readingView: view }: TableInputs): Promise<void> {
    if (view === undefined) return;
    await inTurn(idOf(view), async () => {
        const { query = "" } = (await observeView(clickhouse, view.database, view.name)) ?? {};
        const readsThis = new RegExp(`(?<![\\w.])${database}\\.${name}(?!\\w)`).test(query.replaceAll("`", ""));
        if (readsThis) await clickhouse.run(`DROP VIEW IF EXISTS ${qualified(view.database, view.name)}`);
    });
}

function refuse(inputs: TableInputs, refusals: Refusal[], rows: number | undefined): void {
    const standing = refusals.filter((refusal) => refusal.evenEmpty === true || rows !== 0);
    if (standing.length === 0) return;
    const held = rows === undefined ? "and its rows could not be counted" : `and it holds ${counted(rows, "row")}`;
    throw problem(inputs, standing.map(({ what, recipe }) => `${what}, ${held}; ${recipe}`).join("\n"));
}

/** Columns that somebody made by hand: only what was declared before can be meant to go, so they are left alone. */
function strangers(live: ObservedTable, wanted: TableSpec, inputs: TableInputs, old?: State<TableInputs>): string[] {
    const declared = [...(old?.inputs.columnOrder.split(",") ?? []), ...(inputs.allowDrop ?? [])];
    return Object.keys(live.spec.columns).filter((column) => !(column in wanted.columns) && !declared.includes(column));
}

/** The way from the live table to the wanted one; throws what is refused. */
function planned(live: ObservedTable, wanted: TableSpec, inputs: TableInputs, old?: State<TableInputs>): Alteration {
    const strange = strangers(live, wanted, inputs, old);
    const known = Object.entries(live.spec.columns).filter(([column]) => !strange.includes(column));
    const plan = alterTable({ ...live.spec, columns: Object.fromEntries(known) }, wanted, inputs.allowDrop);
    refuse(inputs, plan.refusals, live.rows);
    return plan;
}

/** Says what a change does that its diff does not show; throws what is refused. */
async function announce(
    { clients, log }: Context,
    live: ObservedTable,
    wanted: TableSpec,
    inputs: TableInputs,
    old?: State<TableInputs>,
): Promise<void> {
    if (old === undefined && live.rows > 0)
        log.info(`${title(inputs)} exists with ${counted(live.rows, "row")} and is adopted`);
    const { drops } = planned(live, wanted, inputs, old);
    const shown = old?.inputs.columns ?? live.spec.columns;
    const left = strangers(live, wanted, inputs, old).filter((column) => column in shown);
    if (left.length > 0)
        log.warn(
            `${title(inputs)}: ${left.join(", ")} was added by hand and is left in place; declare it to keep it, or list it in allowDrop to drop it`,
        );
    const { readingView: view } = inputs;
    const seen = view !== undefined && /^SELECT \*/i.test(view.query) ? viewChanges(live.spec, wanted, drops) : [];
    if (view !== undefined && seen.length > 0)
        log.info(`${title(inputs)}: ${idOf(view)}, the view it is read through, is made again and ${seen.join(", ")}`);
    for (const column of drops) {
        const views = await viewsThatWrite(clients.clickhouse, inputs.database, inputs.name, column);
        if (views.length > 0)
            log.warn(
                `${title(inputs)}: column ${column}, which is dropped, is written by ${views.join(", ")}; take it out of the feed in the same change, or its values vanish without an error`,
            );
    }
}

/** Creates the table, or changes the one that is there; then reads back what the server made of it. */
async function apply(
    { clients: { clickhouse }, log }: Context,
    inputs: TableInputs,
    old?: State<TableInputs>,
): Promise<object> {
    const spec = tableSpec(inputs);
    const wanted = await normal(clickhouse, inputs);
    const live = await observe(clickhouse, inputs);
    const plan = live === undefined ? undefined : planned(live, wanted, inputs, old);
    if (live !== undefined && old === undefined)
        log.info(`${title(inputs)} existed with ${counted(live.rows, "row")} and was adopted`);
    // Only an empty table gets here with a layout that cannot be changed in place.
    const anew = plan === undefined || plan.refusals.some(({ replaces }) => replaces === true);
    if (anew && live !== undefined)
        await clickhouse.run(`DROP TABLE IF EXISTS ${qualified(inputs.database, inputs.name)} SYNC`);
    for (const statement of anew ? [createTable(spec)] : plan.statements) await clickhouse.run(statement);
    const view = readingViewSql(spec);
    if (spec.readingView !== undefined && view !== undefined)
        await inTurn(idOf(spec.readingView), () => clickhouse.run(view));
    const made = await observe(clickhouse, inputs);
    if (made === undefined) throw problem(inputs, "is not there right after it was made; look at the server's log");
    const left = planned(made, wanted, inputs, old).statements;
    if (left.length > 0)
        throw problem(
            inputs,
            `the server did not take a change, still needed is ${left.join("; ")}; look at the server's log`,
        );
    const declared = Object.entries(made.spec.columns).filter(([column]) => column in spec.columns);
    return outputsOf(inputs, serverForms(spec, { ...made.spec, columns: Object.fromEntries(declared) }));
}

/** What is there, in the declaration's spelling wherever it still means the same. */
function refreshed(old: State<TableInputs>, live: TableSpec): { inputs: TableInputs; outputs: object } {
    const forms = (old.outputs["server"] ?? {}) as ServerForms;
    const spec = reconciled(tableSpec(old.inputs), forms, live);
    const { allowDrop, onDelete, columnOrder } = old.inputs;
    const inputs: TableInputs = {
        ...spec,
        columnOrder,
        ...(allowDrop === undefined ? {} : { allowDrop }),
        ...(onDelete === undefined ? {} : { onDelete }),
    };
    return { inputs, outputs: outputsOf(inputs, forms) };
}

const outputsOf = (inputs: TableInputs, server: ServerForms): object => ({
    ...pick(inputs, "database", "name"),
    server,
});

function imported(spec: TableSpec): { inputs: TableInputs; outputs: object } {
    const inputs: TableInputs = { ...spec, columnOrder: Object.keys(spec.columns).join(",") };
    return { inputs, outputs: outputsOf(inputs, {}) };
}
