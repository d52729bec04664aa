// Pure: what a dashboard of HyperDX may be. The server drops keys it does not know without a word, and takes tiles that overlap or stand outside of the grid,
// so all of that is said here, at preview.
import { z } from "zod";

/** A tile whose query is ours; the server fills in time by macros, and variables. */
export interface SqlTile {
    configType: "sql";
    displayType: "line" | "stacked_bar" | "table" | "number" | "pie" | "bar";
    /** Id of a connection. */
    connectionId: string;
    sqlTemplate: string;
    numberFormat?: NumberFormat;
    /** Of tables: where a click on a row leads. */
    onClick?: OnClick;
}

/** How a number is written. */
export interface NumberFormat {
    output: "currency" | "percent" | "byte" | "time" | "number";
    /** Of time: seconds for each unit of the value. */
    factor?: number;
    mantissa?: number;
    thousandSeparated?: boolean;
    currencySymbol?: string;
    unit?: string;
}

/** To another dashboard, by its name, with the row's value as one of its filters. */
export interface OnClick {
    type: "dashboard";
    target: { mode: "template"; template: string };
    whereLanguage: "sql" | "lucene";
    filters: { kind: "expressionTemplate"; expression: string; template: string }[];
}

/** A tile of words. */
export interface MarkdownTile {
    displayType: "markdown";
    markdown: string;
}

/** A tile on the grid of 24 columns. */
export interface Tile {
    name: string;
    x: number;
    y: number;
    w: number;
    h: number;
    config: SqlTile | MarkdownTile;
}

/** A choice at the top of a dashboard: the values of an expression over a source, which queries have as `$variableName`. */
export interface Filter {
    name: string;
    expression: string;
    /** Id of a source. */
    sourceId: string;
    variableName: string;
}

/** A dashboard's inputs. Tiles and filters are known by keys that stay; which ids the server gave them is in the outputs. */
export interface DashboardInputs {
    name: string;
    tags?: string[];
    tiles: Record<string, Tile>;
    filters?: Record<string, Filter>;
}

const gridColumns = 24;
const keyShape = z.string().regex(/^[a-z][a-z0-9-]*$/, "must be lower case letters, digits and -");
const idShape = z.string().regex(/^[0-9a-f]{24}$/, "must be an id of HyperDX: 24 hexadecimal digits");
const text = z.string().min(1, "must not be empty");

const numberFormat = z.strictObject({
    output: z.enum(["currency", "percent", "byte", "time", "number"]),
    factor: z.number().exactOptional(),
    mantissa: z.int().exactOptional(),
    thousandSeparated: z.boolean().exactOptional(),
    currencySymbol: z.string().exactOptional(),
    unit: z.string().exactOptional(),
});

const sqlTile = z.strictObject({
    configType: z.literal("sql"),
    displayType: z.enum(["line", "stacked_bar", "table", "number", "pie", "bar"]),
    connectionId: idShape,
    sqlTemplate: text.max(100_000, "must be 100,000 characters or fewer"),
    numberFormat: numberFormat.exactOptional(),
    onClick: z
        .strictObject({
            type: z.literal("dashboard"),
            target: z.strictObject({ mode: z.literal("template"), template: text }),
            whereLanguage: z.enum(["sql", "lucene"]),
            filters: z.array(
                z.strictObject({ kind: z.literal("expressionTemplate"), expression: text, template: text }),
            ),
        })
        .exactOptional(),
});

const tile = z.strictObject({
    name: text,
    x: z
        .int()
        .min(0)
        .max(gridColumns - 1),
    y: z.int().min(0),
    w: z.int().min(1).max(gridColumns),
    h: z.int().min(1),
    config: z.union([sqlTile, z.strictObject({ displayType: z.literal("markdown"), markdown: z.string() })]),
});

const overlap = (one: Tile, other: Tile): boolean =>
    one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h;

/** What is wrong with the places and names of tiles, by their keys. */
function misplaced(tiles: Readonly<Record<string, Tile>>): [key: string, problem: string][] {
    const entries = Object.entries(tiles);
    return entries.flatMap(([key, each], index) => {
        const problems: [string, string][] = [];
        if (each.x + each.w > gridColumns)
            problems.push([
                key,
                `ends in column ${String(each.x + each.w)} of ${String(gridColumns)}; make it narrower`,
            ]);
        for (const [other, before] of entries.slice(0, index)) {
            if (overlap(each, before)) problems.push([key, `overlaps ${other}; move one of them`]);
            if (each.name === before.name)
                problems.push([key, `has the name of ${other}; nobody could tell them apart`]);
        }
        return problems;
    });
}

export const dashboardShape: z.ZodType<DashboardInputs> = z.strictObject({
    name: text.max(1_024, "must be 1,024 characters or fewer"),
    tags: z.array(z.string().max(32, "must be 32 characters or fewer")).max(50).exactOptional(),
    tiles: z.record(keyShape, tile).superRefine((tiles, context) => {
        for (const [key, message] of misplaced(tiles)) context.addIssue({ code: "custom", path: [key], message });
    }),
    filters: z
        .record(
            keyShape,
            z.strictObject({
                name: text,
                expression: text,
                sourceId: idShape,
                variableName: z.string().regex(/^[A-Za-z_]\w*$/, "must be letters, digits and _"),
            }),
        )
        .exactOptional(),
});
