// A log file and what became of it: the files that a rotation leaves beside it, in the order they were written.
import { type Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** A file on disk; device and inode stay when it is renamed. */
export interface Listed {
    readonly path: string;
    readonly dev: string;
    readonly ino: string;
    /** Last change of its content, epoch milliseconds. */
    readonly mtimeMs: number;
}

export const sameFile = (a: Pick<Listed, "dev" | "ino">, b: Pick<Listed, "dev" | "ino">): boolean =>
    a.dev === b.dev && a.ino === b.ino;

/** What a file is known by; undefined where there is none. */
export async function identify(path: string): Promise<Listed | undefined> {
    const stats: Stats | undefined = await stat(path).catch(() => undefined);
    if (stats?.isFile() !== true) return undefined;
    return { path, dev: String(stats.dev), ino: String(stats.ino), mtimeMs: stats.mtimeMs };
}

async function listOnce(path: string): Promise<Listed[]> {
    const [folder, base] = [dirname(path), basename(path)];
    const names = (await readdir(folder).catch(() => [])).filter(
        (name) => name === base || name.startsWith(`${base}.`) || name.startsWith(`${base}-`),
    );
    const files = await Promise.all(names.map((name) => identify(join(folder, name))));
    return files
        .flatMap((file) => file ?? [])
        .sort((a, b) => Number(a.path === path) - Number(b.path === path) || a.mtimeMs - b.mtimeMs);
}

/**
 * The file and its rotated forms (`<name>.1`, `<name>-20261122`), oldest first. A rotation while it looks would show it a file twice and
 * another one not at all, so it looks until it sees the same twice.
 */
export async function rotatedFiles(path: string): Promise<Listed[]> {
    let before = await listOnce(path);
    for (;;) {
        const now = await listOnce(path);
        const same = now.length === before.length && now.every((file, index) => sameFile(file, before[index] ?? file));
        if (same && new Set(now.map(({ dev, ino }) => `${dev}/${ino}`)).size === now.length) return now;
        before = now;
    }
}
