// The dashboards as Grafana's own JSON, for its file provisioning: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model
import { type Dashboard, dashboards, parametersOf, type Variable } from "../../schema/dashboards";
import { datasource, grafanaPanel, grafanaSql, uidOf } from "./grafanaPanels";
import { placed } from "./layout";

/** The newest version of the classic model, which Grafana 11.6 to 13 take (@grafana/schema 13.2, defaultDashboard). */
const schemaVersion = 42;
const tag = "trading";

/** What the dashboards lead to. */
export interface GrafanaLinks {
    /** Where people reach the console, without a slash at its end: alerts lead there, to their evidence. Without it they lead nowhere. */
    consoleUrl?: string;
}

const runVariable = {
    ...{ type: "textbox", name: "run", label: "Run (empty: live)", query: "", hide: 0, skipUrlSync: false },
    current: { text: "", value: "" },
    options: [{ selected: true, text: "", value: "" }],
};

const queryVariable = ({ name, title, options }: Variable): object => ({
    ...{ type: "query", name, label: title, datasource, query: grafanaSql(options), refresh: 2, sort: 0, hide: 0 },
    ...{ multi: false, includeAll: false, allowCustomValue: true, skipUrlSync: false, regex: "", options: [] },
});

function variablesOf({ variables, panels }: Dashboard): object[] {
    const queries = [...panels.map(({ sql }) => sql), ...variables.map(({ options }) => options)];
    const asksForRun = queries.some((sql) => parametersOf(sql).includes("run"));
    // First the run: what can be chosen depends on it.
    return [...(asksForRun ? [runVariable] : []), ...variables.map(queryVariable)];
}

/** From one dashboard to the others: time and run go along. */
const toOthers = {
    ...{ type: "dashboards", title: "Dashboards", tags: [tag], icon: "external link", tooltip: "", url: "" },
    ...{ asDropdown: true, includeVars: true, keepTime: true, targetBlank: false },
};

const modelOf = (dashboard: Dashboard, consoleUrl: string | undefined): object => ({
    ...{ uid: uidOf(dashboard.id), title: dashboard.title, description: dashboard.description, tags: [tag] },
    // Changes are made in schema/dashboards, reviewed, and rolled out with all the rest.
    ...{ editable: false, schemaVersion, graphTooltip: 1, timezone: "utc", refresh: "1m" },
    time: { from: "now-24h", to: "now" },
    annotations: { list: [] },
    templating: { list: variablesOf(dashboard) },
    links: [toOthers],
    panels: placed(dashboard.panels).map(([panel, place]) => grafanaPanel(panel, place, consoleUrl)),
});

/** A file for the folder of dashboards. */
export interface GrafanaDashboard {
    /** Name of the file. */
    readonly path: string;
    readonly json: string;
}

/** All dashboards, the same bytes each time. */
export const grafanaDashboards = ({ consoleUrl }: GrafanaLinks = {}): readonly GrafanaDashboard[] =>
    dashboards.map((dashboard) => ({
        path: `${dashboard.id}.json`,
        json: `${JSON.stringify(modelOf(dashboard, consoleUrl), null, 2)}\n`,
    }));
