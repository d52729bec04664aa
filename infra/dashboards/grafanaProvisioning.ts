// What Grafana finds in its provisioning folder (/etc/grafana/provisioning) at its start: the datasource, where the dashboards are, and the platform's alerts.
// A `$` in these files begins a reference, so one that is meant is written twice; dashboards themselves are read as they are.
import { stringify } from "yaml";
import { datasource } from "./grafanaPanels";
import { grafanaAlerts } from "./grafanaAlerts";

/** How Grafana reaches ClickHouse, and where things are in its container. */
export interface GrafanaSurroundings {
    /** ClickHouse as Grafana reaches it, over its native protocol. `user` may only read, with max_execution_time changeable (the plugin sets it). */
    clickhouse: {
        host: string;
        port: number;
        user: string;
        /** Absolute path of the file that holds the password: it stands in no text that is provisioned. */
        passwordFile: string;
    };
    /** Absolute path of the folder of the dashboards' files. */
    dashboardsDir: string;
}

/** A file under the provisioning folder. */
export interface ProvisionedFile {
    readonly path: string;
    readonly yaml: string;
}

const source = ({ host, port, user, passwordFile }: GrafanaSurroundings["clickhouse"]): object => ({
    ...{ name: "ClickHouse", uid: datasource.uid, type: datasource.type, access: "proxy", editable: false },
    isDefault: true,
    jsonData: { host, port, protocol: "native", username: user, defaultDatabase: "trading", queryTimeout: "60" },
    secureJsonData: { password: `$__file{${passwordFile}}` },
});

const dashboardsProvider = (path: string): object => ({
    ...{ name: "trading", orgId: 1, folder: "Trading", folderUid: "trading", type: "file" },
    ...{ disableDeletion: false, allowUiUpdates: false, updateIntervalSeconds: 30, options: { path } },
});

const file = (path: string, content: object): ProvisionedFile => ({
    path,
    yaml: stringify({ apiVersion: 1, ...content }, { aliasDuplicateObjects: false, lineWidth: 0 }),
});

/** All files of the provisioning folder, the same bytes each time. */
export const grafanaProvisioning = ({ clickhouse, dashboardsDir }: GrafanaSurroundings): readonly ProvisionedFile[] => [
    file("datasources/trading.yaml", { prune: true, datasources: [source(clickhouse)] }),
    file("dashboards/trading.yaml", { providers: [dashboardsProvider(dashboardsDir)] }),
    file("alerting/trading.yaml", { groups: [grafanaAlerts()] }),
];
