// Names and types of the ClickHouse kinds' inputs.
import { z } from "zod";
import { type FeedSpec, type TableSpec } from "../../../schema/ddl/spec";
import { omit } from "../changes";
import { type OnDelete } from "../kind";

export const nameShape = z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be letters, digits and _, not starting with a digit");
export const onDeleteShape = z.enum(["refuse", "keep", "drop"], { error: 'must be "refuse", "keep" or "drop"' });
const words = z.string().min(1, "must not be empty");
const settings = z.record(nameShape, z.union([z.string(), z.number()], { error: "must be text or a number" }));

/** Maps have no order on Pulumi's wire, so the order of the columns comes beside them. */
export interface ColumnOrder {
    /** Names, joined by commas. */
    columnOrder: string;
}

/** A table's inputs. */
export interface TableInputs extends TableSpec, ColumnOrder {
    allowDrop?: string[];
    onDelete?: OnDelete;
}

const column = z.strictObject({
    type: words,
    codec: words.exactOptional(),
    comment: z.string().exactOptional(),
    default: words.exactOptional(),
});

export const tableShape = z.strictObject({
    database: nameShape,
    name: nameShape,
    comment: z.string().exactOptional(),
    columns: z
        .record(nameShape, column)
        .refine((columns) => Object.keys(columns).length > 0, "must name at least one column"),
    columnOrder: z.string(),
    engine: words.refine((engine) => /MergeTree/.test(engine), "must be of the MergeTree family"),
    orderBy: z.array(words),
    partitionBy: words.exactOptional(),
    ttl: z
        .strictObject({ column: words, days: z.int("must be a whole number of days").min(1, "must be 1 day or more") })
        .exactOptional(),
    settings: settings.exactOptional(),
    indexes: z
        .record(nameShape, z.strictObject({ expression: words, type: words, granularity: z.int().min(1) }))
        .exactOptional(),
    readingView: z.strictObject({ database: nameShape, name: nameShape, query: words }).exactOptional(),
    allowDrop: z.array(nameShape).exactOptional(),
    onDelete: onDeleteShape.exactOptional(),
});

/** A feed's inputs. */
export interface FeedInputs extends FeedSpec, ColumnOrder {
    /** Fingerprint of the rendered statements, added by the provider: a changed renderer rebuilds the feed. */
    definition?: string;
    /** What a refresh found otherwise, by object; never declared, so the next preview names it and the next up makes the feed again. */
    drift?: Record<string, string>;
}

const place = z.strictObject({ database: nameShape, table: nameShape });

export const feedShape = z.strictObject({
    database: nameShape,
    name: nameShape,
    collection: nameShape,
    topic: words,
    group: words,
    target: place,
    deadLetters: place,
    columns: z
        .record(nameShape, words)
        .refine((columns) => Object.keys(columns).length > 0, "must name at least one column"),
    columnOrder: z.string(),
    admission: z.strictObject({
        pastDays: z.number().positive().exactOptional(),
        futureHours: z.number().nonnegative(),
    }),
    settings,
    definition: z.string().exactOptional(),
});

/** The columns in the order of their declaration; those it does not know come last. */
export function ordered<T>(columns: Record<string, T>, { columnOrder }: ColumnOrder): Record<string, T> {
    const known = columnOrder.split(",").filter((column) => column in columns);
    const rest = Object.keys(columns).filter((column) => !known.includes(column));
    return Object.fromEntries([...known, ...rest].map((column) => [column, columns[column] as T]));
}

/** The renderers' view of a table's inputs. */
export function tableSpec(inputs: TableInputs): TableSpec {
    return { ...omit(inputs, "allowDrop", "onDelete", "columnOrder"), columns: ordered(inputs.columns, inputs) };
}

/** The renderers' view of a feed's inputs. */
export function feedSpec(inputs: FeedInputs): FeedSpec {
    return { ...omit(inputs, "definition", "drift", "columnOrder"), columns: ordered(inputs.columns, inputs) };
}
