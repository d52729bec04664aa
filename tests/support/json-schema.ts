// For tests: values that fit a JSON Schema, and values that nearly do, to be sent where the schema says what is taken.
import fc from "fast-check";

type Schema = Record<string, unknown>;

const asSchema = (value: unknown): Schema => value as Schema;

/** Follows a reference into the document that holds it. */
function resolve(schema: Schema, root: Schema): Schema {
    const target = schema["$ref"];
    if (typeof target !== "string") return schema;
    return target
        .replace(/^#\//, "")
        .split("/")
        .reduce((part, name) => asSchema(part[name]), root);
}

function text(schema: Schema): fc.Arbitrary<string> {
    const { pattern, format, minLength = 0, maxLength = 60 } = schema;
    if (format === "ipv4") return fc.ipV4();
    if (format === "ipv6") return fc.ipV6();
    if (typeof pattern === "string") return fc.stringMatching(new RegExp(pattern));
    return fc.string({ unit: "binary", minLength: minLength as number, maxLength: Math.min(60, maxLength as number) });
}

function object(schema: Schema, root: Schema): fc.Arbitrary<unknown> {
    const properties = Object.entries(asSchema(schema["properties"] ?? {}));
    const required = (schema["required"] ?? []) as string[];
    const model = Object.fromEntries(properties.map(([name, value]) => [name, fitting(asSchema(value), root)]));
    return fc.record(model, { requiredKeys: required });
}

function list(schema: Schema, root: Schema): fc.Arbitrary<unknown> {
    const prefix = schema["prefixItems"];
    if (Array.isArray(prefix)) return fc.tuple(...prefix.map((item) => fitting(asSchema(item), root)));
    const [minLength, maxLength] = [(schema["minItems"] ?? 0) as number, 5];
    return fc.array(fitting(asSchema(schema["items"]), root), { minLength, maxLength });
}

/** Values that fit a schema; `root` is the document its references point into. */
export function fitting(schema: Schema, root: Schema = schema): fc.Arbitrary<unknown> {
    const own = resolve(schema, root);
    if (Array.isArray(own["enum"])) return fc.constantFrom(...(own["enum"] as unknown[]));
    const choices = own["anyOf"] ?? own["oneOf"];
    if (Array.isArray(choices)) return fc.oneof(...choices.map((choice) => fitting(asSchema(choice), root)));
    switch (own["type"]) {
        case "string":
            return text(own);
        case "null":
            return fc.constant(null);
        case "boolean":
            return fc.boolean();
        case "integer":
            return fc.integer();
        case "array":
            return list(own, root);
        case "object":
            return object(own, root);
        default:
            return fc.anything();
    }
}

/** What can be wrong with one field of an object. */
const wrong = fc.oneof(
    fc.constantFrom(null, true, 0, -1, 1e300, "", " ", "null", "NaN", "\ud800", [], {}, ["1", "2"]),
    fc.string({ unit: "binary" }),
    fc.jsonValue(),
);

/** An object that fits, except that one field is missing, unknown, or anything at all. */
export function nearly(schema: Schema, root: Schema = schema): fc.Arbitrary<unknown> {
    const names = Object.keys(asSchema(resolve(schema, root)["properties"]));
    const name = fc.oneof(fc.constantFrom(...names), fc.constantFrom("unknown", "__proto__", "constructor", ""));
    return fc
        .tuple(fitting(schema, root), name, fc.option(wrong, { nil: undefined }))
        .map(([value, field, instead]) => {
            const others = Object.entries(value as object).filter(([key]) => key !== field);
            const entries = instead === undefined ? others : [...others, [field, instead] as const];
            return Object.fromEntries(entries);
        });
}
