// What a foreign message is once its format is read: a tree of texts, flags, lists and objects. Numbers are the digits they came as.

/** A single value; numbers are texts, so that no digit is lost. */
export type Scalar = string | boolean;

/** A value in a foreign record. */
export type Value = Scalar | null | readonly Value[] | Tree;

/** An object of a foreign record. */
export interface Tree {
    readonly [name: string]: Value;
}

/** What Kafka says of a message beside its value; `$kafka.…` in a mapping. */
export interface KafkaMeta {
    readonly topic: string;
    readonly partition: string;
    readonly offset: string;
    /** Epoch milliseconds. */
    readonly timestamp: string;
    readonly key: string | null;
    readonly headers: Tree;
}

/** A record as expressions see it: `item` is the record itself, or one element of the list a rule goes through. */
export interface Scope {
    readonly root: Tree;
    readonly item: Value;
    readonly kafka?: KafkaMeta;
}

export const isTree = (value: Value | undefined): value is Tree =>
    typeof value === "object" && value !== null && !Array.isArray(value);

export const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value);

/** A value in an error message: short, and one line. */
export function show(value: Value | undefined): string {
    if (value === undefined || value === null) return "nothing";
    const text = JSON.stringify(value);
    return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Where a value is in a record. */
export interface Path {
    readonly from: "root" | "item" | "kafka";
    readonly steps: readonly string[];
    /** As the mapping spells it. */
    readonly text: string;
}

/**
 * Reads a path: names joined by dots, list positions as numbers from 0, a dot inside a name as `\.`. `$.` starts at the record where a rule
 * goes through a list, `$kafka.` at what Kafka says of the message.
 */
export function parsePath(text: string): Path {
    const steps = text.split(/(?<!\\)\./).map((step) => step.replaceAll("\\.", "."));
    const [first, ...rest] = steps;
    if (first === "$") return { from: "root", steps: rest, text };
    if (first === "$kafka") return { from: "kafka", steps: rest, text };
    return { from: "item", steps, text };
}

function step(value: Value | undefined, name: string): Value | undefined {
    if (isList(value)) return value[Number(name)];
    return isTree(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The value at a path; undefined where there is none. */
export function valueAt(scope: Scope, { from, steps }: Path): Value | undefined {
    let value: Value | undefined = from === "kafka" ? { ...scope.kafka } : scope[from];
    for (const name of steps) value = step(value, name);
    return value;
}
