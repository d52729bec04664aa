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
    /** Nothing comes after them: what waits for another record waits in vain. */
    readonly last?: boolean;
}

/** Takes a batch; resolves, when all that came of it is safe, with the place to read on from after a restart. */
export type Handle = (batch: Batch) => Promise<string>;

/** Told of records that were lost before they could be read. */
export type Lost = (detail: string, first?: string, last?: string) => Promise<void>;

/** A source of records, for one run. */
export interface Input {
    /** What `handle` has not settled can be read again, by another input of the same kind. */
    readonly rereadable: boolean;
    /**
     * Resolves when the input has ended, or was stopped before. `well` is called whenever there is nothing in the way of reading.
     * @throws StoppedError when it is stopped while a batch is handled; another Error, for people, when it cannot go on
     */
    run(handle: Handle, lost: Lost, well: () => void): Promise<void>;
    /** Ends reading; the batch being handled is waited for. Resolves with what was read and cannot be made up for later, if there is any. */
    stop(): Promise<string | undefined>;
    /** For the health page: what is waited for that may be long in coming, and is no failure. */
    waiting?(): string | undefined;
}
