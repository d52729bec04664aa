// A ClickHouse view as a Pulumi resource.
import { type CustomResourceOptions, type Input, type Output } from "../pulumi";
import { Declared } from "./declared";

/** What a view is to be. */
export interface ViewArgs {
    /** Replaces when changed. */
    database: Input<string>;
    /** Replaces when changed. */
    name: Input<string>;
    /** SELECT statement, with `{name:Type}` where the view is parameterized. Replaced in place. */
    query: Input<string>;
    comment?: Input<string>;
}

/** A plain or parameterized view. Import as `database.view`. */
export class View extends Declared {
    declare readonly database: Output<string>;
    declare readonly name: Output<string>;

    constructor(name: string, args: ViewArgs, opts?: CustomResourceOptions) {
        super("trading:clickhouse:View", name, args, opts);
    }
}
