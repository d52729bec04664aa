// The formats of a mapping as one kind of function: bytes in, record out.
import { isUtf8 } from "node:buffer";
import { isTree, parsePath, type Path, type Tree, type Value, valueAt } from "../record";
import { type Mapping } from "../mapping/load";
import { readFix } from "./fix";
import { type Reading } from "./reading";
import { asTree, readJson, UnreadableError } from "./json";
import { type RegistryLogin, RegistryReader } from "./registry";

/**
 * Reads a message; undefined for one that is empty by design: a tombstone.
 * @throws UnreadableError, or RegistryAwayError
 */
export type Reader = (value: Buffer | null) => Reading | undefined | Promise<Reading | undefined>;

const event = (record: Tree): Reading => ({ record, housekeeping: false });

function textOf(value: Buffer): string {
    if (!isUtf8(value)) throw new UnreadableError("not valid UTF-8");
    return value.toString();
}

/** Connect's converters wrap: JSON in a JSON string, and the value beside its schema. */
function unwrapped(value: Value): Value {
    const inner = typeof value === "string" ? readJson(value) : value;
    const wrapped = isTree(inner) && "schema" in inner && "payload" in inner && Object.keys(inner).length === 2;
    if (!wrapped) return inner;
    const { payload = null } = inner;
    return typeof payload === "string" ? readJson(payload) : payload;
}

/** The record with the JSON text at a path replaced by what it says. */
function parsedAt(root: Tree, path: Path): Tree {
    const text = valueAt({ root, item: root }, path);
    if (typeof text !== "string") return root;
    const replace = (tree: Tree, [name = "", ...rest]: readonly string[]): Tree => {
        const value = tree[name];
        return { ...tree, [name]: rest.length > 0 && isTree(value) ? replace(value, rest) : readJson(text) };
    };
    return replace(root, path.steps);
}

function jsonReader({ unwrap, parse = [] }: Extract<Mapping["format"], { type: "json" }>): Reader {
    const paths = parse.map(parsePath);
    return (value) => {
        if (value === null) return undefined;
        const json = readJson(textOf(value));
        const payload = unwrap === undefined ? json : unwrapped(json);
        if (unwrap !== undefined && payload === null) return undefined;
        return event(paths.reduce(parsedAt, asTree(payload)));
    };
}

/** The reader of a format; `login` is for its schema registry. */
export function createReader(format: Mapping["format"], login?: RegistryLogin): Reader {
    if (format.type === "json") return jsonReader(format);
    if (format.type === "fix") return (value) => (value === null ? undefined : readFix(textOf(value), format.checksum));
    const registry = new RegistryReader(format.type, format.registry, login);
    return async (value) => (value === null ? undefined : event(asTree(await registry.read(value))));
}
