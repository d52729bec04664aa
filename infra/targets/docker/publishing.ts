// Which pages the proxy publishes, on which ports, and where people find them. Pure but for the error it throws.
import { type Settings } from "../../config";
import { RunError } from "../../pulumi";
import { collectorPorts } from "../../services/collector";
import { grafanaPort } from "../../services/grafana";
import { hyperdxPorts } from "../../services/hyperdx";
import { type Proxied } from "../../services/nginx";
import { loopback } from "./container";

/** Any address. */
export const everywhere = "0.0.0.0";

/** Pages, by their URLs, and what the proxy is to know of them. */
export interface Pages {
    hyperdx: string;
    grafana: string;
    console: string;
    proxied: Proxied[];
    urlOf: (port: number) => string;
}

/** On one host no two can have a port. */
function refuseSame(ports: Readonly<Record<string, number>>): void {
    const seen = new Map<number, string>([
        [collectorPorts.grpc, "the collector"],
        [collectorPorts.http, "the collector"],
    ]);
    for (const [key, port] of Object.entries(ports)) {
        const other = seen.get(port);
        if (other !== undefined)
            throw new RunError(
                `config ${key}: port ${String(port)} is that of ${other} too; run pulumi config set ${key} <a free port>`,
            );
        seen.set(port, key);
    }
}

/** @throws RunError when two services have one port */
export function pagesOf({ docker, console, gateway, ports, publishHost }: Settings): Pages {
    const { hyperdx, hyperdxApi, grafana } = docker.ports;
    refuseSame({
        ...{ publishHyperdx: hyperdx, publishHyperdxApi: hyperdxApi, publishGrafana: grafana },
        ...{ consolePort: console.port, clickhousePort: ports.clickhouse, kafkaPort: ports.kafka },
        ...(gateway.enabled ? { gatewayPort: gateway.port } : {}),
    });
    const host = docker.publicHost === "" ? (publishHost === everywhere ? loopback : publishHost) : docker.publicHost;
    const urlOf = (port: number): string => `${docker.tls === undefined ? "http" : "https"}://${host}:${String(port)}`;
    return {
        hyperdx: urlOf(hyperdx),
        grafana: urlOf(grafana),
        console: urlOf(console.port),
        proxied: [
            { port: hyperdx, upstream: `hyperdx:${String(hyperdxPorts.pages)}` },
            { port: grafana, upstream: `grafana:${String(grafanaPort)}` },
            { port: console.port, upstream: `console:${String(console.port)}` },
            ...(gateway.enabled ? [{ port: gateway.port, upstream: `gateway:${String(gateway.port)}` }] : []),
        ],
        urlOf,
    };
}
