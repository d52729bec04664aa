// From whole numbers of the smallest unit to decimal strings, exactly.

/** `units` of 10^-decimals as a decimal string, e.g. (12345, 3) is 12.345. */
export function fixed(units: number | bigint, decimals: number): string {
    const digits = String(units);
    if (decimals === 0) return digits;
    if (digits.startsWith("-")) return `-${fixed(-units, decimals)}`;
    if (digits.length <= decimals) return `0.${digits.padStart(decimals, "0")}`;
    return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** Parts in a million of an amount, rounded down; exact where amount * parts would leave the safe integers. */
export function partsPerMillion(amount: number, parts: number): number {
    const millions = Math.floor(amount / 1_000_000);
    return millions * parts + Math.floor(((amount - millions * 1_000_000) * parts) / 1_000_000);
}
