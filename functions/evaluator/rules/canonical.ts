// One text for one row, so that its hash proves it: keys sorted, numbers as text, no white space.
import { createHash } from "node:crypto";

/** A value of a row as canonical JSON. Numbers become text: what they looked like in the database is what counts. */
export function canonical(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (typeof value === "object" && value !== null) {
        const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
        return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(",")}}`;
    }
    return typeof value === "number" ? JSON.stringify(String(value)) : JSON.stringify(value ?? null);
}

/** SHA-256, hexadecimal. */
export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Hash of a set of evidence, from the hashes of its rows in their order. */
export const hashOfAll = (hashes: readonly string[]): string => sha256(hashes.join("\n"));
