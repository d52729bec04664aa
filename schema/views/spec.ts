// What a plain or parameterized view is, as data.

/** A view over facts; created after the tables it reads. */
export interface ViewSpec {
    readonly database: string;
    readonly name: string;
    /** SELECT statement, with `{name:Type}` where the view is parameterized. */
    readonly query: string;
    readonly comment: string;
    /** Facts and references it reads. */
    readonly streams: readonly string[];
    /** Other views it reads. */
    readonly views: readonly string[];
}
