// The contract of the provider's layers: a kind is a plain object that knows one sort of resource and nothing of gRPC.
import { type ZodType } from "zod";
import { type Clients } from "./clients";
import { type Changes } from "./changes";
import { type Path, type Properties } from "./wire";

/** What a person is told about one resource while it is worked on. */
export interface Log {
    info(message: string): void;
    warn(message: string): void;
    /** A line of progress that the next one replaces. */
    status(message: string): void;
    /** A warning that is said once in a run, however many resources it concerns. */
    once(message: string): void;
}

/** What a kind has at hand. */
export interface Context {
    clients: Clients;
    log: Log;
}

/** A resource as the state file has it. */
export interface State<I> {
    id: string;
    inputs: I;
    /** What the resource shows to others, and what was learned of it. Inputs are not repeated: each preview would carry them once more. */
    outputs: Properties;
}

/** A resource as a live server has it, in the shape of its declaration. */
export interface Found<I> {
    id: string;
    inputs: I;
    outputs: object;
    /** Places in the inputs that are secret, beside those of the declaration. */
    secrets?: readonly Path[];
}

/** What happens to a thing with content when its resource is deleted. */
export type OnDelete = "refuse" | "keep" | "drop";

/** One sort of resource. */
export interface Kind<I extends object> {
    /** Names and types of the inputs; what does not fit is said at preview. */
    readonly shape: ZodType<I>;
    /** How errors call it, by its physical name: `table facts.fills`. */
    title(inputs: I): string;
    /** Places in the outputs that are secret whatever the inputs are. */
    readonly secretOutputs?: readonly Path[];
    /** Inputs the provider itself adds, from the others. */
    complete?(inputs: I): I;
    /** What differs, without any effect; called for every resource of every preview, so it must be quick when nothing does. */
    diff(context: Context, old: State<I>, inputs: I): Promise<Changes> | Changes;
    /** Says at preview what create (without `old`) or update would refuse, by throwing; changes nothing. */
    rehearse?(context: Context, inputs: I, old?: State<I>): Promise<void> | void;
    /** Creates it, or adopts an existing one of the same name; returns what is there afterwards. */
    create(context: Context, inputs: I): Promise<{ id: string; outputs: object }>;
    update(context: Context, old: State<I>, inputs: I): Promise<object>;
    /** What is really there; undefined only if a live server says it is not. Without inputs in `old` it is an import. */
    read(context: Context, id: string, old?: State<I>): Promise<Found<I> | undefined>;
    /** Deletes it; something that is not there any more is no error. */
    delete(context: Context, old: State<I>): Promise<void>;
}
