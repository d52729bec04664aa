// The only maker of resource names and local paths. Names of topics, tables and groups follow from the catalogue (schema/).
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";

/** Kebab-case logical name: market_trades -> market-trades. */
export const kebab = (name: string): string => name.replace(/_/g, "-");

/** Root of the project. */
export const projectRoot = resolve(__dirname, "..");

/** Local state of a stack: data, logs, sockets. */
export const stackDir = (stack: string): string => join(projectRoot, ".trading", stack);

/** Name on a Docker host of a stack's container, volume, network or image. */
export const dockerName = (stack: string, part: string): string => `trading-${stack}-${part}`;

/** A source file of the project, as its processes are started with. */
export const source = (...path: string[]): string => join(projectRoot, ...path);

function filesUnder(path: string): string[] {
    if (statSync(path).isFile()) return [path];
    return readdirSync(path, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort();
}

const digests = new Map<string, string>();

function digestOf(path: string): string {
    const known = digests.get(path);
    if (known !== undefined) return known;
    const hash = createHash("sha256");
    for (const file of filesUnder(path)) hash.update(relative(projectRoot, file)).update(readFileSync(file));
    const digest = hash.digest("hex");
    digests.set(path, digest);
    return digest;
}

/**
 * Hash of sources, files or folders of the project: a worker whose code changed is restarted by the next `up`. With `words`, of these too.
 * Each source is read once a run.
 */
export function fingerprint(sources: readonly string[], ...words: readonly string[]): string {
    const hash = createHash("sha256");
    for (const path of sources) hash.update(digestOf(resolve(projectRoot, path)));
    for (const word of words) hash.update(word).update("\0");
    return hash.digest("hex").slice(0, 16);
}
