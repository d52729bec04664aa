// For tests: exact numbers, times and groups, as the reference computation of rollups needs them.

/** Text of a decimal as an integer of 10^-18. */
export function units(text: string): bigint {
    const [whole = "0", fraction = ""] = text.replace("-", "").split(".");
    const value = BigInt(whole + fraction.padEnd(18, "0"));
    return text.startsWith("-") ? -value : value;
}

const one = 10n ** 18n;

/** 10^-36 cut to 10^-18. */
export const cut = (product: bigint): bigint => product / one;

/** An integer of 10^-18 as ClickHouse prints a decimal. */
export function shown(value: bigint): string {
    const digits = (value < 0n ? -value : value).toString().padStart(19, "0");
    const fraction = digits.slice(-18).replace(/0+$/, "");
    return `${value < 0n ? "-" : ""}${digits.slice(0, -18)}${fraction === "" ? "" : `.${fraction}`}`;
}

/** An event as the reference reads it: all of its values are text. */
export type Fields = Readonly<Record<string, string | null | undefined>>;

export const runOf = (event: Fields): string => event["run_id"] ?? "";
export const field = (event: Fields, name: string): string => event[name] ?? "";

/** Start of the minute of a wire time, as ClickHouse prints it. */
export const minuteOf = (time: string): string => `${time.slice(0, 10)} ${time.slice(11, 16)}:00`;

/** A wire time with six digits, so that texts compare as times do. */
export const exact = (time: string): string =>
    `${time.slice(0, 10)} ${time.slice(11, 19)}.${(/\.(\d+)/.exec(time)?.[1] ?? "").padEnd(6, "0")}`;

export const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n);
export const largest = (values: readonly bigint[]): bigint => values.reduce((a, b) => (b > a ? b : a), 0n);
export const count = (values: readonly unknown[]): string => String(values.length);
export const distinct = (values: readonly string[]): string[] => [...new Set(values)].sort();

/** Groups in order of their keys, which are made of the values of `names` and come back as such. */
export function grouped<T>(
    values: readonly T[],
    key: (value: T) => Readonly<Record<string, string>>,
): { key: Readonly<Record<string, string>>; own: T[] }[] {
    const groups = Map.groupBy(values, (value) => JSON.stringify(Object.values(key(value))));
    return [...groups.values()].flatMap((own) => (own[0] === undefined ? [] : [{ key: key(own[0]), own }]));
}
