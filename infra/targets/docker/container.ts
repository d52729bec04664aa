// What all containers of a stack have in common: their network, names, logs, restarts, and how a change reaches them.
import * as docker from "@pulumi/docker";
import { type Settings } from "../../config";
import { dockerName } from "../../names";
import { output } from "../../pulumi";
import type * as pulumi from "../../pulumi";
import { images, type Service } from "./images";

/** Where published ports of Kafka and ClickHouse are: neither speaks TLS, and Kafka asks nobody who he is. */
export const loopback = "127.0.0.1";

/** A stack's part of the Docker host. */
export interface Site {
    settings: Settings;
    network: docker.Network;
}

/** A port of a container, as Docker publishes it on the host. */
export interface Published {
    internal: number;
    external: number;
    /** Address on the host. */
    ip: string;
}

/** What one container is beside what they have in common. */
export interface ContainerPlan {
    image: pulumi.Input<string>;
    /** Absent where the image has nothing to ask by: it is there when it is started then. Durations as Go prints them, 1m0s for 60s: the docker provider reads them back so, and another spelling would replace the container at each `up`. */
    healthcheck?: docker.types.input.ContainerHealthcheck;
    ports: Published[];
    /** Address of its own in the network; absent: any. */
    address?: string;
    /** Seconds it has to stop by itself before it is killed. */
    stopSeconds: number;
    more: Omit<docker.ContainerArgs, "image" | "healthcheck" | "ports">;
    dependsOn: pulumi.Resource[];
}

/** Takes every privilege from a container whose program needs none. */
export const unprivileged = {
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges:true"],
};

/**
 * Bounds a container's memory, in MB, without swap. Where no swap is given Docker allows as much again, which the docker provider reads back as a change
 * of its own at each preview.
 */
export const bounded = (megabytes: number): { memory: number; memorySwap: number } => ({
    memory: megabytes,
    memorySwap: megabytes,
});

/** The address of the proxy, whose X-Forwarded-For the gateway is to believe, within the half of the network that Docker gives to nobody by itself. */
export const proxyAddress = ({ docker: { subnet } }: Settings): string => `${subnet}.250`;

/** The network of a stack. */
export function createSite(settings: Settings): Site {
    const { subnet } = settings.docker;
    const addresses = { subnet: `${subnet}.0/24`, gateway: `${subnet}.1`, ipRange: `${subnet}.0/25` };
    const name = dockerName(settings.stack, "network");
    const network = new docker.Network("network", { name, driver: "bridge", ipamConfigs: [addresses] });
    return { settings, network };
}

/** An image of another project; the provider pulls it only where the host has none of this name. Destroying the stack leaves it on the host, for other stacks run it too. */
export const pulled = ({ settings }: Site, service: Service): docker.RemoteImage =>
    new docker.RemoteImage(service, { name: settings.docker.images[service] ?? images[service], keepLocally: true });

/** A volume named after its container; what deleting it does is what config onDelete says of all data. */
export function volume({ settings: { stack, onDelete } }: Site, part: string): docker.Volume {
    return new docker.Volume(
        part,
        { name: dockerName(stack, part) },
        // Another label would replace the volume, and with it the data.
        { protect: onDelete === "refuse", retainOnDelete: onDelete !== "drop", ignoreChanges: ["labels"] },
    );
}

/**
 * A container that is there when it is healthy, as far as it can be asked. Names of network and volumes are plain values and the order is by dependsOn: as outputs, one
 * changed setting would make a preview say that everything after it changes as well.
 */
export function container({ settings: { stack }, network }: Site, part: string, plan: ContainerPlan): docker.Container {
    const { image, healthcheck, ports, address, stopSeconds, more, dependsOn } = plan;
    return new docker.Container(
        part,
        {
            name: dockerName(stack, part),
            ...{ image, ports, restart: "unless-stopped" },
            ...(healthcheck === undefined ? {} : { healthcheck, wait: true, waitTimeout: 180 }),
            ...{ stopTimeout: stopSeconds, destroyGraceSeconds: stopSeconds },
            networksAdvanced: [
                {
                    ...{ name: dockerName(stack, "network"), aliases: [part] },
                    ...(address === undefined ? {} : { ipv4Address: address }),
                },
            ],
            logDriver: "json-file",
            logOpts: { "max-size": "10m", "max-file": "3" },
            ...more,
        },
        {
            dependsOn: [network, ...dependsOn],
            // Names and ports are fixed, so there cannot be two of it at a time.
            deleteBeforeReplace: true,
            // The docker provider writes a change of these into the state and leaves the running container as it is.
            replaceOnChanges: ["healthcheck", "init", "tmpfs", "cpuPeriod", "cpuQuota"],
        },
    );
}

/** Variables of an environment, as Docker takes them; secrets stay marked. */
export const variables = (env: Readonly<Record<string, pulumi.Input<string>>>): pulumi.Output<string>[] =>
    Object.entries(env).map(([key, value]) => output(value).apply((text) => `${key}=${text}`));

/** A file that one user of the container may read, and who may talk to Docker; `docker inspect` does not show it. */
export const secretFile = (
    file: string,
    content: pulumi.Input<string>,
    user: number,
): docker.types.input.ContainerUpload => ({
    ...{ file, content },
    ...{ permissions: "0400", owner: String(user), group: "0" },
});
