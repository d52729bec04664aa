// A case pack on disk: one file a kind of row, and a manifest that proves them.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { rules } from "../../../schema/rules";
import { type Database } from "../../shared/clickhouse";
import { type Alert, alertOf, evidenceOf } from "../alert";
import { type Session } from "../session";
import { columns } from "../text";
import { type CaseFile, caseFiles } from "./files";
import { type CaseScope, scopeOf } from "./subjects";

/** A file as the manifest names it. */
interface Entry {
    readonly file: string;
    readonly description: string;
    readonly rows: number;
    /** SHA-256 of its bytes, hexadecimal. */
    readonly sha256: string;
}

/** Exact on paper as in the database: amounts and 64-bit numbers as text. */
const exact = { output_format_json_quote_decimals: 1, output_format_json_quote_64bit_integers: 1 } as const;

async function writeRows(
    database: Database,
    folder: string,
    { name, description, query }: CaseFile,
    scope: CaseScope,
): Promise<Entry> {
    const hash = createHash("sha256");
    const out = createWriteStream(join(folder, name), { flags: "wx", mode: 0o600 });
    const result = await database.client.query({
        query,
        format: "JSONEachRow",
        use_multipart_params: true,
        query_params: { ...scope },
        clickhouse_settings: exact,
    });
    let rows = 0;
    for await (const batch of result.stream()) {
        for (const { text } of batch) {
            const line = `${text}\n`;
            hash.update(line);
            if (!out.write(line)) await once(out, "drain");
            rows += 1;
        }
    }
    out.end();
    await finished(out);
    return { file: name, description, rows, sha256: hash.digest("hex") };
}

/** The rule as it is declared, where that is the one that fired. */
async function writeRule(folder: string, { rule: id, rule_version: version, sql_hash: hash }: Alert): Promise<Entry> {
    const rule = rules.find((each) => each.id === id && each.version === version && each.hash === hash);
    const known = rule && {
        ...{ title: rule.title, description: rule.description, parameters: rule.parameters, overrides: rule.overrides },
        ...{ query: rule.view.query, evidence: rule.evidenceCall },
    };
    const missing = { note: "its text is not the deployed one; the sources have it under this version" };
    const text = `${JSON.stringify({ rule: id, version, sql_hash: hash, ...(known ?? missing) }, undefined, 2)}\n`;
    await writeFile(join(folder, "rule.json"), text, { flag: "wx", mode: 0o600 });
    const sha256 = createHash("sha256").update(text).digest("hex");
    return { file: "rule.json", description: "The rule that fired: its text and parameters", rows: 1, sha256 };
}

async function emptyFolder(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if ((await readdir(folder)).length > 0)
        throw new Error(`${folder} is not empty; a case goes into a folder of its own`);
}

/**
 * Writes the case pack of an alert into a folder. All files but the manifest have the same bytes for the same data.
 * @throws Error where there is no such alert, or the folder is not empty
 */
export async function writeCase(session: Session, id: string, folder: string, aroundMinutes: number): Promise<string> {
    const { database, actor } = session;
    const { alert } = await alertOf(database, id);
    const scope = await scopeOf(database, alert, await evidenceOf(database, alert), aroundMinutes);
    await emptyFolder(folder);
    // Before anything leaves the database.
    await session.audit("alerts.export", id, { around_minutes: String(aroundMinutes) });
    const entries: Entry[] = [await writeRule(folder, alert)];
    for (const file of caseFiles) entries.push(await writeRows(database, folder, file, scope));
    const manifest = { ...scope, exported_at: new Date().toISOString(), exported_by: actor, files: entries };
    await writeFile(join(folder, "manifest.json"), `${JSON.stringify(manifest, undefined, 2)}\n`, {
        flag: "wx",
        mode: 0o600,
    });
    const rows = entries.map(({ file, rows: count, description }) => [file, String(count), description]);
    return `${columns([["FILE", "ROWS", "WHAT"], ...rows])}manifest.json has the SHA-256 of each; ${folder}\n`;
}
