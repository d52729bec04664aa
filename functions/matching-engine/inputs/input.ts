// Where foreign records come from, whatever it is: batches in order, and a place to read on from after a restart.
import { type Origin } from "../mapping/pairs";
import { type KafkaMeta } from "../record";

/** A record as it came. */
export interface RawRecord {
    /** null: a message without a value. */
    readonly value: Buffer | null;
    readonly origin: Origin;
    readonly kafka?: KafkaMeta;
    /** Why there is no value to read, e.g. a line without end. */
    readonly unreadable?: string;
}

/** Records of one partition, in order. */
export interface Batch {
    readonly partition: string;
    readonly records: readonly RawRecord[];
    /** Where reading goes on after them. */
    readonly end: string;
}

/** Takes a batch; resolves, when all that came of it is safe, with the place to read on from after a restart. */
export type Handle = (batch: Batch) => Promise<string>;

/** Told of records that were lost before they could be read. */
export type Lost = (detail: string, first?: string, last?: string) => Promise<void>;

/** A source of records; what `handle` has not settled is read again after a restart. */
export interface Input {
    /** Resolves when the input has ended, or was stopped before; rejects when it cannot go on. */
    run(handle: Handle, lost: Lost): Promise<"ended" | "stopped">;
    /** Ends reading; the batch being handled is waited for. */
    stop(): Promise<void>;
}
