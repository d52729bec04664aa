/** What lies beside a backup's tables: what is in it, and where Kafka was when it began. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { UserError } from "../terminal";

/** Folder of ClickHouse's part of a backup. */
export const tablesFolder = "tables";

const file = "manifest.json";

const schema = z.strictObject({
    format: z.literal(1),
    stack: z.string(),
    /** ISO times in UTC: nothing after the first is surely in it. */
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime(),
    tables: z.array(
        z.strictObject({ database: z.string(), name: z.string(), engine: z.string(), rows: z.number().int().min(0) }),
    ),
    /** First offset not yet written when it began, by topic, in the order of its partitions; decimal strings. */
    ends: z.record(z.string(), z.array(z.string().regex(/^\d+$/))),
});

/** A backup's own words. */
export type Manifest = z.output<typeof schema>;
/** A table in it; rows as counted after it was copied, so a few more than it holds where rows came in meanwhile. */
export type BackedUp = Manifest["tables"][number];

/** Where the manifest of a backup's folder is. */
export const manifestFile = (folder: string): string => path.join(folder, file);

/** @throws UserError where the folder holds no backup, or one that is not understood */
export function readManifest(folder: string): Manifest {
    const place = manifestFile(folder);
    let text: string;
    try {
        text = readFileSync(place, "utf8");
    } catch {
        throw new UserError(`${folder} holds no backup: there is no ${file} in it; \`make backup\` makes one`);
    }
    const parsed = schema.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data;
    throw new UserError(`${place} is not what \`make backup\` writes:\n${z.prettifyError(parsed.error)}`);
}

function jsonOf(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

/** Whether a Kafka is the one a backup was made beside: none of its topics ends before it did then. */
export const sameLog = (then: Manifest["ends"], now: Manifest["ends"]): boolean =>
    Object.entries(then).every(([topic, offsets]) =>
        offsets.every((offset, partition) => BigInt(now[topic]?.[partition] ?? "0") >= BigInt(offset)),
    );
