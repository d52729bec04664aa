// What a preview of the whole stack costs against one of an empty program, both with nothing to change.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PulumiProject } from "../support/pulumi";
import { type TestStack } from "../support/stack";
import { median } from "./report";

async function emptyProject(): Promise<PulumiProject> {
    const folder = mkdtempSync(join(tmpdir(), "empty-"));
    const runtime = 'runtime:\n  name: nodejs\n  options:\n    typescript: false\n    nodeargs: "--require tsx/cjs"\n';
    writeFileSync(join(folder, "Pulumi.yaml"), `name: empty\n${runtime}`);
    writeFileSync(join(folder, "package.json"), "{}");
    writeFileSync(join(folder, "index.ts"), "export const nothing = 0;\n");
    const project = await PulumiProject.create(folder);
    rmSync(folder, { recursive: true });
    await project.up();
    return project;
}

/** A line with seconds of both and their ratio, medians over rounds A B A B. */
export async function previewRatio(stack: TestStack, rounds: number): Promise<string> {
    const empty = await emptyProject();
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round <= rounds; round++) {
        theirs.push((await empty.preview()).seconds);
        ours.push((await stack.project.preview()).seconds);
    }
    await empty.destroy();
    empty.dispose();
    const [a, b] = [median(ours.slice(1)), median(theirs.slice(1))];
    return `preview without changes: stack ${a.toFixed(2)} s, empty program ${b.toFixed(2)} s, ratio ${(a / b).toFixed(2)} (aim <= 2 and < 4 s)`;
}
