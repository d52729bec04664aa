// What the docker target alone is told by config: where its pages are published, and what stands in for images.
import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { type ConfigReader } from "./configReader";
import { RunError } from "./pulumi";
import { images, type Service } from "./targets/docker/images";

/** Settings of the docker target. */
export interface DockerSettings {
    /** First three numbers of the network's addresses. */
    subnet: string;
    /** Name or address by which people reach the host; empty: where it publishes. */
    publicHost: string;
    /** Certificate with its chain, and key, as absolute paths of the Docker host; absent: no TLS. */
    tls?: { certificate: string; key: string };
    /** By service, instead of those of images.ts. */
    images: Partial<Record<Service, string>>;
    /** Ports on the host. */
    ports: { hyperdx: number; hyperdxApi: number; grafana: number };
    /** Memory of ClickHouse's container, which takes the most of all. */
    clickhouseMemoryGb: number;
    /** E-mail of HyperDX's first user. */
    hyperdxEmail: string;
}

function subnet(read: ConfigReader): string {
    const found = read.text("dockerSubnet");
    const [, start = ""] = /^((?:\d{1,3}\.){2}\d{1,3})\.0\/24$/.exec(found) ?? [];
    if (start !== "" && start.split(".").every((part) => Number(part) < 256)) return start;
    throw new RunError(
        `config dockerSubnet: must be a network of 256 addresses that nothing on the Docker host uses, found "${found}"; run pulumi config set dockerSubnet 172.31.240.0/24`,
    );
}

function tls(read: ConfigReader): Pick<DockerSettings, "tls"> {
    const [certificate, key] = [read.text("tlsCertificateFile"), read.text("tlsKeyFile")];
    if (certificate === "" && key === "") return {};
    for (const [name, path] of Object.entries({ tlsCertificateFile: certificate, tlsKeyFile: key }))
        if (!isAbsolute(path) || !existsSync(path))
            throw new RunError(
                `config ${name}: must be the absolute path of a file, and both files are needed for TLS, found "${path}"; run pulumi config set ${name} /etc/…`,
            );
    return { tls: { certificate, key } };
}

function standIns(read: ConfigReader): DockerSettings["images"] {
    const known = Object.keys(images) as Service[];
    const form = `service=image, with a version or digest, of ${known.join(", ")}`;
    const entries = read.entries("images", form, (entry) => {
        const [, name = "", image = ""] = /^([a-z]+)=(\S+)$/.exec(entry) ?? [];
        const service = known.find((each) => each === name);
        // An image without a version is another one tomorrow.
        return service !== undefined && /(:(?!latest$)[\w][\w.-]*|@sha256:[0-9a-f]{64})$/.test(image)
            ? ([service, image] as const)
            : undefined;
    });
    return Object.fromEntries(entries);
}

/** Reads and checks them. */
export const dockerSettings = (read: ConfigReader): DockerSettings => ({
    subnet: subnet(read),
    publicHost: read.text("publicHost"),
    ...tls(read),
    images: standIns(read),
    ports: {
        hyperdx: read.port("publishHyperdx"),
        hyperdxApi: read.port("publishHyperdxApi"),
        grafana: read.port("publishGrafana"),
    },
    clickhouseMemoryGb: read.positive("clickhouseMemoryGb", 4_096),
    hyperdxEmail: read.text("hyperdxEmail"),
});
