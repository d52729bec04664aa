// Pure: the dashboards as HyperDX has them: each panel a tile with the same query as in Grafana, known by the panel's key.
import { type Dashboard, type Panel, type PanelKind, parametersOf, type Unit } from "../../schema/dashboards";
import {
    type Filter,
    type NumberFormat,
    type OnClick,
    type SqlTile,
    type Tile,
} from "../provider/hyperdx/dashboardShape";
import { placed } from "./layout";
import { withMacros } from "./sql";

/** Values of a column of a source (ownSources) that a reader chooses among. */
interface Choice {
    readonly source: string;
    readonly expression: string;
}

/** What can be chosen, by the name of a dashboard's variable: HyperDX offers the values of a column, not of a query. */
const choices: Readonly<Record<string, Choice>> = {
    run: { source: "alerts", expression: "run" },
    user: { source: "user_risk", expression: "user_id" },
    token: { source: "token_risk", expression: "token" },
};

function choiceOf(dashboard: string, variable: string): Choice {
    const choice = choices[variable];
    if (choice === undefined)
        throw new Error(
            `dashboard ${dashboard}: HyperDX has no values for variable ${variable}; add the column that has them to choices in infra/dashboards/hyperdx.ts`,
        );
    return choice;
}

/** How HyperDX writes a choice into a query: quoted, several with commas between them (the first one counts), NULL for none: then it is the likeliest. */
const chosen = (name: string, otherwise: string): string => `coalesce(\${${name}:sqlstring}, ${otherwise})`;

/** A panel's query for HyperDX. */
export function hyperdxSql({ variables }: Dashboard, sql: string): string {
    const run = chosen("run", "''");
    return withMacros(sql, (name) => {
        const variable = variables.find((each) => each.name === name);
        if (variable === undefined) return run;
        return chosen(name, `(SELECT * FROM (${withMacros(variable.options, () => run)}) LIMIT 1)`);
    });
}

const displayTypes: Readonly<Record<PanelKind, SqlTile["displayType"]>> = {
    stat: "number",
    lines: "line",
    bars: "bar",
    table: "table",
};

const plain: NumberFormat = { output: "number", thousandSeparated: true };
const formats: Readonly<Record<Unit, NumberFormat>> = {
    count: plain,
    rows: plain,
    none: plain,
    score: { ...plain, mantissa: 1 },
    usd: { output: "currency", currencySymbol: "$" },
    price: { output: "currency", currencySymbol: "$" },
    lots: { ...plain, unit: "lots" },
    bps: { ...plain, unit: "bps" },
    share: { output: "percent", mantissa: 1 },
    ms: { output: "time", factor: 0.001 },
    seconds: { output: "time", factor: 1 },
};

/** A click on a row leads to the other dashboard, by its name, with the row's value chosen there. */
function onClickOf({ links = [] }: Panel, titleOf: (dashboard: string) => string): OnClick | undefined {
    const [link] = links;
    if (link === undefined) return undefined;
    const { expression } = choiceOf(link.dashboard, link.variable);
    return {
        ...{ type: "dashboard", target: { mode: "template", template: titleOf(link.dashboard) }, whereLanguage: "sql" },
        filters: [{ kind: "expressionTemplate", expression, template: `{{${link.column}}}` }],
    };
}

/** What dashboards refer to; an id may be known only when its thing has been made. */
export interface References<Id> {
    readonly connectionId: Id;
    /** Ids of our own sources by their names. */
    readonly sources: Readonly<Record<string, Id>>;
    /** Title of a dashboard by its id. */
    readonly titleOf: (dashboard: string) => string;
    /** Where people reach the console: alerts are shown there with their evidence. */
    readonly consoleUrl?: string | undefined;
}

type SqlTileOf<Id> = Omit<Tile, "config"> & { config: Omit<SqlTile, "connectionId"> & { connectionId: Id } };
type MarkdownTileOf = Omit<Tile, "config"> & { config: { displayType: "markdown"; markdown: string } };

/** A dashboard's inputs, with ids as they come. */
export interface HyperdxPlan<Id> {
    readonly name: string;
    readonly tags: string[];
    readonly tiles: Record<string, SqlTileOf<Id> | MarkdownTileOf>;
    readonly filters: Record<string, Omit<Filter, "sourceId"> & { sourceId: Id }>;
}

/** Units by which people know them. */
const words: Partial<Record<Unit, string>> = {
    usd: "reporting currency",
    price: "reporting currency",
    bps: "basis points",
};

/** Neither dashboards nor tiles have a description: a tile of words says what each is for. */
function aboutText({ description, panels }: Dashboard, consoleUrl: string | undefined): string {
    const lines = panels.map(({ title, description: says, unit }) => {
        const named = unit === "none" ? "" : ` (${words[unit] ?? unit})`;
        return `- **${title}**${named}: ${says}`;
    });
    const evidence =
        consoleUrl === undefined ? [] : ["", `Alerts with their evidence: ${consoleUrl}/alerts/ and the alert_id.`];
    return [description, "", ...lines, ...evidence].join("\n");
}

function tileOf<Id>(
    dashboard: Dashboard,
    panel: Panel,
    place: Pick<Tile, "x" | "y" | "w" | "h">,
    { connectionId, titleOf }: References<Id>,
): SqlTileOf<Id> {
    const { title, kind, unit, sql } = panel;
    const onClick = onClickOf(panel, titleOf);
    const config = {
        ...{ configType: "sql" as const, displayType: displayTypes[kind], connectionId },
        sqlTemplate: hyperdxSql(dashboard, sql),
        // The columns of a table are of different units.
        ...(kind === "table" ? {} : { numberFormat: formats[unit] }),
        ...(onClick === undefined ? {} : { onClick }),
    };
    return { name: title, ...place, config };
}

/** A dashboard for HyperDX. */
export function hyperdxDashboard<Id>(dashboard: Dashboard, references: References<Id>): HyperdxPlan<Id> {
    const { id, title, variables, panels } = dashboard;
    const places = placed(panels);
    const end = Math.max(...places.map(([, { y, h }]) => y + h));
    const asksForRun = panels.some(({ sql }) => parametersOf(sql).includes("run"));
    const offered = [...variables, ...(asksForRun ? [{ name: "run", title: "Run (none: live)" }] : [])];
    const filters = offered.map(({ name, title: label }) => {
        const { source, expression } = choiceOf(id, name);
        const sourceId = references.sources[source];
        if (sourceId === undefined) throw new Error(`dashboard ${id}: there is no source ${source} for ${name}`);
        return [name, { name: label, expression, sourceId, variableName: name }] as const;
    });
    const about = { displayType: "markdown" as const, markdown: aboutText(dashboard, references.consoleUrl) };
    return {
        name: title,
        tags: ["trading"],
        tiles: {
            ...Object.fromEntries(
                places.map(([panel, place]) => [panel.id, tileOf(dashboard, panel, place, references)]),
            ),
            about: { name: "About", x: 0, y: end, w: 24, h: 8, config: about },
        },
        filters: Object.fromEntries(filters),
    };
}
