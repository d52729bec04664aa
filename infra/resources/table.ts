// A ClickHouse table as a Pulumi resource: structured inputs, so that a preview names the column that changes.
import { type CustomResourceOptions, type Input, type Output } from "../pulumi";
import { Declared } from "./declared";
import { type TableSpec } from "../../schema/ddl/spec";
import { type OnDelete } from "../provider/kind";

/**
 * What a table is to be.
 *
 * Columns are added and widened in place, in the order of their declaration; so are codecs, comments, defaults, TTL, settings and indexes.
 * Caution: a changed `engine`, `orderBy` or `partitionBy` needs a new table: refused, with the recipe, while the table holds rows. A
 * changed `database` or `name` deletes the old table as `onDelete` says.
 */
export interface TableArgs extends TableSpec {
    /** Columns that may be dropped with their values. Defaults to none: dropping one is refused. */
    allowDrop?: string[];
    /** What becomes of rows when the table is deleted. Defaults to `refuse`. */
    onDelete?: Input<OnDelete>;
}

/** A MergeTree table and the view it is read through. Import as `database.table`. */
export class Table extends Declared {
    declare readonly database: Output<string>;
    declare readonly name: Output<string>;

    constructor(name: string, args: TableArgs, opts?: CustomResourceOptions) {
        // Maps have no order on Pulumi's wire, columns in a table do.
        super("trading:clickhouse:Table", name, { ...args, columnOrder: Object.keys(args.columns).join(",") }, opts);
    }
}
