// What all objects of a stack in a cluster have in common: provider, namespace, what becomes of data, and what a pod may do.
import { Provider } from "@pulumi/kubernetes";
import { CustomResource } from "@pulumi/kubernetes/apiextensions";
import { ConfigMap, Namespace, Secret } from "@pulumi/kubernetes/core/v1";
import { type input } from "@pulumi/kubernetes/types";
import { type Settings } from "../../config";
import type * as pulumi from "../../pulumi";

/** A stack's part of a cluster. */
export interface Site {
    settings: Settings;
    provider: Provider;
    namespace: Namespace;
}

/** The namespace, with the strictest of Kubernetes' own pod security standards enforced in it. */
export function createSite(settings: Settings): Site {
    const { context, namespace: name } = settings.kubernetes;
    const provider = new Provider("kubernetes", { ...(context === "" ? {} : { context }), namespace: name });
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    // All data of the stack is in it.
    const options = { provider, ...keeping(settings) };
    return { settings, provider, namespace: new Namespace("namespace", { metadata: { name, labels } }, options) };
}

/** What becomes of data when its resource is deleted, as config onDelete says of all data. */
export const keeping = ({ onDelete }: Settings): { protect: boolean; retainOnDelete: boolean } => ({
    protect: onDelete === "refuse",
    retainOnDelete: onDelete !== "drop",
});

/** Options of an object in the namespace. The order is by dependsOn and names are plain values: as outputs, one change would make all after it change in a preview. */
export const within = (site: Site, ...dependsOn: pulumi.Resource[]): pulumi.CustomResourceOptions => ({
    provider: site.provider,
    dependsOn: [site.namespace, ...dependsOn],
});

/** Name and namespace of an object. */
export const named = (
    { settings }: Site,
    name: string,
    labels?: Record<string, string>,
): { name: string; namespace: string; labels?: Record<string, string> } => ({
    name,
    namespace: settings.kubernetes.namespace,
    ...(labels === undefined ? {} : { labels }),
});

/** An object of an operator. */
export interface OperatorObject {
    apiVersion: string;
    kind: string;
    name: string;
    labels?: Record<string, string>;
    /** When it is there, as the annotation `pulumi.com/waitFor` says it. */
    waitFor?: string;
    spec: Record<string, unknown>;
}

/** An object whose kind an operator brings along. Without its operator in the cluster, the API server knows no such kind. */
export function operated(
    site: Site,
    logical: string,
    object: OperatorObject,
    options: pulumi.CustomResourceOptions,
): CustomResource {
    const { apiVersion, kind, name, labels, waitFor, spec } = object;
    const annotations = waitFor === undefined ? {} : { annotations: { "pulumi.com/waitFor": waitFor } };
    return new CustomResource(
        logical,
        { apiVersion, kind, metadata: { ...named(site, name, labels), ...annotations }, spec },
        options,
    );
}

/** Secret values under a name that Pulumi makes: other values are another Secret, and so a rollout of what reads it. */
export const secretOf = (site: Site, logical: string, stringData: Record<string, pulumi.Input<string>>): Secret =>
    new Secret(logical, { metadata: { namespace: site.settings.kubernetes.namespace }, stringData }, within(site));

/** Texts under a name that Pulumi makes. */
export const textsOf = (site: Site, logical: string, data: Record<string, string>): ConfigMap =>
    new ConfigMap(logical, { metadata: { namespace: site.settings.kubernetes.namespace }, data }, within(site));

/** Files under a name that Pulumi makes, in base64. */
export const filesOf = (site: Site, logical: string, binaryData: Record<string, string>): ConfigMap =>
    new ConfigMap(logical, { metadata: { namespace: site.settings.kubernetes.namespace }, binaryData }, within(site));

/** Label of a program's pods. */
export const podLabel = (name: string): Record<string, string> => ({ "app.kubernetes.io/name": name });

/** Label of pods that may send to the collector. */
export const collectorClient = { "trading-monitoring/collector": "client" };

/** Label of pods that may speak to MongoDB. */
export const mongodbClient = { "trading-monitoring/mongodb": "client" };

/** A pod that runs as this user without any privilege, as the restricted standard wants it. */
export const podSecurity = (user: number): input.core.v1.PodSecurityContext => ({
    ...{ runAsNonRoot: true, runAsUser: user, runAsGroup: user, fsGroup: user },
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
});

/** A container that can take no privilege. */
export const containerSecurity = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
};

/** What a container asks for and may take: memory alike, so that the node's memory is never promised twice; CPU in cores, of which the first is asked for. */
export const sized = (memory: string, cpu: string, cpuLimit: string): input.core.v1.ResourceRequirements => ({
    requests: { cpu, memory },
    limits: { cpu: cpuLimit, memory },
});

/** A claim's storage class, where config names one. */
export const classOf = ({ settings: { kubernetes } }: Site): { storageClassName?: string } =>
    kubernetes.storageClass === "" ? {} : { storageClassName: kubernetes.storageClass };
