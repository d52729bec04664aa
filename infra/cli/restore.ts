/** `make restore`: a backup's rows into a running stack, and what was lost since. */
import { cpSync, rmSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { alreadyThere, bring, keptTables } from "./backup/clickhouse";
import { type BackedUp, type Manifest, readManifest, sameLog, tablesFolder } from "./backup/manifest";
import { archiveFolder, type Place, place } from "./backup/place";
import { withoutWorkers } from "./backup/workers";
import { makeCommand, stack } from "./project";
import { age } from "./screen";
import { UserError, run, say } from "./terminal";

const command = new Command("make restore")
    .description("Puts what `make backup` copied into a running stack, beside what is there.")
    .argument("<folder>", "a backup's folder: make restore FROM=<folder>")
    .parse();

/** What the auditor knows of a Kafka's offsets: of no use to another one. */
const ofOneLog = (table: BackedUp): boolean =>
    table.database === "ingest" && ["audits", "suspects"].includes(table.name);

/** Those of the backup that the stack has a place for. */
async function chosen({ clickhouse }: Place, manifest: Manifest, same: boolean): Promise<BackedUp[]> {
    const there = new Set((await keptTables(clickhouse)).map(({ database, name }) => `${database}.${name}`));
    const missing = manifest.tables.filter(({ database, name }) => !there.has(`${database}.${name}`));
    if (missing.length > 0)
        say(
            `left out, since the stack does not have them: ${missing.map(({ database, name }) => `${database}.${name}`).join(", ")}`,
        );
    const tables = manifest.tables.filter(
        (table) => there.has(`${table.database}.${table.name}`) && (same || !ofOneLog(table)),
    );
    const twice = await alreadyThere(clickhouse, tables, manifest.finishedAt);
    if (twice.length === 0) return tables;
    throw new UserError(
        `stack ${stack} has rows from before the end of this backup (${manifest.finishedAt}), which would be there twice: ${twice.join(", ")}\n` +
            `restore into a new stack: ${makeCommand("stop")}, make clean, ${makeCommand("start")}, then this again`,
    );
}

run(async () => {
    const folder = path.resolve(command.args[0] ?? "");
    const manifest = readManifest(folder);
    const here = await place();
    const began = Date.now();
    const same = sameLog(manifest.ends, await here.ends());
    const tables = await chosen(here, manifest, same);
    const archive = `restore-${String(began)}`;
    const mark = same ? {} : { mark: `@${manifest.stack}-${manifest.startedAt}` };
    await withoutWorkers(here.supervisor, async () => {
        try {
            cpSync(path.join(folder, tablesFolder), archiveFolder(archive), { recursive: true });
            for (const table of tables) await bring(here.clickhouse, table, { archive, id: archive, ...mark });
        } finally {
            rmSync(archiveFolder(archive), { recursive: true, force: true });
        }
    });
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    say(
        `${String(tables.length)} tables, ${rows.toLocaleString("en")} rows in ${((Date.now() - began) / 1_000).toFixed(1)} s`,
    );
    const since = `${manifest.startedAt}, ${age(Date.now() - Date.parse(manifest.startedAt))} ago`;
    say(
        same
            ? `Kafka is the one of then: of what came after the backup (${since}), the auditor reads again what has no row and Kafka still holds`
            : `lost: what came after the backup (${since}); Kafka is another one, so topics of these rows are marked ${mark.mark ?? ""}`,
    );
});
