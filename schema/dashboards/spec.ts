// What a dashboard is, as data: the console, Grafana and HyperDX show the same ones.

/** What a panel's numbers are: `usd` is the reporting currency, `share` 0 to 1, `score` 0 to 100, `lots` a quantity of the instrument's base. */
export const units = [
    "count",
    "usd",
    "lots",
    "price",
    "share",
    "score",
    "bps",
    "ms",
    "seconds",
    "rows",
    "none",
] as const;
export type Unit = (typeof units)[number];

/**
 * How a panel's rows are meant.
 * - `stat`: one row with `value`.
 * - `lines`: rows in the order of `time` with `value`; with `series` where there is more than one line.
 * - `bars`: rows with `label` and `value`.
 * - `table`: any columns, in their order.
 */
export const panelKinds = ["stat", "lines", "bars", "table"] as const;
export type PanelKind = (typeof panelKinds)[number];

/** A value the reader of a dashboard chooses, which its panels take as a parameter. */
export interface Variable {
    readonly name: string;
    readonly title: string;
    /** SELECT that gives what can be chosen, one column, the likeliest first. */
    readonly options: string;
}

/** Where a cell of a table leads: another dashboard, with the cell's text as one of its variables. */
export interface Link {
    readonly column: string;
    readonly dashboard: string;
    readonly variable: string;
}

/** One question and how its answer is shown. */
export interface Panel {
    /** Unique within its dashboard, and stable: where it is shown it is known by it. */
    readonly id: string;
    readonly title: string;
    /** What it says and what to make of it. */
    readonly description: string;
    readonly kind: PanelKind;
    readonly unit: Unit;
    /**
     * SELECT with `{from}`, `{to}` (UTC), `{step}` (seconds a point of a line stands for), `{run}` (empty: live and backfill) and the dashboard's
     * variables; panels over what the system keeps of itself need none of them.
     */
    readonly sql: string;
    readonly links?: readonly Link[];
    /** It reads so much that pages show it when it is asked for, and not with the others. */
    readonly costly?: true;
}

/** Panels about one thing, in the order they are read. */
export interface Dashboard {
    readonly id: string;
    readonly title: string;
    readonly description: string;
    readonly variables: readonly Variable[];
    readonly panels: readonly Panel[];
}

/** ClickHouse types of the parameters all panels may use. */
const common: Readonly<Record<string, string>> = {
    from: "DateTime64(3, 'UTC')",
    to: "DateTime64(3, 'UTC')",
    step: "UInt32",
    run: "String",
};

const parameter = /\{(\w+)\}/g;

/** Names of the parameters a query takes, each once, in the order they occur. */
export const parametersOf = (sql: string): string[] => [
    ...new Set([...sql.matchAll(parameter)].map(([, name = ""]) => name)),
];

/** The query as ClickHouse takes it, with types; variables are strings. */
export const typed = (sql: string): string =>
    sql.replace(parameter, (_, name: string) => `{${name}:${common[name] ?? "String"}}`);

/** Rows of a column of minutes within the time that is looked at. */
export const within = (column: string): string => `run = {run} AND ${column} >= {from} AND ${column} <= {to}`;

/** Days that the time looked at touches, and at least the last seven. */
export const days = "run = {run} AND day >= least(toDate({from}), toDate({to}) - 6) AND day <= toDate({to})";

/** The point of a line that a minute belongs to. */
export const point = (column: string): string => `toStartOfInterval(${column}, toIntervalSecond({step}))`;

/**
 * The newest alerts that fit, to be selected FROM; in the order of `order`. Of an alert whose rows are not merged yet the first one counts. A view that merges
 * them would merge those of all alerts for these few.
 */
export const newestAlerts = (condition: string, order: "event_time" | "raised_at", limit: number): string =>
    `(
    SELECT * FROM (SELECT * FROM detection.alerts WHERE ${condition} ORDER BY ${order} DESC LIMIT ${String(limit)}) ORDER BY version DESC LIMIT 1 BY alert_id
) AS newest ORDER BY newest.${order} DESC`;

/** How many alerts rows of detection.alerts tell of: one whose rows are not merged yet counts once. Two of a million have the same hash with a probability of 3e-8. */
export const alertCount = "uniqExact(cityHash64(alert_id))";
