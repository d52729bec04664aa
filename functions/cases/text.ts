// Text of others on a terminal: shown as it is, without what a terminal would obey or a reader would not see.
import { InvalidArgumentError } from "commander";

const unseen = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** The text with control, zero-width and direction characters as `\u{…}`. */
export const shown = (text: string): string =>
    text.replace(unseen, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);

/** Rows as columns, each as wide as its widest value; the last one as it is. */
export function columns(rows: readonly (readonly string[])[]): string {
    const clean = rows.map((row) => row.map(shown));
    const widths = (clean[0] ?? []).map((_, index) => Math.max(...clean.map((row) => row[index]?.length ?? 0)));
    const line = (row: readonly string[]): string =>
        row.map((value, index) => (index === row.length - 1 ? value : value.padEnd(widths[index] ?? 0))).join("  ");
    return clean.map((row) => `${line(row).trimEnd()}\n`).join("");
}

/** `name  value` lines; empty values are left out. */
export const fields = (values: Readonly<Record<string, string>>): string =>
    columns(Object.entries(values).filter(([, value]) => value !== ""));

const units = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A moment of an option: a time with its zone, or a span from now like 30m, 8h or 3d. Throws when it is not ahead. */
export function ahead(text: string): Date {
    const [, count, unit] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
    const zoned = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text);
    const at =
        count !== undefined
            ? new Date(Date.now() + Number(count) * units[unit as keyof typeof units])
            : new Date(zoned ? text : Number.NaN);
    if (Number.isNaN(at.getTime()))
        throw new InvalidArgumentError(
            "must be a span like 30m, 8h or 3d, or a time with its zone like 2026-11-22T14:00:00Z",
        );
    if (at.getTime() <= Date.now()) throw new InvalidArgumentError(`must lie ahead, found ${at.toISOString()}`);
    return at;
}

const longestNote = 4_000;

/** A note or reason: something must be said. */
export function words(text: string): string {
    if (text.trim() === "") throw new InvalidArgumentError("must say something");
    if (text.length > longestNote)
        throw new InvalidArgumentError(`must not be longer than ${String(longestNote)} characters`);
    return text.trim();
}
