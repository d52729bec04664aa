// What the kubernetes target alone is told by config: where in which cluster it is, how large, and by which names people reach it.
import { type ConfigReader } from "./configReader";
import { RunError } from "./pulumi";

/** Settings of the kubernetes target. Sizes in GiB. */
export interface KubernetesSettings {
    /** Of the kubeconfig; empty for its current one. */
    context: string;
    namespace: string;
    /** Of the workers, in a registry that the cluster pulls from. */
    image: string;
    /** Empty for the cluster's default one. */
    storageClass: string;
    kafka: { replicas: number; storageGi: number };
    clickhouse: { shards: number; replicas: number; storageGi: number };
    gatewayReplicas: number;
    ingress: IngressSettings;
}

/** By what people reach pages and gateway. */
export interface IngressSettings {
    /** Each page is a name below it; empty: no Ingress. */
    domain: string;
    /** Empty for the cluster's default one. */
    className: string;
    /** Secret with the certificate of all those names; empty: no TLS. */
    tlsSecret: string;
    /** Where the controller's pods are. */
    namespace: string;
}

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function namespace(read: ConfigReader, key: string, usual: string): string {
    const found = read.text(key);
    if (label.test(found)) return found;
    throw new RunError(
        `config ${key}: must be lower-case letters, digits and -, found "${found}"; run pulumi config set ${key} ${usual}`,
    );
}

/** Tables are rendered for one node so far: on a second one they would be missing, and half of the queries with them. */
function oneNode(read: ConfigReader, key: string): number {
    const found = read.positive(key, 100);
    if (found === 1) return found;
    throw new RunError(
        `config ${key}: tables are made on one node in this version, found ${String(found)}; run pulumi config set ${key} 1`,
    );
}

function domain(read: ConfigReader): string {
    const found = read.text("ingressDomain");
    if (found === "" || found.split(".").every((part) => label.test(part))) return found;
    throw new RunError(
        `config ingressDomain: must be a name in DNS, found "${found}"; run pulumi config set ingressDomain trading.example.com`,
    );
}

/** Reads what concerns the kubernetes target. */
export const kubernetesSettings = (read: ConfigReader): KubernetesSettings => ({
    context: read.text("kubeContext"),
    namespace: namespace(read, "namespace", "trading"),
    image: read.text("workersImage"),
    storageClass: read.text("storageClass"),
    kafka: { replicas: read.positive("kafkaReplicas", 9), storageGi: read.positive("kafkaStorageGi", 65_536) },
    clickhouse: {
        shards: oneNode(read, "clickhouseShards"),
        replicas: oneNode(read, "clickhouseReplicas"),
        storageGi: read.positive("clickhouseStorageGi", 65_536),
    },
    gatewayReplicas: read.positive("gatewayReplicas", 100),
    ingress: {
        domain: domain(read),
        className: read.text("ingressClass"),
        tlsSecret: read.text("ingressTlsSecret"),
        namespace: namespace(read, "ingressNamespace", "ingress-nginx"),
    },
});
