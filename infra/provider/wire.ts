// Between gRPC and the kinds: property maps as plain values, with secrets unwrapped on the way in and wrapped again on the way out.
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

/** A property value without any wrapping. */
export type Plain = null | boolean | number | string | Plain[] | { [key: string]: Plain };
/** A property map without any wrapping. */
export type Properties = Record<string, Plain>;
/** Where a value stands in a property map. */
export type Path = readonly string[];

const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** What the engine sends for a string whose value is not known before `up`. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const unknownValues = new Set([
    unknownValue,
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** A property map and the places in it that are secret. */
export interface Decoded {
    values: Properties;
    secrets: Path[];
}

export const isMap = (value: unknown): value is { [key: string]: Plain } =>
    typeof value === "object" && value !== null && !Array.isArray(value);

/** Plain values of a struct. Keys come sorted: the engine's maps have no order, and what is rendered from them must be stable. */
export function decode(struct: Struct | undefined): Decoded {
    const secrets: Path[] = [];
    const values = struct === undefined ? {} : plain(struct.toJavaScript(), [], secrets);
    return { values: isMap(values) ? values : {}, secrets };
}

function plain(value: unknown, path: Path, secrets: Path[]): Plain {
    if (Array.isArray(value)) return value.map((item, index) => plain(item, [...path, String(index)], secrets));
    if (typeof value !== "object" || value === null) return value as Plain;
    const map = value as Record<string, unknown>;
    switch (map[signatureKey]) {
        case secretSignature:
            secrets.push(path);
            return plain(map["value"], path, secrets);
        case outputSignature:
            if (map["secret"] === true) secrets.push(path);
            return "value" in map ? plain(map["value"], path, secrets) : unknownValue;
        default:
            return Object.fromEntries(
                Object.keys(map)
                    .sort()
                    .map((key) => [key, plain(map[key], [...path, key], secrets)]),
            );
    }
}

/** The struct of plain values; what stands at a secret's place (or holds it, within an array) is wrapped as a secret. */
export function encode(values: object, secrets: readonly Path[]): Struct {
    return Struct.fromJavaScript(wrapped(values, secrets) as Record<string, JavaScriptValue>);
}

function wrapped(value: unknown, secrets: readonly Path[]): unknown {
    if (secrets.some((path) => path.length === 0))
        return { [signatureKey]: secretSignature, value: wrapped(value, []) };
    if (Array.isArray(value)) return value.map((item, index) => wrapped(item, below(secrets, String(index))));
    if (!isMap(value)) return value;
    return Object.fromEntries(
        Object.entries(value)
            .filter(([, item]) => (item as unknown) !== undefined)
            .map(([key, item]) => [key, wrapped(item, below(secrets, key))]),
    );
}

const below = (paths: readonly Path[], key: string): Path[] =>
    paths.filter((path) => path[0] === key).map((path) => path.slice(1));

export const isUnknown = (value: unknown): boolean => typeof value === "string" && unknownValues.has(value);

/** Whether anything in the value is not known yet. */
export function hasUnknown(value: unknown): boolean {
    if (Array.isArray(value)) return value.some(hasUnknown);
    return isMap(value) ? Object.values(value).some(hasUnknown) : isUnknown(value);
}

/** Puts the old value wherever the new one is not known: an unknown never means a change. */
export function settled(value: Plain, old: Plain | undefined): Plain | undefined {
    if (isUnknown(value)) return old;
    if (Array.isArray(value)) return hasUnknown(value) ? (old ?? []) : value;
    if (!isMap(value)) return value;
    const before = isMap(old) ? old : {};
    const entries = Object.entries(value).map(([key, item]) => [key, settled(item, before[key])] as const);
    return Object.fromEntries(entries.filter((entry): entry is [string, Plain] => entry[1] !== undefined));
}
