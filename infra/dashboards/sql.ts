// Pure: a panel's query for tools that know the time looked at themselves. Grafana's ClickHouse plugin (pkg/macros) and HyperDX (common-utils macros.ts)
// have these macros in common, by name and meaning, so both get the same text but for how they write a variable.
import { parametersOf } from "../../schema/dashboards";

/** Times come in the server's zone: whatever makes a date of them means UTC. A line has no more than a point a minute, as rollups have. */
const macros: Readonly<Record<string, string>> = {
    from: "toTimeZone($__fromTime_ms, 'UTC')",
    to: "toTimeZone($__toTime_ms, 'UTC')",
    step: "greatest($__interval_s, 60)",
};

/** The query with macros for time; `variable` says how the tool writes the run and the dashboard's variables. */
export const withMacros = (sql: string, variable: (name: string) => string): string =>
    parametersOf(sql).reduce((text, name) => text.replaceAll(`{${name}}`, () => macros[name] ?? variable(name)), sql);

/** Whether a panel's rows have a column of this name, as the words of its query say. */
export const hasColumn = (sql: string, column: string): boolean => new RegExp(`\\bAS ${column}\\b`).test(sql);
