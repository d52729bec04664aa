// What a dashboard shows, read from ClickHouse: its variables, and each panel's rows or why there are none.
import { type Dashboard, type Panel, parametersOf, typed } from "../../schema/dashboards";
import { type Database } from "../shared/clickhouse";
import { clickhouseMillis } from "../shared/time";
import { type Range } from "./span";

/** What is looked at. */
export interface Looking extends Range {
    readonly run: string;
    /** Panel that costs much and is asked for all the same; empty: none. */
    readonly ask: string;
    /** Values of the dashboard's variables; empty or absent: the likeliest. */
    readonly variables: Readonly<Record<string, string>>;
}

export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** A panel with its rows, or with what went wrong; `waiting`: it costs much and was not asked for. */
export interface Answered {
    readonly panel: Panel;
    readonly rows: readonly Row[];
    readonly problem: string | undefined;
    readonly waiting?: true;
}

/** A dashboard as it is shown. */
export interface Shown {
    readonly dashboard: Dashboard;
    readonly variables: readonly { name: string; title: string; value: string; options: readonly string[] }[];
    readonly panels: readonly Answered[];
}

/** Points of a line: about as many as a screen can tell apart. */
const points = 300;
const minuteSeconds = 60;

function parametersFor({ fromMs, toMs, run }: Looking, variables: Readonly<Record<string, string>>): Row {
    const step = Math.max(1, Math.ceil((toMs - fromMs) / 1_000 / points / minuteSeconds)) * minuteSeconds;
    return { ...variables, from: clickhouseMillis(fromMs), to: clickhouseMillis(toMs), step, run };
}

/** ClickHouse takes no parameter that a query does not use. */
const used = (sql: string, parameters: Row): Row =>
    Object.fromEntries(parametersOf(sql).map((name) => [name, parameters[name] ?? ""]));

const ask = (database: Database, sql: string, parameters: Row): Promise<Row[]> =>
    database.rows<Row>(typed(sql), used(sql, parameters));

async function answered(database: Database, panel: Panel, parameters: Row, wanted: string): Promise<Answered> {
    if (panel.costly && wanted !== panel.id) return { panel, rows: [], problem: undefined, waiting: true };
    try {
        return { panel, rows: await ask(database, panel.sql, parameters), problem: undefined };
    } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        return { panel, rows: [], problem: said.split("\n", 1)[0]?.slice(0, 300) ?? "" };
    }
}

/** Reads all of a dashboard; a panel that fails takes no other with it. */
export async function read(database: Database, dashboard: Dashboard, looking: Looking): Promise<Shown> {
    const bare = parametersFor(looking, {});
    const variables = await Promise.all(
        dashboard.variables.map(async ({ name, title, options }) => {
            const found = (await ask(database, options, bare)).map((row) => String(Object.values(row)[0]));
            const chosen = looking.variables[name] ?? "";
            return { name, title, value: chosen === "" ? (found[0] ?? "") : chosen, options: found };
        }),
    );
    const values = Object.fromEntries(variables.map(({ name, value }) => [name, value]));
    const parameters = parametersFor(looking, values);
    const asking = dashboard.panels.map((panel) => answered(database, panel, parameters, looking.ask));
    const panels = await Promise.all(asking);
    return { dashboard, variables, panels };
}
