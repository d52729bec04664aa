// What a reader makes of a message.
import { type Tree } from "../record";

/** A message that could be read. */
export interface Reading {
    readonly record: Tree;
    /** A message of the protocol itself, which says nothing of orders; it still counts in the source's sequence. */
    readonly housekeeping: boolean;
}
