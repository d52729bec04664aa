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
    /** When its writing began, epoch milliseconds; of a file put back from a backup, when it ended. */
    readonly bornMs: number;
}

/** Rotated files that were compressed have been read before, or cannot be. */
const compressed = /\.(?:gz|bz2|xz|zst|lz4|Z|zip)$/;

export const sameFile = (a: Pick<Listed, "dev" | "ino">, b: Pick<Listed, "dev" | "ino">): boolean =>
    a.dev === b.dev && a.ino === b.ino;

/** What a file is known by; undefined where there is none. */
export async function identify(path: string): Promise<Listed | undefined> {
    const stats: Stats | undefined = await stat(path).catch(() => undefined);
    if (stats?.isFile() !== true) return undefined;
    const { dev, ino, mtimeMs, birthtimeMs } = stats;
    return { path, dev: String(dev), ino: String(ino), mtimeMs, bornMs: Math.min(birthtimeMs, mtimeMs) };
}

async function listOnce(path: string): Promise<Listed[]> {
    const [folder, base] = [dirname(path), basename(path)];
    const names = (await readdir(folder).catch(() => [])).filter(
        (name) =>
            name === base || ((name.startsWith(`${base}.`) || name.startsWith(`${base}-`)) && !compressed.test(name)),
    );
    const files = await Promise.all(names.map((name) => identify(join(folder, name))));
    // By their beginnings: whoever still has a rotated file open may write a last line into it after the next one was rotated as well. Where a file
    // system does not know them, all are 0.
    return files
        .flatMap((file) => file ?? [])
        .sort(
            (a, b) => Number(a.path === path) - Number(b.path === path) || a.bornMs - b.bornMs || a.mtimeMs - b.mtimeMs,
        );
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
