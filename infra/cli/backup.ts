/** `make backup`: every table of a running stack into a folder, by ClickHouse's BACKUP. */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { archiveFolder, move, place } from "./backup/place";
import { backUp, keptTables } from "./backup/clickhouse";
import { type Manifest, manifestFile, tablesFolder } from "./backup/manifest";
import { makeCommand, root, stack } from "./project";
import { UserError, run, say } from "./terminal";

const command = new Command("make backup")
    .description("Copies every table of a running stack into a folder; Kafka's log is not in it.")
    .option("--to <folder>", "a new folder (default: backups/<stack>/<time>)")
    .parse();

const bytesIn = (folder: string): number =>
    readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);

function newFolder(time: string): string {
    const { to } = command.opts<{ to?: string }>();
    const folder = to === undefined ? path.join(root, "backups", stack, time) : path.resolve(to);
    // What is in it is personal data.
    mkdirSync(path.dirname(folder), { recursive: true, mode: 0o700 });
    try {
        mkdirSync(folder, { mode: 0o700 });
    } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
        throw new UserError(`${folder} is there already; --to names a new folder`);
    }
    return folder;
}

run(async () => {
    const here = await place();
    const { clickhouse } = here;
    const startedAt = new Date();
    const archive = startedAt.toISOString().replaceAll(/[:.]/g, "-");
    const folder = newFolder(archive);
    try {
        // First: what came after these ends may not be in it.
        const before = await here.ends();
        say(`backup of stack ${stack}`);
        const names = await keptTables(clickhouse);
        await backUp(clickhouse, names, archive);
        const tables = await keptTables(clickhouse);
        move(archiveFolder(archive), path.join(folder, tablesFolder));
        const manifest: Manifest = {
            ...{ format: 1, stack, startedAt: startedAt.toISOString(), finishedAt: new Date().toISOString() },
            ...{ tables, ends: before },
        };
        writeFileSync(manifestFile(folder), `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600 });
        const rows = tables.reduce((sum, table) => sum + table.rows, 0);
        const seconds = ((Date.now() - startedAt.getTime()) / 1_000).toFixed(1);
        say(
            `${String(tables.length)} tables, ${rows.toLocaleString("en")} rows, ${(bytesIn(folder) / 2 ** 20).toFixed(1)} MiB in ${seconds} s: ${path.relative(process.cwd(), folder)}`,
        );
        say(`back with: ${makeCommand("restore")} FROM=${path.relative(process.cwd(), folder)}`);
    } catch (cause) {
        for (const half of [folder, archiveFolder(archive)]) rmSync(half, { recursive: true, force: true });
        throw cause;
    }
});
