// What Grafana is given: committed, so that a review shows what a changed panel means there.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { grafanaDashboards } from "../../infra/dashboards/grafana";
import { grafanaProvisioning } from "../../infra/dashboards/grafanaProvisioning";

/** Folder of Grafana's files. */
export const grafanaPath = join(__dirname, "grafana");

/** Files by their path in the folder. */
export function renderGrafana(): ReadonlyMap<string, string> {
    const clickhouse = { host: "clickhouse", port: 9000, user: "dashboards", passwordFile: "/run/secrets/dashboards" };
    const files = grafanaProvisioning({ clickhouse, dashboardsDir: "/var/lib/grafana/dashboards" });
    return new Map([
        ...grafanaDashboards({ consoleUrl: "https://console.example.com" }).map(({ path, json }) => [path, json] as const),
        ...files.map(({ path, yaml }) => [`provisioning/${path}`, yaml] as const),
    ]);
}

/** Writes all of them; what is no longer rendered goes. */
export function writeGrafana(): void {
    rmSync(grafanaPath, { recursive: true, force: true });
    for (const [file, text] of renderGrafana()) {
        mkdirSync(dirname(join(grafanaPath, file)), { recursive: true });
        writeFileSync(join(grafanaPath, file), text);
    }
}
