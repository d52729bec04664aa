// What a target consists of with every worker on: committed, so that a review shows which resources a change adds or takes away.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { everything } from "../support/settings";
import { runTarget } from "../support/target";

/** Where the committed list is. */
export const dockerPath = join(__dirname, "targets", "docker.txt");

/** Type and name of each resource, a line each, in the order of the alphabet. */
export async function renderDocker(): Promise<string> {
    const { made } = await runTarget({ ...everything, target: "docker", consolePort: 8127 });
    const lines = made.map(({ type, name }) => `${type} ${name}\n`);
    return lines.sort().join("");
}

/** Writes the list. */
export async function writeDocker(): Promise<void> {
    mkdirSync(dirname(dockerPath), { recursive: true });
    writeFileSync(dockerPath, await renderDocker());
}
