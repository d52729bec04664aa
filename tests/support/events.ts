// For tests: an event of any fact or reference with a value in every column, made from the columns' types.
import { type Declaration } from "../../schema";

const enumWord = /^Enum8\('([^']+)' = 1/;
const decimalType = /^Decimal\((\d+), (\d+)\)$/;
const unsigned = /^UInt(\d+)$/;

/** The type without Nullable and LowCardinality. */
const bare = (type: string): string =>
    type.replace(/^LowCardinality\((.*)\)$/, "$1").replace(/^Nullable\((.*)\)$/, "$1");

/** The widest value a column can hold; `words` where it takes any text. */
function widest(type: string, words: string): unknown {
    const inner = bare(type);
    const [, precision, scale] = decimalType.exec(inner) ?? [];
    if (precision !== undefined) {
        const [whole, fraction] = [Number(precision) - Number(scale), Number(scale)];
        return `-${whole === 0 ? "0" : "9".repeat(whole)}${fraction === 0 ? "" : `.${"9".repeat(fraction)}`}`;
    }
    const bits = unsigned.exec(inner)?.[1];
    if (bits !== undefined) return String(2n ** BigInt(bits) - 1n);
    if (inner === "String") return words;
    if (inner === "Bool") return true;
    if (inner === "IPv6") return "2001:db8::8a2e:370:7334";
    if (inner.startsWith("DateTime64")) return "2026-01-02T03:04:05.678901Z";
    if (inner.startsWith("Array(Tuple(price")) return [["0.000000000000000001", words.length.toFixed(0)]];
    const word = enumWord.exec(inner)?.[1];
    if (word === undefined) throw new Error(`tests: no sample for a column of type ${type}`);
    return word;
}

/** An event with a value in every column; texts are `words`. `own` replaces values, and event_id follows from the result. */
export function fullEvent(
    declaration: Declaration,
    words: string,
    own: Record<string, unknown> = {},
): Record<string, unknown> & { event_id: string } {
    const values = Object.entries(declaration.columns).map(([name, { type }]) => [name, widest(type, words)] as const);
    const event: Record<string, unknown> = { ...Object.fromEntries(values), ...own };
    return { ...event, event_id: declaration.eventId(event) };
}
