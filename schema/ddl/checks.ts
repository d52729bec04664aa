// SQL that checks and converts a wire value by the type it is stored as: exact, total, and never a silent default.
import { decimalPattern, integerPattern, timePattern } from "../dsl";
import { literal, name } from "./quote";

/** How a column of a given ClickHouse type crosses the wire. */
interface WireType {
    /** Type of the column in the Kafka table: whatever is missing or null arrives as NULL. */
    raw: string;
    /** True for a present value that can be stored exactly. */
    valid: (value: string) => string;
    /** The stored value where valid holds; elsewhere any value, never an exception: rows are converted before they are sorted out. */
    convert: (value: string, nullable: boolean) => string;
    /** How the column is read from one line of a broken packed message, where JSON functions must do. */
    extract: string;
}

const decimalType = /^Decimal\((\d+), (\d+)\)$/;
const enumType = /^Enum8\((.*)\)$/;
const levelsType = "Array(Tuple(price Decimal(38, 18), quantity Decimal(38, 18)))";

/** The type without Nullable and LowCardinality. */
function bare(type: string): { type: string; nullable: boolean } {
    const inner = /^LowCardinality\((.*)\)$/.exec(type)?.[1] ?? type;
    const notNull = /^Nullable\((.*)\)$/.exec(inner)?.[1];
    return { type: notNull ?? inner, nullable: notNull !== undefined };
}

const textual = (valid: (value: string) => string, convert: (value: string) => string, zero: string): WireType => ({
    raw: "Nullable(String)",
    valid,
    convert: (value, nullable) => (nullable ? convert(value) : `ifNull(${convert(value)}, ${zero})`),
    extract: "Nullable(String)",
});

function decimalWire(precision: number, scale: number): WireType {
    const bits = precision <= 9 ? 32 : precision <= 18 ? 64 : precision <= 38 ? 128 : 256;
    return textual(
        (value) => `match(${value}, ${literal(decimalPattern(precision, scale))})`,
        (value) => `toDecimal${String(bits)}OrNull(${value}, ${String(scale)})`,
        `toDecimal${String(bits)}(0, ${String(scale)})`,
    );
}

const integerWire = (type: string): WireType =>
    textual(
        // Conversion of an overflowing number wraps around: only what prints as it came in is in range.
        (value) =>
            `match(${value}, ${literal(integerPattern)}) AND ifNull(toString(to${type}OrNull(${value})), '') = ${value}`,
        (value) => `to${type}OrNull(${value})`,
        `to${type}(0)`,
    );

const amountPattern = literal(decimalPattern(38, 18));
const rawLevels = "Variant(Array(Array(String)))";
const levelsWire: WireType = {
    raw: rawLevels,
    valid: (value) =>
        `isNotNull(${value}) AND arrayAll(l -> length(l) = 2 AND match(l[1], ${amountPattern}) AND match(l[2], ${amountPattern}), variantElement(${value}, 'Array(Array(String))'))`,
    convert: (value) =>
        `arrayMap(l -> (ifNull(toDecimal128OrNull(l[1], 18), toDecimal128(0, 18)), ifNull(toDecimal128OrNull(l[2], 18), toDecimal128(0, 18))), variantElement(${value}, 'Array(Array(String))'))`,
    extract: "Array(Array(String))",
};

const flagWire: WireType = {
    raw: "Nullable(Bool)",
    valid: (value) => `isNotNull(${value})`,
    convert: (value, nullable) => (nullable ? value : `ifNull(${value}, false)`),
    extract: "Nullable(Bool)",
};

function wireOf(type: string): WireType {
    const decimal = decimalType.exec(type);
    if (decimal !== null) return decimalWire(Number(decimal[1]), Number(decimal[2]));
    const members = enumType.exec(type)?.[1];
    if (members !== undefined) {
        const words = [...members.matchAll(/'((?:[^'\\]|\\.)*)' = -?\d+/g)].map((match) => `'${match[1] ?? ""}'`);
        const known = (value: string): string => `${value} IN (${words.join(", ")})`;
        return textual(
            known,
            // CAST throws at a word the type does not have.
            (value) => `CAST(if(${known(value)}, ${value}, NULL), 'Nullable(${type.replace(/'/g, "\\'")})')`,
            `CAST(${words[0] ?? "''"}, '${type.replace(/'/g, "\\'")}')`,
        );
    }
    if (/^U?Int\d+$/.test(type)) return integerWire(type);
    if (type === levelsType) return levelsWire;
    if (type === "Bool") return flagWire;
    if (type === "DateTime64(6, 'UTC')")
        return textual(
            (value) => `match(${value}, ${literal(timePattern)}) AND isNotNull(${timeOf(value)})`,
            timeOf,
            "toDateTime64(0, 6, 'UTC')",
        );
    if (type === "IPv6")
        return textual(
            (value) => `isNotNull(toIPv6OrNull(${value}))`,
            (value) => `toIPv6OrNull(${value})`,
            "toIPv6('::')",
        );
    if (type === "String")
        return textual(
            (value) => `${value} != '' AND isValidUTF8(${value})`,
            (value) => value,
            "''",
        );
    throw new Error(`feed column of type ${type}: no exact conversion is known; add one to schema/ddl/checks.ts`);
}

/** A wire time as DateTime64(6), NULL where it is none. */
export const timeOf = (value: string): string => `parseDateTime64BestEffortOrNull(${value}, 6, 'UTC')`;

/** A feed column: its raw type, and the SQL over the raw column `source`.`column`. */
export interface WireColumn {
    column: string;
    raw: string;
    extract: string;
    /** Boolean SQL: present (or optional) and exact. */
    ok: string;
    /** String SQL with the reason, for a column that is not ok. */
    reason: string;
    /** SQL of the stored value. */
    value: string;
}

/** What a feed does with a column, from its stored type alone. `table` qualifies the raw column: a view's alias would win otherwise. */
export function wireColumn(column: string, storedType: string, table: string): WireColumn {
    const { type, nullable } = bare(storedType);
    const wire = wireOf(type);
    const value = `${name(table)}.${name(column)}`;
    const missing = `isNull(${value})`;
    const valid = `ifNull(${wire.valid(value)}, 0)`;
    const shown = `substring(toString(${value}), 1, 200)`;
    const wrong = `concat(${literal(`${column}: not a ${type}, found `)}, ifNull(${shown}, 'null'))`;
    return {
        column,
        raw: wire.raw,
        extract: wire.extract,
        ok: nullable ? `(${missing} OR ${valid})` : valid,
        reason: nullable ? wrong : `if(${missing}, ${literal(`${column}: missing`)}, ${wrong})`,
        value: wire.convert(value, nullable),
    };
}
