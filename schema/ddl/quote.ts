// Quoting of names and values in ClickHouse SQL: everything that goes into a statement goes through here.

/** A name in backticks. */
export const name = (identifier: string): string => `\`${identifier.replace(/\\/g, "\\\\").replace(/`/g, "\\`")}\``;

/** `database`.`name` */
export const qualified = (database: string, identifier: string): string => `${name(database)}.${name(identifier)}`;

/** A string literal. */
export const literal = (value: string): string => `'${value.replace(/\\/g, "\\\\").replace(/'/g, "\\'")}'`;

/** A setting's value: numbers bare, strings quoted. */
export const settingValue = (value: string | number): string =>
    typeof value === "number" ? String(value) : literal(value);

/** `key = value, …` */
export const settings = (values: Record<string, string | number>): string =>
    Object.entries(values)
        .map(([key, value]) => `${key} = ${settingValue(value)}`)
        .join(", ");
