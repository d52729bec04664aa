// For tests: queries as ClickHouse gets them from Grafana and from HyperDX, with the macros filled in as their own code does.
// Grafana: clickhouse-datasource/pkg/macros/macros.go, variables as VariableFormatID.PercentEncode; HyperDX: packages/common-utils/src/{macros,variables}.ts.

/** What somebody looks at; times in ms since 1970. */
export interface Looked {
    readonly fromMs: number;
    readonly toMs: number;
    readonly stepSeconds: number;
    /** Values of variables; absent: nothing is chosen. */
    readonly values: Readonly<Record<string, string>>;
}

const replaced = (sql: string, macros: Readonly<Record<string, string>>): string => {
    const text = Object.entries(macros).reduce((all, [name, by]) => all.replaceAll(name, () => by), sql);
    if (text.includes("$__")) throw new Error(`a macro is left: ${/\$__\w+/.exec(text)?.[0] ?? ""}`);
    return text;
};

const percentEncoded = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);

/** As Grafana's plugin sends it: the page fills in variables first, then its backend the macros. */
export function asGrafanaSends(sql: string, { fromMs, toMs, stepSeconds, values }: Looked): string {
    const filled = sql.replace(/\$\{(\w+):percentencode\}/g, (_, name: string) => percentEncoded(values[name] ?? ""));
    return replaced(filled, {
        $__fromTime_ms: `fromUnixTimestamp64Milli(${String(fromMs)})`,
        $__toTime_ms: `fromUnixTimestamp64Milli(${String(toMs)})`,
        $__interval_s: String(stepSeconds),
    });
}

/** As HyperDX sends it, with the parameters it binds. */
export function asHyperdxSends(
    sql: string,
    { fromMs, toMs, stepSeconds, values }: Looked,
): { query: string; parameters: Record<string, number> } {
    const quoted = (text: string): string => `'${text.replace(/\\/g, "\\\\").replace(/'/g, "\\'")}'`;
    const filled = sql.replace(/\$\{(\w+):sqlstring\}/g, (_, name: string) => {
        const value = values[name];
        return value === undefined ? "NULL" : quoted(value);
    });
    const query = replaced(filled, {
        $__fromTime_ms: "fromUnixTimestamp64Milli({startDateMilliseconds:Int64})",
        $__toTime_ms: "fromUnixTimestamp64Milli({endDateMilliseconds:Int64})",
        $__interval_s: "{intervalSeconds:Int64}",
    });
    const bound = { startDateMilliseconds: fromMs, endDateMilliseconds: toMs, intervalSeconds: stepSeconds };
    const parameters = Object.entries(bound).filter(([name]) => query.includes(`{${name}:`));
    return { query, parameters: Object.fromEntries(parameters) };
}
