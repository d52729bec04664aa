// For tests: a dashboard of Grafana with its panels by type, put together from @grafana/schema's own types; tests make a JSON Schema of it.
import type { Dashboard, FieldConfig, FieldConfigSource, Panel, TableOptions } from "@grafana/schema";
import type {
    FieldConfig as BarFields,
    Options as BarOptions,
} from "@grafana/schema/dist/esm/raw/composable/barchart/panelcfg/x/BarChartPanelCfg_types.gen";
import type { Options as StatOptions } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type {
    FieldConfig as LineFields,
    Options as LineOptions,
} from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

type Fields<F> = Omit<FieldConfigSource, "defaults"> & { defaults: Omit<FieldConfig, "custom"> & { custom?: F } };

type PanelOf<T extends string, O, F> = Omit<Panel, "type" | "options" | "fieldConfig"> & {
    type: T;
    options: O;
    fieldConfig: Fields<F>;
};

/** A dashboard of the kinds of panels there are here. */
export type GrafanaModel = Omit<Dashboard, "panels"> & {
    panels: (
        | PanelOf<"stat", StatOptions, Record<string, never>>
        | PanelOf<"timeseries", LineOptions, LineFields>
        | PanelOf<"barchart", BarOptions, BarFields>
        | PanelOf<"table", TableOptions, Record<string, never>>
    )[];
};
