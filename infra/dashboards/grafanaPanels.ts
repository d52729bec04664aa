// Pure: one panel of a dashboard as Grafana has it. Names of options and their values are those of @grafana/schema, against which a test holds them.
import { createHash } from "node:crypto";
import { type Panel, type PanelKind, type Unit } from "../../schema/dashboards";
import { type Place } from "./layout";
import { hasColumn, withMacros } from "./sql";

/** The datasource all dashboards and alerts read from. */
export const datasource = { type: "grafana-clickhouse-datasource", uid: "trading-clickhouse" } as const;

/** A dashboard's address is /d/<uid>. */
export const uidOf = (dashboard: string): string => `trading-${dashboard}`;

/**
 * How Grafana writes a variable into a query: percent-encoded, which leaves nothing that could end a literal. Its own form for SQL doubles quotes and lets
 * backslashes pass, which ClickHouse takes for escapes.
 */
const variable = (name: string): string => `decodeURLComponent('\${${name}:percentencode}')`;

/** A dashboard's query for Grafana. */
export const grafanaSql = (sql: string): string => withMacros(sql, variable);

/** Grafana's ids of units (@grafana/data, valueFormats/categories.ts); what has none of its own there is a suffix. */
const unitIds: Readonly<Record<Unit, string>> = {
    count: "short",
    rows: "short",
    usd: "currencyUSD",
    price: "currencyUSD",
    lots: "suffix: lots",
    share: "percentunit",
    score: "none",
    bps: "suffix: bps",
    ms: "ms",
    seconds: "s",
    none: "none",
};

/** What axes of a unit begin and end with. */
const bounds: Partial<Record<Unit, object>> = { score: { min: 0, max: 100 }, share: { min: 0 }, count: { min: 0 } };

const legend = { calcs: [], displayMode: "list", placement: "bottom", showLegend: true };

interface Look {
    readonly type: string;
    readonly options: object;
    /** Drawing of the fields. */
    readonly custom?: object;
}

const looks: Readonly<Record<PanelKind, Look>> = {
    stat: {
        type: "stat",
        options: {
            ...{ colorMode: "value", graphMode: "none", justifyMode: "auto", textMode: "auto", wideLayout: true },
            ...{ orientation: "auto", percentChangeColorMode: "standard", showPercentChange: false },
            reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
        },
    },
    lines: {
        type: "timeseries",
        options: { legend, tooltip: { mode: "multi", sort: "desc" } },
        custom: { drawStyle: "line", fillOpacity: 8, lineWidth: 1, showPoints: "auto", spanNulls: false },
    },
    bars: {
        type: "barchart",
        options: {
            ...{ barWidth: 0.9, fullHighlight: false, groupWidth: 0.7, orientation: "horizontal", showValue: "auto" },
            ...{ stacking: "none", xField: "label", xTickLabelMaxLength: 40, xTickLabelRotation: 0 },
            ...{ legend: { ...legend, showLegend: false }, tooltip: { mode: "single", sort: "none" } },
        },
        custom: { fillOpacity: 80, lineWidth: 1 },
    },
    table: { type: "table", options: { cellHeight: "sm", frameIndex: 0, showHeader: true } },
};

/** A link of a cell: time and run stay as they are. */
const linkOf = (column: string, title: string, url: string): object => ({
    matcher: { id: "byName", options: column },
    properties: [{ id: "links", value: [{ title, url }] }],
});

function overrides({ links = [], kind, sql }: Panel, consoleUrl: string | undefined): object[] {
    const kept = "${__url_time_range}&${run:queryparam}";
    const leading = links.map(({ column, dashboard, variable }) =>
        linkOf(
            column,
            "What it is made of",
            `/d/${uidOf(dashboard)}?var-${variable}=\${__value.raw:percentencode}&${kept}`,
        ),
    );
    if (consoleUrl === undefined || kind !== "table" || !/\balert_id\b/.test(sql)) return leading;
    const evidence = `${consoleUrl}/alerts/\${__value.raw:percentencode}`;
    return [...leading, linkOf("alert_id", "Evidence, in the console", evidence)];
}

/** A number of its own that stays, made of the panel's key: Grafana knows panels by numbers, in addresses and alerts. */
export const panelId = (panel: string): number => createHash("sha256").update(panel).digest().readUIntBE(0, 4) >>> 1;

/** The panel; `consoleUrl`: where alerts are shown with their evidence. */
export function grafanaPanel(panel: Panel, gridPos: Place, consoleUrl: string | undefined): object {
    const { id, title, description, kind, unit, sql } = panel;
    const { type, options, custom = {} } = looks[kind];
    // The columns of a table are of different units, and only those of the panel's own could be shown as such.
    const shown = kind === "table" ? { unit: unitIds.none } : { unit: unitIds[unit], ...bounds[unit] };
    const named = kind === "lines" && hasColumn(sql, "series") ? { displayName: "${__field.labels.series}" } : {};
    const isLines = kind === "lines";
    const target = {
        ...{ refId: "A", datasource, editorType: "sql", pluginVersion: "4.20.0", rawSql: grafanaSql(sql) },
        // The plugin's backend goes by `format` (0 time series, 1 table), its query editor by `queryType`.
        ...{ queryType: isLines ? "timeseries" : "table", format: isLines ? 0 : 1 },
    };
    return {
        ...{ id: panelId(id), type, title, description, datasource, gridPos },
        ...{ interval: "1m", targets: [target], options },
        fieldConfig: { defaults: { ...shown, ...named, custom }, overrides: overrides(panel, consoleUrl) },
    };
}
