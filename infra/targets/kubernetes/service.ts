// A service of one pod that is no operator's: what MongoDB, HyperDX, Grafana and the collector have in common.
import { Deployment } from "@pulumi/kubernetes/apps/v1";
import { PersistentVolumeClaim, Service } from "@pulumi/kubernetes/core/v1";
import { type input } from "@pulumi/kubernetes/types";
import { type Input, type Resource } from "../../pulumi";
import { kafkaCaMount, kafkaCaVolume } from "./kafka";
import {
    classOf,
    containerSecurity,
    keeping,
    named,
    podLabel,
    podSecurity,
    secretOf,
    type Site,
    sized,
    textsOf,
    within,
} from "./cluster";

/** What one of them is. */
export interface ServicePlan {
    name: string;
    image: string;
    /** The image's user. */
    user: number;
    command?: string[];
    args?: string[];
    /** By name. */
    ports: Record<string, number>;
    env: Readonly<Record<string, string>>;
    /** Told by reference to a Secret. */
    secretEnv?: Record<string, Input<string>>;
    /** Texts by absolute path. */
    files?: Readonly<Record<string, string>>;
    /** Secrets as files: of a folder, by name. */
    secretFiles?: { folder: string; files: Record<string, Input<string>> };
    /** Whether it has the certificate by which it knows Kafka. */
    kafkaCa?: true;
    /** A folder that outlives the pod. */
    data?: { folder: string; gigabytes: number };
    /** Whether it takes work. */
    probe: Pick<input.core.v1.Probe, "httpGet" | "exec" | "tcpSocket">;
    memory: string;
    /** Labels of the services that the network lets it speak to. */
    reaching: Record<string, string>;
    dependsOn: Resource[];
}

interface Mounted {
    volume: input.core.v1.Volume;
    mounts: input.core.v1.VolumeMount[];
}

function texts(site: Site, { name, files }: ServicePlan): Mounted[] {
    if (files === undefined) return [];
    const entries = Object.entries(files).map(([path, text], index) => ({ path, text, key: String(index) }));
    const map = textsOf(site, `${name}-files`, Object.fromEntries(entries.map(({ key, text }) => [key, text])));
    const mounts = entries.map(({ path, key }) => ({ name: "files", mountPath: path, subPath: key, readOnly: true }));
    return [{ volume: { name: "files", configMap: { name: map.metadata.name } }, mounts }];
}

function secretFiles(site: Site, { name, secretFiles: wanted }: ServicePlan): Mounted[] {
    if (wanted === undefined) return [];
    const kept = secretOf(site, `${name}-secrets`, wanted.files);
    // 0440, in decimal as JSON has it.
    const volume = { name: "secrets", secret: { secretName: kept.metadata.name, defaultMode: 288 } };
    return [{ volume, mounts: [{ name: "secrets", mountPath: wanted.folder, readOnly: true }] }];
}

function data(site: Site, { name, data: wanted }: ServicePlan): { own: Resource[]; mounted: Mounted[] } {
    if (wanted === undefined) return { own: [], mounted: [] };
    const resources = { requests: { storage: `${String(wanted.gigabytes)}Gi` } };
    const spec = { accessModes: ["ReadWriteOnce"], ...classOf(site), resources };
    // A claim of a class that waits for its first consumer is bound when the pod is there, which comes after it.
    const metadata = { ...named(site, name), annotations: { "pulumi.com/skipAwait": "true" } };
    const claim = new PersistentVolumeClaim(name, { metadata, spec }, { ...within(site), ...keeping(site.settings) });
    const volume = { name: "data", persistentVolumeClaim: { claimName: name } };
    return { own: [claim], mounted: [{ volume, mounts: [{ name: "data", mountPath: wanted.folder }] }] };
}

function environment(site: Site, { name, env, secretEnv = {} }: ServicePlan): input.core.v1.EnvVar[] {
    const open = Object.entries(env).map(([key, value]) => ({ name: key, value }));
    const hidden = Object.keys(secretEnv);
    if (hidden.length === 0) return open;
    const kept = secretOf(site, `${name}-env`, secretEnv);
    const references = hidden.map((key) => ({
        name: key,
        valueFrom: { secretKeyRef: { name: kept.metadata.name, key } },
    }));
    return [...open, ...references];
}

function container(plan: ServicePlan, env: input.core.v1.EnvVar[], mounted: Mounted[]): input.core.v1.Container {
    const { name, image, command, args, ports, probe, memory } = plan;
    return {
        ...{ name, image, env },
        ...(command === undefined ? {} : { command }),
        ...(args === undefined ? {} : { args }),
        ports: Object.entries(ports).map(([each, containerPort]) => ({ name: each, containerPort })),
        startupProbe: { ...probe, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 60 },
        livenessProbe: { ...probe, periodSeconds: 30, timeoutSeconds: 5, failureThreshold: 6 },
        readinessProbe: { ...probe, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
        securityContext: containerSecurity,
        resources: sized(memory, "100m", "2"),
        volumeMounts: mounted.flatMap(({ mounts }) => mounts),
    };
}

/** Runs one, with a Service of its name before it. */
export function runService(site: Site, plan: ServicePlan): Deployment {
    const { name, user, ports, reaching, dependsOn } = plan;
    const { own, mounted: kept } = data(site, plan);
    const ca = plan.kafkaCa === true ? [{ volume: kafkaCaVolume, mounts: [kafkaCaMount] }] : [];
    const mounted = [...texts(site, plan), ...secretFiles(site, plan), ...ca, ...kept];
    const pod = {
        ...{ automountServiceAccountToken: false, enableServiceLinks: false },
        securityContext: podSecurity(user),
        containers: [container(plan, environment(site, plan), mounted)],
        volumes: mounted.map(({ volume }) => volume),
    };
    const spec = {
        replicas: 1,
        revisionHistoryLimit: 3,
        // Its volume, where it has one, takes one pod at a time.
        strategy: { type: "Recreate" },
        selector: { matchLabels: podLabel(name) },
        template: { metadata: { labels: { ...podLabel(name), ...reaching } }, spec: pod },
    };
    const service = {
        selector: podLabel(name),
        ports: Object.entries(ports).map(([each, port]) => ({ name: each, port, targetPort: each })),
    };
    // There is something behind it only after the pod, which comes later.
    const metadata = { ...named(site, name), annotations: { "pulumi.com/skipAwait": "true" } };
    new Service(name, { metadata, spec: service }, within(site));
    const options = within(site, ...own, ...dependsOn);
    return new Deployment(name, { metadata: named(site, name, podLabel(name)), spec }, options);
}
