// Which sources a program is made of, by what its files import.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { projectRoot } from "../../infra/names";

const options = { compilerOptions: { module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true } };

/** Files of the project that a source loads when it runs, itself included; what it takes types from alone is erased. */
export function sourcesOf(entry: string): string[] {
    const found = new Set<string>();
    const visit = (file: string): void => {
        if (found.has(file)) return;
        found.add(file);
        // What is left after compiling is what runs.
        const { outputText } = ts.transpileModule(readFileSync(file, "utf8"), options);
        for (const { fileName } of ts
            .preProcessFile(outputText)
            .importedFiles.filter(({ fileName: to }) => to.startsWith("."))) {
            const path = resolve(dirname(file), fileName);
            const source = [`${path}.ts`, join(path, "index.ts")].find(existsSync);
            if (source === undefined) throw new Error(`${file} imports ${fileName}, which is no file`);
            visit(source);
        }
    };
    visit(resolve(projectRoot, entry));
    return [...found].map((file) => relative(projectRoot, file)).sort();
}
