// Pure: Grafana as every target with a container runtime runs it: its environment without secrets, and its files (infra/dashboards renders what they say).
import { grafanaDashboards } from "../dashboards/grafana";
import { grafanaProvisioning } from "../dashboards/grafanaProvisioning";
import { dashboardsAccount } from "./clickhouse/accounts";

/** The official ClickHouse datasource. Grafana fetches it from grafana.com at its first start, unless the image has it in this version already. */
export const grafanaPlugin = "grafana-clickhouse-datasource@4.20.0";

/** Where Grafana listens in its container. */
export const grafanaPort = 3_000;

/** The image's user, whose files secrets are. */
export const grafanaUser = 472;

const secrets = "/etc/grafana/secrets";

/** Files that hold a password each, and nothing else. */
export const grafanaSecrets = { admin: `${secrets}/admin`, clickhouse: `${secrets}/clickhouse` } as const;

const dashboardsDir = "/etc/grafana/dashboards";

/**
 * @param url where people reach it
 */
export const grafanaEnv = (url: string): Record<string, string> => ({
    GF_SERVER_ROOT_URL: url,
    GF_SECURITY_ADMIN_USER: "admin",
    GF_SECURITY_ADMIN_PASSWORD__FILE: grafanaSecrets.admin,
    GF_SECURITY_COOKIE_SAMESITE: "strict",
    GF_SECURITY_COOKIE_SECURE: String(url.startsWith("https:")),
    GF_USERS_ALLOW_SIGN_UP: "false",
    GF_AUTH_ANONYMOUS_ENABLED: "false",
    GF_PLUGINS_PREINSTALL_SYNC: grafanaPlugin,
    // It tells its makers nothing about who uses it.
    GF_ANALYTICS_REPORTING_ENABLED: "false",
    GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: "false",
    GF_NEWS_NEWS_FEED_ENABLED: "false",
});

/** Its files, by absolute path: provisioning and dashboards. */
export function grafanaFiles(clickhouse: { host: string; port: number }, consoleUrl: string): Record<string, string> {
    const source = { ...clickhouse, user: dashboardsAccount, passwordFile: grafanaSecrets.clickhouse };
    const provisioned = grafanaProvisioning({ clickhouse: source, dashboardsDir });
    const shown = grafanaDashboards({ consoleUrl });
    const files: [string, string][] = [
        ...provisioned.map(({ path, yaml }): [string, string] => [`/etc/grafana/provisioning/${path}`, yaml]),
        ...shown.map(({ path, json }): [string, string] => [`${dashboardsDir}/${path}`, json]),
    ];
    return Object.fromEntries(files);
}
