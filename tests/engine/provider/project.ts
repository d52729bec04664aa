// A Pulumi project with nothing but this repository's provider, and how to read what the CLI says about it.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { repository } from "../../support/pulumi";

/** Writes the project's files; its program is the test's. */
export function writeProject(folder: string, name: string): void {
    writeFileSync(
        path.join(folder, "Pulumi.yaml"),
        [
            `name: ${name}`,
            `runtime: {name: nodejs, options: {typescript: false, nodeargs: "--require ./infra/program.js"}}`,
            `plugins: {providers: [{name: trading, path: ${path.join(repository, "infra/provider")}}]}`,
            "",
        ].join("\n"),
    );
    writeFileSync(path.join(folder, "package.json"), "{}\n");
    writeFileSync(path.join(folder, "index.ts"), "");
}

/** The lines of a diff that name a changed property: what a person reviews. */
export const changedLines = (output: string): string[] =>
    output
        .split("\n")
        .map((line) => line.trim())
        .filter(
            (line) =>
                /^[-+~]{1,2} ?[^-+~\s]/.test(line) &&
                !/^[-+~]+ *(trading|pulumi):|^\W*\d+ (to|created|updated|deleted)/.test(line),
        );
