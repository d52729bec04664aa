// What people look at beside the console: MongoDB for HyperDX, HyperDX, Grafana; and the Ingress by which they reach all pages and the gateway.
import { type Deployment } from "@pulumi/kubernetes/apps/v1";
import { Ingress } from "@pulumi/kubernetes/networking/v1";
import { dirname } from "node:path";
import { type Output, interpolate, type Resource } from "../../pulumi";
import { grafanaEnv, grafanaFiles, grafanaPort, grafanaSecrets, grafanaUser } from "../../services/grafana";
import { hyperdxEnv, hyperdxPorts, hyperdxProbe } from "../../services/hyperdx";
import { clickhouseClient, clickhouseService, ports } from "./clickhouse";
import { mongodbClient, named, type Site, within } from "./cluster";
import { runService } from "./service";
import { images } from "./versions";

/** Where MongoDB listens. */
export const mongodbPort = 27_017;

const mongodbSecrets = "/etc/mongodb-secrets";

/** HyperDX's own database. */
export const runMongodb = (site: Site, password: Output<string>, after: Resource[]): Deployment =>
    runService(site, {
        name: "mongodb",
        image: images.mongodb,
        user: 999,
        args: ["mongod", "--auth", "--bind_ip_all", "--wiredTigerCacheSizeGB", "0.25"],
        ports: { mongodb: mongodbPort },
        env: {
            MONGO_INITDB_ROOT_USERNAME: "hyperdx",
            MONGO_INITDB_ROOT_PASSWORD_FILE: `${mongodbSecrets}/password`,
        },
        secretFiles: { folder: mongodbSecrets, files: { password } },
        data: { folder: "/data/db", gigabytes: 10 },
        // By the pod's own address: while the image sets its user up, MongoDB is there on loopback alone.
        probe: { tcpSocket: { port: "mongodb" } },
        memory: "1Gi",
        reaching: {},
        dependsOn: after,
    });

/** HyperDX's pages and API. */
export const runHyperdx = (
    site: Site,
    { url, mongodb, session }: { url: string; mongodb: Output<string>; session: Output<string> },
    after: Resource[],
): Deployment =>
    runService(site, {
        name: "hyperdx",
        image: images.hyperdx,
        user: 1000,
        ports: { http: hyperdxPorts.pages, api: hyperdxPorts.api },
        env: hyperdxEnv(url),
        secretEnv: {
            MONGO_URI: interpolate`mongodb://hyperdx:${mongodb}@mongodb:${mongodbPort}/hyperdx?authSource=admin`,
            EXPRESS_SESSION_SECRET: session,
        },
        probe: { exec: { command: hyperdxProbe.slice(1) } },
        memory: "1536Mi",
        reaching: { ...clickhouseClient, ...mongodbClient },
        dependsOn: after,
    });

/** Grafana, with its datasource, dashboards and the platform's alerts from files. */
export const runGrafana = (
    site: Site,
    {
        url,
        consoleUrl,
        ...secrets
    }: { url: string; consoleUrl: string; admin: Output<string>; clickhouse: Output<string> },
    after: Resource[],
): Deployment =>
    runService(site, {
        name: "grafana",
        image: images.grafana,
        user: grafanaUser,
        ports: { http: grafanaPort },
        env: grafanaEnv(url),
        files: grafanaFiles({ host: clickhouseService, port: ports.native }, consoleUrl),
        secretFiles: { folder: dirname(grafanaSecrets.admin), files: secrets },
        data: { folder: "/var/lib/grafana", gigabytes: 2 },
        probe: { httpGet: { path: "/api/health", port: "http" } },
        memory: "768Mi",
        reaching: clickhouseClient,
        dependsOn: after,
    });

/** Where people reach a service: by its name below the domain, or, without one, by its Service within the cluster. */
export function pageUrl({ settings: { kubernetes } }: Site, name: string, port: number): string {
    const { ingress, namespace } = kubernetes;
    if (ingress.domain === "") return `http://${name}.${namespace}.svc:${String(port)}`;
    return `${ingress.tlsSecret === "" ? "http" : "https"}://${name}.${ingress.domain}`;
}

/** Publishes these services, each under its own name; of HyperDX the pages alone, whose server passes on what they ask of the API. */
export function publish(site: Site, names: readonly string[]): void {
    const { domain, className, tlsSecret } = site.settings.kubernetes.ingress;
    if (domain === "") return;
    const hosts = names.map((name) => `${name}.${domain}`);
    const rules = names.map((name, index) => ({
        host: hosts[index] ?? "",
        http: { paths: [{ path: "/", pathType: "Prefix", backend: { service: { name, port: { name: "http" } } } }] },
    }));
    const spec = {
        ...(className === "" ? {} : { ingressClassName: className }),
        ...(tlsSecret === "" ? {} : { tls: [{ hosts, secretName: tlsSecret }] }),
        rules,
    };
    // A controller writes the address once it has one, which without a load balancer it never does.
    const metadata = { ...named(site, "pages"), annotations: { "pulumi.com/skipAwait": "true" } };
    new Ingress("pages", { metadata, spec }, within(site));
}
