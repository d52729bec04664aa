// For tests: rows of a fact as the events they were, every declared column in the wire's own notation.
import assert from "node:assert/strict";
import { isIPv4 } from "node:net";
import { catalogue, type Declaration } from "../../../schema";
import { decimal } from "../../support/book";
import { type TestStack } from "../../support/stack";

type Fields = Record<string, unknown>;

export function factOf(name: string): Declaration {
    const found = catalogue.find((declaration) => declaration.name === name);
    assert.ok(found, name);
    return found;
}

const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

const trimmed = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(trimmed) : typeof value === "string" ? decimal(value) : value;

/** One notation per value: decimals without trailing zeros, times with all six digits, what is absent as null. */
function normal(type: string, value: unknown): unknown {
    if (value === null || value === undefined) return null;
    if (type.startsWith("Array"))
        return (value as (Fields | unknown[])[]).map((level) =>
            trimmed(Array.isArray(level) ? level : Object.values(level)),
        );
    if (type.includes("Decimal")) return trimmed(text(value));
    if (type.includes("DateTime64")) {
        const [, base = "", fraction = ""] = /^(.{19})(?:\.(\d*))?Z?$/.exec(text(value).replace(" ", "T")) ?? [];
        return `${base}.${fraction.padEnd(6, "0")}`;
    }
    if (type.includes("IPv6") && isIPv4(text(value))) return `::ffff:${text(value)}`;
    return typeof value === "boolean" ? value : text(value);
}

/** An event or row by its declared columns. */
export const normalised = ({ columns }: Declaration, fields: Fields): Fields =>
    Object.fromEntries(Object.entries(columns).map(([column, { type }]) => [column, normal(type, fields[column])]));

/** All rows a source has in a fact, deduplicated, by event id. */
export async function rowsOf(stack: TestStack, fact: string, sourceId: string): Promise<Map<string, Fields>> {
    const declaration = factOf(fact);
    const result = await stack.clickhouse.query({
        query: `SELECT * FROM trading.${fact} WHERE source_id = {source:String}`,
        query_params: { source: sourceId },
        clickhouse_settings: { output_format_json_quote_decimals: 1, output_format_json_quote_64bit_integers: 1 },
        format: "JSONEachRow",
    });
    const rows = await result.json<Fields>();
    return new Map(rows.map((row) => [String(row["event_id"]), normalised(declaration, row)]));
}
