// Exact decimal arithmetic on texts: what a foreign feed writes as ticks, exponents or remainders becomes plain digits, none lost.

/** A decimal as an integer and the number of its digits behind the point. */
interface Decimal {
    readonly units: bigint;
    readonly scale: number;
}

const notation = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Digits behind the point a foreign exponent may ask for; anything beyond is not a price. */
const maxScale = 100;

function read(text: string): Decimal | undefined {
    const [, sign = "", whole = "", fraction = "", exponent = "0"] = notation.exec(text) ?? [];
    if (whole === "" && fraction === "") return undefined;
    const units = BigInt(`${sign === "-" ? "-" : ""}${whole}${fraction}`);
    const scale = fraction.length - Number(exponent);
    if (Math.abs(scale) > maxScale) return undefined;
    return scale < 0 ? { units: units * 10n ** BigInt(-scale), scale: 0 } : { units, scale };
}

/** Plain notation; digits behind the point stay as many as they were, except zeros that would not fit 18. */
function write({ units, scale }: Decimal): string {
    const sign = units < 0n ? "-" : "";
    const digits = String(units < 0n ? -units : units).padStart(scale + 1, "0");
    const whole = digits.slice(0, digits.length - scale);
    const fraction = digits.slice(digits.length - scale);
    const kept = fraction.length > 18 ? fraction.slice(0, 18) + fraction.slice(18).replace(/0+$/, "") : fraction;
    return kept === "" ? sign + whole : `${sign}${whole}.${kept}`;
}

/** Plain notation of a number in any usual one (`1e-5`, `+1`, `.5`, `007`); undefined where it is no number. */
export function plain(text: string): string | undefined {
    const decimal = read(text);
    return decimal === undefined ? undefined : write(decimal);
}

/** Whether two texts are the same, or the same number: 0 and 0.00000000. */
export function sameValue(one: string, other: string): boolean {
    if (one === other) return true;
    const [a, b] = [read(one), read(other)];
    if (a === undefined || b === undefined) return false;
    return a.units * 10n ** BigInt(b.scale) === b.units * 10n ** BigInt(a.scale);
}

/** Divides by 10^digits: 9500010 with 2 digits is 95000.10. A negative number of digits multiplies. */
export function scaled(text: string, digits: number): string | undefined {
    const decimal = read(text);
    if (decimal === undefined || Math.abs(digits) > maxScale) return undefined;
    const scale = decimal.scale + digits;
    return write(scale < 0 ? { units: decimal.units * 10n ** BigInt(-scale), scale: 0 } : { ...decimal, scale });
}

/** The sum of decimals, each with its sign. */
export function sum(terms: readonly { text: string; negative: boolean }[]): string | undefined {
    let total: Decimal = { units: 0n, scale: 0 };
    for (const { text, negative } of terms) {
        const term = read(text);
        if (term === undefined) return undefined;
        const scale = Math.max(total.scale, term.scale);
        const at = ({ units, scale: own }: Decimal): bigint => units * 10n ** BigInt(scale - own);
        total = { units: at(total) + (negative ? -at(term) : at(term)), scale };
    }
    return write(total);
}

/** -1, 0 or 1; undefined where it is no number. */
export function signOf(text: string): -1 | 0 | 1 | undefined {
    const units = read(text)?.units;
    if (units === undefined) return undefined;
    return units < 0n ? -1 : units > 0n ? 1 : 0;
}

/** A whole number as two's complement bytes, as Avro and Debezium carry decimals. */
export function fromBytes(bytes: Uint8Array): string {
    let units = 0n;
    for (const byte of bytes) units = units * 256n + BigInt(byte);
    const negative = ((bytes[0] ?? 0) & 0x80) !== 0;
    return String(negative ? units - (1n << BigInt(8 * bytes.length)) : units);
}
