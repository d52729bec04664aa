// The words a declaration is written in: each column kind knows its ClickHouse type, its TypeScript type and its check.
import { z } from "zod";

/** A column of an event: `T` is its value on the wire, always exact (decimals, big integers and times are strings). */
export interface Column<T = unknown, Optional extends boolean = boolean> {
    /** ClickHouse type as the server prints it; optional columns are Nullable. */
    readonly type: string;
    /** Codec chain, chosen by `npm run codecs`; the server's default when absent. */
    readonly codec?: string;
    readonly description: string;
    /** Personal data: marked in the table, kept out of alerts, erased on request. */
    readonly personal: boolean;
    readonly optional: Optional;
    readonly validator: z.ZodType<T>;
}

/** Columns by name, in table order. */
export type Columns = Record<string, Column>;

/** A price level: price and quantity as decimal strings. */
export type Level = readonly [price: string, quantity: string];

interface Options {
    personal?: boolean;
    codec?: string;
}

function column<T>(type: string, description: string, validator: z.ZodType<T>, options: Options): Column<T, false> {
    const { personal = false, codec } = options;
    return { type, description, personal, optional: false, validator, ...(codec === undefined ? {} : { codec }) };
}

/** Digits before and after the point that fit Decimal(precision, scale), without exponent, sign `+` or leading zeros. */
export function decimalPattern(precision: number, scale: number): string {
    const whole = precision - scale;
    const integer = whole === 0 ? "0" : whole === 1 ? "[0-9]" : `(0|[1-9][0-9]{0,${String(whole - 1)}})`;
    return `^-?${integer}${scale === 0 ? "" : `(\\.[0-9]{1,${String(scale)}})?`}$`;
}

/** Whole numbers without leading zeros; the bounds of the type are checked by conversion. */
export const integerPattern = "^-?(0|[1-9][0-9]{0,77})$";

/** UTC with up to six fraction digits, e.g. `2026-11-22T14:40:00.123456Z`. */
export const timePattern =
    "^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$";

/** Free text of any length: ids, names, messages. */
export const text = (description: string, options: Options = {}): Column<string, false> =>
    column("String", description, z.string().min(1), { codec: "ZSTD(1)", ...options });

/** Text with few distinct values: symbols, venues, countries. */
export const label = (description: string, options: Options = {}): Column<string, false> =>
    column("LowCardinality(String)", description, z.string().min(1), options);

/** An exact number, a string on the wire: money, prices, quantities, scores, coordinates. */
export function decimal(description: string, precision = 38, scale = 18, options: Options = {}): Column<string, false> {
    const check = z
        .string()
        .regex(new RegExp(decimalPattern(precision, scale)), `not a Decimal(${String(precision)}, ${String(scale)})`);
    // GCD turns scaled decimals back into the few digits they carry; measured in `npm run codecs`.
    return column(`Decimal(${String(precision)}, ${String(scale)})`, description, check, {
        codec: "GCD, ZSTD(1)",
        ...options,
    });
}

/** A whole number, a string on the wire so that 64 bits and more stay exact. */
export function integer(
    description: string,
    bits: 8 | 16 | 32 | 64 | 256 = 64,
    options: Options = {},
): Column<string, false> {
    const max = 2n ** BigInt(bits) - 1n;
    const check = z
        .string()
        // Ends the check where it fails: what is not digits has no value to compare.
        .regex(/^(0|[1-9][0-9]{0,77})$/, { error: "not a whole number", abort: true })
        .refine((digits) => BigInt(digits) <= max, `over UInt${String(bits)}`);
    const codec = bits === 64 ? "Delta(8), ZSTD(1)" : "ZSTD(1)";
    return column(`UInt${String(bits)}`, description, check, { codec, ...options });
}

/** A moment in UTC, microseconds kept. */
export const time = (description: string, options: Options = {}): Column<string, false> =>
    column(
        "DateTime64(6, 'UTC')",
        description,
        z.string().regex(new RegExp(timePattern), "not a UTC time like 2026-11-22T14:40:00.123Z"),
        { codec: "Delta(8), ZSTD(1)", ...options },
    );

/** One of a closed list of words; new words go to the end, so that stored rows keep theirs. */
export function oneOf<const V extends string>(values: readonly [V, ...V[]], description: string): Column<V, false> {
    const members = values.map((value, index) => `'${value}' = ${String(index + 1)}`).join(", ");
    return column<V>(`Enum8(${members})`, description, z.enum(values), { codec: "ZSTD(1)" });
}

/** True or false. */
export const flag = (description: string): Column<boolean, false> => column("Bool", description, z.boolean(), {});

/** An IPv4 or IPv6 address; IPv4 is stored mapped (::ffff:192.0.2.1). */
export const ipAddress = (description: string): Column<string, false> =>
    column("IPv6", description, z.union([z.ipv4(), z.ipv6()]), { personal: true, codec: "ZSTD(1)" });

/** Order-book levels; a quantity of 0 removes the level. */
export const levels = (description: string): Column<readonly Level[], false> => {
    const amount = z.string().regex(new RegExp(decimalPattern(38, 18)), "not a Decimal(38, 18)");
    return column<readonly Level[]>(
        "Array(Tuple(price Decimal(38, 18), quantity Decimal(38, 18)))",
        description,
        z.array(z.tuple([amount, amount])),
        { codec: "GCD, ZSTD(1)" },
    );
};

/** The same column, which an event may leave out; stored as Nullable. */
export function optional<T>(inner: Column<T>): Column<T | null | undefined, true> {
    const low = /^LowCardinality\((.*)\)$/.exec(inner.type)?.[1];
    const type = low === undefined ? `Nullable(${inner.type})` : `LowCardinality(Nullable(${low}))`;
    return { ...inner, type, optional: true, validator: inner.validator.nullish() };
}
