// The workers as Deployments of one image: no privilege, nothing to write on but /tmp and a folder of their own, and every secret by reference.
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { Deployment } from "@pulumi/kubernetes/apps/v1";
import { PersistentVolumeClaim, Service } from "@pulumi/kubernetes/core/v1";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1";
import { type input } from "@pulumi/kubernetes/types";
import { projectRoot } from "../../names";
import { type Input, type Resource, RunError } from "../../pulumi";
import { type Worker } from "../target";
import { clickhouseClient } from "./clickhouse";
import {
    classOf,
    collectorClient,
    containerSecurity,
    filesOf,
    keeping,
    named,
    podLabel,
    podSecurity,
    secretOf,
    type Site,
    sized,
    within,
} from "./cluster";
import { kafkaCaFile, kafkaCaMount, kafkaCaVolume, kafkaClient } from "./kafka";

/** Where a worker finds its folder again after a restart. */
export const dataDir = "/data";

/** Where the files of this machine are, within a pod. */
const filesFolder = "/files";

/** Where /livez, /healthz and /metrics are, on each pod's loopback. */
const metricsPort = 9_464;

/** The user `node` of the workers' image. */
const workerUser = 1000;

/** Workers that may run several times side by side: what they write is found to be the same by its event_id. */
const copiesOf = ({ settings }: Site, { name }: Worker): number =>
    name === "gateway" ? settings.kubernetes.gatewayReplicas : 1;

/** Bytes that one ConfigMap holds at most, less what base64 adds. */
const mostBytes = 750_000;

/** A file of this machine, by the key a ConfigMap has it under and by its path in the pod, which is the same from clone to clone. */
interface Carried {
    path: string;
    key: string;
    inside: string;
    content: Buffer;
}

function carried({ name, files }: Worker): Carried[] {
    const found = files.map((path, index) => {
        const key = String(index);
        return { path, key, inside: `${filesFolder}/${relative(projectRoot, path)}`, content: readFileSync(path) };
    });
    const bytes = found.reduce((sum, { content }) => sum + content.length, 0);
    if (bytes > mostBytes)
        throw new RunError(
            `${name}: its files have ${String(bytes)} bytes, and a ConfigMap takes ${String(mostBytes)}; leave out the largest, or run this worker beside the cluster: ${files.join(", ")}`,
        );
    return found;
}

/** A worker's environment: what is secret by reference, the rest in the open, so that a review sees it change. */
function environment(site: Site, worker: Worker, files: readonly Carried[]): input.core.v1.EnvVar[] {
    const inside = (text: string): string =>
        files.reduce((result, file) => result.replaceAll(file.path, file.inside), text);
    const all: [string, Input<string>][] = Object.entries<Input<string>>({
        ...worker.env,
        METRICS_PORT: String(metricsPort),
    });
    const hidden = all.filter(
        (entry): entry is [string, Exclude<Input<string>, string>] => typeof entry[1] !== "string",
    );
    const open = all.flatMap(([name, value]) => (typeof value === "string" ? [{ name, value: inside(value) }] : []));
    if (hidden.length === 0) return open;
    const kept = secretOf(site, `${worker.name}-env`, Object.fromEntries(hidden));
    const references = hidden.map(([name]) => ({
        name,
        valueFrom: { secretKeyRef: { name: kept.metadata.name, key: name } },
    }));
    return [...open, ...references];
}

interface Mounted {
    volume: input.core.v1.Volume;
    mounts: input.core.v1.VolumeMount[];
}

function filesVolume(site: Site, { name }: Worker, files: readonly Carried[]): Mounted[] {
    if (files.length === 0) return [];
    const map = filesOf(
        site,
        `${name}-files`,
        Object.fromEntries(files.map(({ key, content }) => [key, content.toString("base64")])),
    );
    const mounts = files.map(({ key, inside }) => ({ name: "files", mountPath: inside, subPath: key, readOnly: true }));
    return [{ volume: { name: "files", configMap: { name: map.metadata.name } }, mounts }];
}

function volumes(site: Site, worker: Worker, files: readonly Carried[]): Mounted[] {
    const { env, name } = worker;
    const speaks = "KAFKA_BROKERS" in env;
    return [
        {
            volume: { name: "tmp", emptyDir: { sizeLimit: "64Mi" } },
            mounts: [{ name: "tmp", mountPath: "/tmp" }],
        },
        ...filesVolume(site, worker, files),
        ...(speaks ? [{ volume: kafkaCaVolume, mounts: [kafkaCaMount] }] : []),
        ...("DATA_DIR" in env
            ? [
                  {
                      volume: { name: "data", persistentVolumeClaim: { claimName: name } },
                      mounts: [{ name: "data", mountPath: dataDir }],
                  },
              ]
            : []),
    ];
}

/** Asked within the pod: workers tell of their health on loopback alone. */
const probe = (path: string): input.core.v1.Probe["exec"] => ({
    command: [
        ...["node", "-e"],
        `fetch("http://127.0.0.1:${String(metricsPort)}${path}").then(({ok})=>process.exit(ok?0:1),()=>process.exit(1))`,
    ],
});

function container(
    site: Site,
    worker: Worker,
    env: input.core.v1.EnvVar[],
    mounted: Mounted[],
): input.core.v1.Container {
    const { name, port } = worker;
    const timing = { periodSeconds: 15, timeoutSeconds: 5 };
    return {
        name,
        image: site.settings.kubernetes.image,
        command: ["node", "--require", "tsx/cjs", `functions/${name}/main.ts`],
        env,
        ...(port === undefined ? {} : { ports: [{ name: "http", containerPort: port }] }),
        startupProbe: { exec: probe("/livez"), periodSeconds: 3, timeoutSeconds: 5, failureThreshold: 40 },
        livenessProbe: { exec: probe("/livez"), ...timing, failureThreshold: 4 },
        readinessProbe: { exec: probe("/healthz"), ...timing, failureThreshold: 2 },
        securityContext: { ...containerSecurity, readOnlyRootFilesystem: true },
        resources: sized("512Mi", "100m", "1"),
        volumeMounts: mounted.flatMap(({ mounts }) => mounts),
    };
}

function ownVolume(site: Site, { name, env }: Worker): Resource[] {
    if (env["DATA_DIR"] === undefined) return [];
    const spec = {
        accessModes: ["ReadWriteOnce"],
        ...classOf(site),
        resources: { requests: { storage: "1Gi" } },
    };
    // A claim of a class that waits for its first consumer is bound when the pod is there, which comes after it.
    const metadata = { ...named(site, name), annotations: { "pulumi.com/skipAwait": "true" } };
    return [new PersistentVolumeClaim(name, { metadata, spec }, { ...within(site), ...keeping(site.settings) })];
}

/** Labels that say which services the network lets a worker speak to. */
const reaching = ({ env }: Worker): Record<string, string> => ({
    ...("KAFKA_BROKERS" in env ? kafkaClient : {}),
    ...("CLICKHOUSE_URL" in env ? clickhouseClient : {}),
    ...("OTEL_EXPORTER_OTLP_ENDPOINT" in env ? collectorClient : {}),
});

function listening(site: Site, { name, port }: Worker): void {
    if (port === undefined) return;
    const spec = { selector: podLabel(name), ports: [{ name: "http", port, targetPort: "http" }] };
    // There is something behind it only after the worker, which comes later.
    const metadata = { ...named(site, name), annotations: { "pulumi.com/skipAwait": "true" } };
    new Service(name, { metadata, spec }, within(site));
}

/** How its pods are replaced: one that may run only once is gone before the next one starts. */
const strategy = (copies: number): input.apps.v1.DeploymentStrategy =>
    copies > 1 ? { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } : { type: "Recreate" };

function guarded(site: Site, { name }: Worker, copies: number): void {
    if (copies < 2) return;
    const spec = { minAvailable: copies - 1, selector: { matchLabels: podLabel(name) } };
    new PodDisruptionBudget(name, { metadata: named(site, name), spec }, within(site));
}

/** How a worker that speaks to Kafka logs in there. */
export const kafkaEnv = (worker: Worker, password: Input<string> | undefined): Record<string, Input<string>> =>
    "KAFKA_BROKERS" in worker.env && password !== undefined
        ? { KAFKA_USERNAME: worker.name, KAFKA_PASSWORD: password, KAFKA_CA_FILE: kafkaCaFile }
        : {};

/** Runs a worker. */
export function runWorker(site: Site, worker: Worker): Deployment {
    const { name, fingerprint } = worker;
    const copies = copiesOf(site, worker);
    const files = carried(worker);
    const mounted = volumes(site, worker, files);
    const env = environment(site, worker, files);
    const own = ownVolume(site, worker);
    listening(site, worker);
    guarded(site, worker, copies);
    const template = {
        metadata: {
            labels: { ...podLabel(name), ...reaching(worker) },
            annotations: { "trading-monitoring/fingerprint": fingerprint },
        },
        spec: {
            ...{ automountServiceAccountToken: false, enableServiceLinks: false },
            // A worker exits within 10 s of SIGTERM.
            terminationGracePeriodSeconds: 15,
            securityContext: podSecurity(workerUser),
            containers: [container(site, worker, env, mounted)],
            volumes: mounted.map(({ volume }) => volume),
        },
    };
    const spec = {
        replicas: copies,
        revisionHistoryLimit: 3,
        strategy: strategy(copies),
        selector: { matchLabels: podLabel(name) },
        template,
    };
    const options = within(site, ...own, ...worker.dependsOn);
    return new Deployment(name, { metadata: named(site, name, podLabel(name)), spec }, options);
}
