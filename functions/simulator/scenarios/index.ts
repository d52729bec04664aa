// The repertoire: every file of this folder that exports `scenarios` adds to it. To add a scenario, add a file.
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Scenario } from "./stage";

const load = createRequire(__filename);

function ofFile(file: string): readonly Scenario[] {
    const module = load(join(__dirname, file)) as { scenarios?: readonly Scenario[] };
    return module.scenarios ?? [];
}

/** All scenarios and decoys, by file and then in the order they are written there. */
export const repertoire: readonly Scenario[] = readdirSync(__dirname)
    .filter((file) => file.endsWith(".ts") && file !== "index.ts")
    .sort()
    .flatMap(ofFile);

/** The scenario of a name or an alias, with `-` for `_` where somebody likes that better; undefined where there is none. */
export function scenarioOf(text: string): Scenario | undefined {
    const wanted = text.replaceAll("-", "_");
    return repertoire.find(({ name, alias }) => name === wanted || alias === wanted);
}
