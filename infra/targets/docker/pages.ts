// What people look at beside the console, and the proxy they reach all pages through: MongoDB, HyperDX, Grafana, nginx.
import type * as docker from "@pulumi/docker";
import { dockerName } from "../../names";
import { interpolate, type Output, type Resource } from "../../pulumi";
import { grafanaEnv, grafanaFiles, grafanaPort, grafanaSecrets, grafanaUser } from "../../services/grafana";
import { hyperdxEnv, hyperdxPorts, hyperdxProbe } from "../../services/hyperdx";
import { nginxConf, nginxHealthPort, type Proxied } from "../../services/nginx";
import {
    bounded,
    container,
    loopback,
    proxyAddress,
    pulled,
    secretFile,
    type Site,
    unprivileged,
    variables,
    volume,
} from "./container";

const mongoPort = 27_017;
const mongoSecret = "/etc/mongodb-password";
/** The user of MongoDB's image. */
const mongoUser = 999;
const usual = { interval: "10s", timeout: "5s", retries: 6, startPeriod: "2m0s", startInterval: "2s" };

/** HyperDX's own database. */
export function runMongodb(site: Site, password: Output<string>): docker.Container {
    const data = volume(site, "mongodb");
    return container(site, "mongodb", {
        image: pulled(site, "mongodb").imageId,
        // By the container's own name: while the image sets its user up, MongoDB is there on loopback alone.
        healthcheck: { tests: ["CMD", "bash", "-c", `exec 3<>/dev/tcp/$HOSTNAME/${String(mongoPort)}`], ...usual },
        ports: [],
        stopSeconds: 30,
        more: {
            ...unprivileged,
            user: String(mongoUser),
            envs: ["MONGO_INITDB_ROOT_USERNAME=hyperdx", `MONGO_INITDB_ROOT_PASSWORD_FILE=${mongoSecret}`],
            command: ["mongod", "--auth", "--bind_ip_all", "--wiredTigerCacheSizeGB", "0.25"],
            uploads: [secretFile(mongoSecret, password, mongoUser)],
            volumes: [{ volumeName: dockerName(site.settings.stack, "mongodb"), containerPath: "/data/db" }],
            ...bounded(1_024),
        },
        dependsOn: [data],
    });
}

/** HyperDX's pages and API; the API on loopback, for the provider. Its image takes both secrets by its environment alone, where `docker inspect` shows them. */
export function runHyperdx(
    site: Site,
    {
        url,
        mongodb,
        session,
        database,
    }: { url: string; mongodb: Output<string>; session: Output<string>; database: Resource },
): docker.Container {
    const { hyperdxApi } = site.settings.docker.ports;
    return container(site, "hyperdx", {
        image: pulled(site, "hyperdx").imageId,
        healthcheck: { tests: hyperdxProbe, ...usual, interval: "30s" },
        ports: [{ internal: hyperdxPorts.api, external: hyperdxApi, ip: loopback }],
        stopSeconds: 15,
        more: {
            ...unprivileged,
            envs: variables({
                ...hyperdxEnv(url),
                MONGO_URI: interpolate`mongodb://hyperdx:${mongodb}@mongodb:${mongoPort}/hyperdx?authSource=admin`,
                EXPRESS_SESSION_SECRET: session,
            }),
            init: true,
            ...bounded(1_536),
        },
        dependsOn: [database],
    });
}

/** Grafana, with its datasource, dashboards and the platform's alerts from files. */
export function runGrafana(
    site: Site,
    {
        url,
        consoleUrl,
        admin,
        clickhouse,
    }: { url: string; consoleUrl: string; admin: Output<string>; clickhouse: Output<string> },
): docker.Container {
    const data = volume(site, "grafana");
    const files = grafanaFiles({ host: "clickhouse", port: 9_000 }, consoleUrl);
    return container(site, "grafana", {
        image: pulled(site, "grafana").imageId,
        healthcheck: {
            tests: ["CMD", "wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${String(grafanaPort)}/api/health`],
            ...usual,
        },
        ports: [],
        stopSeconds: 15,
        more: {
            ...unprivileged,
            envs: variables(grafanaEnv(url)),
            uploads: [
                ...Object.entries(files).map(([file, content]) => ({ file, content })),
                secretFile(grafanaSecrets.admin, admin, grafanaUser),
                secretFile(grafanaSecrets.clickhouse, clickhouse, grafanaUser),
            ],
            volumes: [{ volumeName: dockerName(site.settings.stack, "grafana"), containerPath: "/var/lib/grafana" }],
            ...bounded(768),
        },
        dependsOn: [data],
    });
}

const certificates = { certificate: "/etc/nginx/tls/certificate.pem", key: "/etc/nginx/tls/key.pem" };

/** The proxy. Its configuration comes as a variable, for Docker copies no files into a container whose root is read-only. */
export function runNginx(site: Site, proxied: readonly Proxied[]): docker.Container {
    const { publishHost, docker: own } = site.settings;
    const conf = nginxConf({
        proxied,
        resolver: "127.0.0.11",
        ...(own.tls === undefined ? {} : { tls: certificates }),
    });
    const mounts = own.tls === undefined ? [] : [own.tls.certificate, own.tls.key];
    const places = [certificates.certificate, certificates.key];
    return container(site, "nginx", {
        image: pulled(site, "nginx").imageId,
        healthcheck: {
            tests: ["CMD", "wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${String(nginxHealthPort)}/healthz`],
            ...usual,
        },
        ports: proxied.map(({ port }) => ({ internal: port, external: port, ip: publishHost })),
        address: proxyAddress(site.settings),
        stopSeconds: 15,
        more: {
            ...unprivileged,
            entrypoints: ["/bin/sh", "-c"],
            command: ['printf %s "$NGINX_CONF" > /tmp/nginx.conf && exec nginx -c /tmp/nginx.conf -g "daemon off;"'],
            stopSignal: "SIGQUIT",
            envs: [`NGINX_CONF=${conf}`],
            readOnly: true,
            tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=64m,mode=1777" },
            volumes: mounts.map((hostPath, index) => ({
                ...{ hostPath, readOnly: true },
                containerPath: places[index] ?? "",
            })),
            ...bounded(128),
        },
        dependsOn: [],
    });
}
