// A ClickHouse database as a Pulumi resource.
import { type CustomResourceOptions, type Input, type Output } from "../pulumi";
import { Declared } from "./declared";
import { type OnDelete } from "../provider/kind";

/** What a database is to be. */
export interface DatabaseArgs {
    /** Replaces when changed. */
    name: Input<string>;
    comment?: Input<string>;
    /** What becomes of its tables when it is deleted. Defaults to `refuse`. */
    onDelete?: Input<OnDelete>;
}

/** A ClickHouse database. Import by its name. */
export class Database extends Declared {
    declare readonly name: Output<string>;

    constructor(name: string, args: DatabaseArgs, opts?: CustomResourceOptions) {
        super("trading:clickhouse:Database", name, args, opts);
    }
}
