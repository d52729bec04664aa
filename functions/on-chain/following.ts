// What all that follows an address shares: the way out for what it finds.
import { type Logger } from "../shared/log";
import { type NoticeBody } from "../shared/notices";
import { type Watched } from "./chains";
import { type Change } from "./transfer";

/** Hands changes of an address on; resolves when Kafka has them. Rejects when the worker stops before. */
export type Deliver = (watched: Watched, changes: readonly Change[]) => Promise<void>;

/** Says of a chain what did not become a fact; resolves when Kafka has it. */
export type Notify = (chain: string, body: Omit<NoticeBody, "fact">) => Promise<void>;

export interface Following {
    readonly deliver: Deliver;
    readonly notify: Notify;
    readonly log: Logger;
}

/** Something that is read on a little at a time, in turn with others. */
export interface Subject {
    /** For messages, e.g. `ethereum 0x…`. */
    readonly name: string;
    /** Reads on; true when more can be read at once. */
    step(): Promise<boolean>;
}
