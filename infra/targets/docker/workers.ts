// The workers as containers of one image, which is built from this repository (Dockerfile).
import * as docker from "@pulumi/docker";
import { dockerName } from "../../names";
import { output } from "../../pulumi";
import { type Worker } from "../target";
import { bounded, container, type ContainerPlan, type Site, unprivileged, volume } from "./container";

/** Where a worker finds its folder again after a restart; the image has made it for the user it runs as. */
export const dataDir = "/data";

/** Where /livez, /healthz and /metrics are, within each container. */
const metricsPort = 9_464;

/** The same as the image's own; the docker provider waits only for one that the container was given. */
export const livenessProbe = [
    "CMD",
    "node",
    "-e",
    "fetch(`http://127.0.0.1:${process.env.METRICS_PORT}/livez`).then(({ok})=>process.exit(ok?0:1),()=>process.exit(1))",
];

/** The image of all workers. It is never pushed; the provider builds it anew when a file changes that .dockerignore lets in. */
export const buildImage = ({ settings: { stack } }: Site): docker.Image =>
    new docker.Image("workers", {
        imageName: `${dockerName(stack, "workers")}:built`,
        // From the project's folder, where providers run: an absolute path would differ from clone to clone.
        build: { context: ".", dockerfile: "Dockerfile", builderVersion: docker.BuilderVersion.BuilderBuildKit },
        skipPush: true,
    });

/** A file of this machine is under its own path in the container too, to be read only. */
const mounted = (path: string): docker.types.input.ContainerVolume => ({
    hostPath: path,
    containerPath: path,
    readOnly: true,
});

function planOf(site: Site, image: docker.Image, worker: Worker): ContainerPlan {
    const { name, env, files, fingerprint } = worker;
    const state = env["DATA_DIR"] === undefined ? [] : [volume(site, name)];
    const own = state.map(() => ({ volumeName: dockerName(site.settings.stack, name), containerPath: dataDir }));
    return {
        // Of an image that is not pushed this is the id.
        image: image.repoDigest,
        healthcheck: {
            tests: livenessProbe,
            ...{ interval: "15s", timeout: "5s", retries: 4, startPeriod: "1m0s", startInterval: "2s" },
        },
        // The proxy publishes those that listen.
        ports: [],
        // A worker exits within 10 s of SIGTERM.
        stopSeconds: 15,
        more: {
            ...unprivileged,
            command: ["node", "--require", "tsx/cjs", `functions/${name}/main.ts`],
            // A worker reads its environment and nothing else. So its secrets stand there: hidden in previews and encrypted in the state, but
            // plain to `docker inspect`, that is to whoever may talk to the Docker socket and so is root on this host.
            envs: Object.entries({ ...env, METRICS_PORT: String(metricsPort) }).map(([key, value]) =>
                output(value).apply((text) => `${key}=${text}`),
            ),
            labels: [{ label: "trading-monitoring.fingerprint", value: fingerprint }],
            ...{ readOnly: true, init: true, ...bounded(512) },
            tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=64m" },
            volumes: [...own, ...files.map(mounted)],
        },
        dependsOn: [...state, ...worker.dependsOn],
    };
}

/** Runs a worker. */
export const runWorker = (site: Site, image: docker.Image, worker: Worker): docker.Container =>
    container(site, worker.name, planOf(site, image, worker));
