// What a target consists of with every worker on: committed, so that a review shows which resources a change adds or takes away.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { clusterKeys } from "../support/kubernetes";
import { everything } from "../support/settings";
import { runTarget } from "../support/target";

/** Where the committed list is. */
export const dockerPath = join(__dirname, "targets", "docker.txt");
export const kubernetesPath = join(__dirname, "targets", "kubernetes.txt");

/** Type and name of each resource, a line each, in the order of the alphabet. */
async function render(keys: Record<string, unknown>): Promise<string> {
    const { made } = await runTarget({ ...everything, ...keys });
    const lines = made.map(({ type, name }) => `${type} ${name}\n`);
    return lines.sort().join("");
}

export const renderDocker = (): Promise<string> => render({ target: "docker", consolePort: 8127 });
export const renderKubernetes = (): Promise<string> =>
    render(clusterKeys);

/** Writes the lists, one after the other: the SDK has one set of mocks. */
export async function writeTargets(): Promise<void> {
    mkdirSync(dirname(dockerPath), { recursive: true });
    writeFileSync(dockerPath, await renderDocker());
    writeFileSync(kubernetesPath, await renderKubernetes());
}
