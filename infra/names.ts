// The only maker of resource names and local paths. Names of topics, tables and groups follow from the catalogue (schema/).
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** Kebab-case logical name: market_trades -> market-trades. */
export const kebab = (name: string): string => name.replace(/_/g, "-");

/** Root of the project. */
export const projectRoot = resolve(__dirname, "..");

/** Local state of a stack: data, logs, sockets. */
export const stackDir = (stack: string): string => join(projectRoot, ".trading", stack);

/** A source file of the project, as its processes are started with. */
export const source = (...path: string[]): string => join(projectRoot, ...path);

function filesUnder(folder: string): string[] {
    return readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort();
}

/** Hash of the sources under some folders: a worker whose code changed is restarted by the next `up`. */
export function fingerprint(...folders: string[]): string {
    const hash = createHash("sha256");
    for (const file of folders.flatMap((folder) => filesUnder(source(folder))))
        hash.update(file).update(readFileSync(file));
    return hash.digest("hex").slice(0, 16);
}
