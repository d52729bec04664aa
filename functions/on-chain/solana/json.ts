// JSON with numbers of 64 bits: lamports of a large wallet are beyond what a JS number holds exactly.

/** What V8 tells a reviver of the text a value was made of (TC39 proposal-json-parse-with-source, in Node since 21). */
interface Source {
    readonly source?: string;
}
type Reviver = (key: string, value: unknown, context: Source) => unknown;

/** JSON.parse in which whole numbers beyond 2^53 are bigints. Throws SyntaxError. */
export function parseExactly(text: string): unknown {
    const revive: Reviver = (_, value, { source }) =>
        typeof value === "number" && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
            ? BigInt(source)
            : value;
    return JSON.parse(text, revive as (key: string, value: unknown) => unknown);
}
